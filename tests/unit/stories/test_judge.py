"""From events to alerts: pure, repeatable, one delivery a channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.factories import FEED_URL, NOW, make_event, make_item
from worker.domain import ids
from worker.domain.alert import Alert, Change, Severity, Subscription
from worker.domain.delivery import DeliveryState
from worker.domain.event import Event, Status
from worker.domain.standing import Standing
from worker.domain.story import Reason, Story
from worker.stories import Judgement, Traffic, judge

ALL = Subscription(id="sub_all", channel="desk", min_confidence=0.0)
NOTHING_SENT = Standing()


def judged(
    *events: Event,
    stories: dict[str, Story] | None = None,
    subscriptions: tuple[Subscription, ...] = (ALL,),
    language: str = "en",
    standing: Standing = NOTHING_SENT,
    now: datetime = NOW,
    **item: Any,
) -> Judgement:
    return judge(
        make_item(**item),
        language,
        events,
        stories or {},
        subscriptions,
        owners={},
        standing=lambda story_id, everyone: standing,
        traffic=Traffic(lambda channel, since, until: 0),
        feed_url=FEED_URL,
        now=now,
    )


def after(judgement: Judgement) -> dict[str, Story]:
    """The stories as the next item finds them."""
    return {story.id: story for story in judgement.stories}


def test_the_first_event_of_a_story() -> None:
    event = make_event()
    made = judged(event)
    [(event_id, same)] = made.events
    [story], [alert], [delivery] = made.stories, made.alerts, made.deliveries
    assert same is event
    assert event_id == alert.event_id
    assert story.core == ("mitsubishi", "nissan")
    assert story.companies == ("mitsubishi", "nissan")
    assert story.alliance == "renault-nissan-mitsubishi"
    assert (story.started, story.sequence, story.status) == (NOW, 1, Status.NEGOTIATING)
    assert {name: known.value for name, known in story.ledger.items()} == {
        "status": "negotiating",
        "from_pct": 34.0,
        "to_pct": 24.0,
        "expected_date": "2026-04",
        "parties": {"nissan": "Nissan", "mitsubishi": "Mitsubishi Motors"},
    }
    assert {known.item_id for known in story.ledger.values()} == {alert.item.id}
    assert alert.reason is Reason.NEW
    assert (alert.story_id, alert.sequence, alert.previous_status) == (story.id, 1, None)
    assert alert.changes == (), "nothing came before it that could have changed"
    assert alert.headline == "Nissan in talks to cut its stake in Mitsubishi Motors from 34% to 24%"
    assert (alert.feed_url, alert.created, alert.language) == (FEED_URL, NOW, "en")
    assert alert.severity is Severity.NOTABLE
    assert delivery.alert_id == alert.id
    assert (delivery.subscription_id, delivery.channel) == ("sub_all", "desk")
    assert (delivery.state, delivery.attempts) == (DeliveryState.PENDING, 0)
    assert (delivery.next_attempt_at, delivery.created) == (NOW, NOW)


def test_judging_twice_gives_the_same_rows() -> None:
    events = (make_event(), make_event(rule="ip-sharing", roles={"parties": ("Nissan", "X")}))
    assert judged(*events) == judged(*events)


def test_ids_depend_on_item_rule_relation_and_subscription_alone() -> None:
    before = judged(make_event())
    later = judged(make_event(status=Status.AGREED, from_pct=None, parties=("NISSAN", "Mitsu")))
    assert [key for key, _ in later.events] == [key for key, _ in before.events]
    assert later.alerts[0].id == before.alerts[0].id
    assert later.deliveries[0].id == before.deliveries[0].id
    elsewhere = judged(make_event(), id="item_other")
    assert elsewhere.alerts[0].id != before.alerts[0].id
    assert elsewhere.alerts[0].story_id == before.alerts[0].story_id
    assert before.deliveries[0].id == ids.delivery_id(before.alerts[0].id, "sub_all")


def test_the_order_in_which_companies_are_named_is_no_difference() -> None:
    one, other = make_event(companies=("a", "b")), make_event(companies=("b", "a"))
    made = judged(one, other)
    assert len(made.events) == len(made.alerts) == 1


def test_parties_stand_in_for_companies_that_are_not_known() -> None:
    made = judged(make_event(companies=(), parties=("Xpeng", "Didi")))
    assert made.stories[0].companies == ("Didi", "Xpeng")


def test_two_relations_under_one_rule_are_two_stories() -> None:
    one = make_event(companies=("renault", "nissan"), parties=("Renault", "Nissan"))
    two = make_event(companies=("geely", "polestar"), parties=("Geely", "Polestar"))
    made = judged(one, two)
    assert len({key for key, _ in made.events}) == 2
    assert [alert.sequence for alert in made.alerts] == [1, 1]
    assert {alert.story_id for alert in made.alerts} == {story.id for story in made.stories}
    assert len({story.id for story in made.stories}) == 2
    assert len({delivery.id for delivery in made.deliveries}) == 2


def test_a_story_moves_on() -> None:
    first = judged(make_event())
    second = judged(
        make_event(status=Status.AGREED, to_pct=15.0, from_pct=None, expected_date="2026-04"),
        stories=after(first),
        id="item_2",
    )
    [alert], [story] = second.alerts, second.stories
    assert (alert.sequence, alert.previous_status) == (2, Status.NEGOTIATING)
    assert alert.changes == (
        Change("status", "negotiating", "agreed"),
        Change("to_pct", 24.0, 15.0),
    )
    assert (story.sequence, story.status, story.started) == (2, Status.AGREED, NOW)
    assert story.ledger["from_pct"].value == 34.0, "silence changes nothing"
    assert (story.ledger["to_pct"].value, story.ledger["to_pct"].item_id) == (15.0, "item_2")
    third = judged(
        make_event(amount="1 billion yen", to_pct=15.0), stories=after(second), id="item_3"
    )
    assert third.alerts[0].sequence == 3
    assert third.alerts[0].previous_status is Status.AGREED
    assert third.alerts[0].event.status is Status.AGREED, "the story is not set back"
    assert third.alerts[0].changes == (Change("amount", None, "1 billion yen"),)


def test_a_story_is_not_changed_in_place() -> None:
    first = judged(make_event())
    known = after(first)
    before = dict(known)
    state = dict(first.stories[0].ledger)
    judged(make_event(status=Status.DENIED), stories=known, id="item_2")
    assert known == before
    assert dict(first.stories[0].ledger) == state


def test_stories_that_no_event_touches_are_not_written() -> None:
    other = replace(judged(make_event()).stories[0], id="story_other", core=("a", "b"))
    made = judged(make_event(), stories={"story_other": other})
    assert "story_other" not in after(made)


@pytest.mark.parametrize(
    ("before", "now", "severity"),
    [
        (None, Status.RUMOURED, Severity.NOTABLE),
        (None, Status.AGREED, Severity.URGENT),
        (Status.NEGOTIATING, Status.AGREED, Severity.URGENT),
        (Status.NEGOTIATING, Status.DENIED, Severity.URGENT),
        (Status.AGREED, Status.COMPLETED, Severity.URGENT),
        (Status.RUMOURED, Status.NEGOTIATING, Severity.NOTABLE),
    ],
)
def test_severity(before: Status | None, now: Status, severity: Severity) -> None:
    stories = after(judged(make_event(status=before))) if before else {}
    made = judged(make_event(status=now), stories=stories, id="item_2")
    assert made.alerts[0].severity is severity


def test_one_delivery_a_channel_and_only_where_it_is_wanted() -> None:
    subscriptions = (
        Subscription(id="s1", channel="desk", rules=("ip-sharing",)),
        Subscription(id="s2", channel="desk", rules=("equity-change",)),
        Subscription(id="s3", channel="desk"),
        Subscription(id="s4", channel="mail", min_confidence=0.99),
        Subscription(id="s5", channel="hook", languages=("fr",)),
        Subscription(id="s6", channel="chat", companies=("nissan", "toyota")),
        Subscription(id="s7", channel="paper", min_status=Status.AGREED),
        Subscription(id="s8", channel="radio", alliances=("renault-nissan-mitsubishi",)),
    )
    made = judged(make_event(), subscriptions=subscriptions)
    assert [(d.channel, d.subscription_id) for d in made.deliveries] == [
        ("desk", "s2"),
        ("chat", "s6"),
        ("radio", "s8"),
    ]


def test_a_denial_passes_every_minimum() -> None:
    strict = Subscription(id="s", channel="c", min_status=Status.COMPLETED)
    assert judged(make_event(status=Status.DENIED), subscriptions=(strict,)).deliveries
    assert not judged(make_event(status=Status.AGREED), subscriptions=(strict,)).deliveries


def test_every_alert_of_an_item_goes_to_the_channel() -> None:
    made = judged(
        make_event(), make_event(rule="ip-sharing", roles={"parties": ("Nissan", "Renault")})
    )
    assert len(made.alerts) == 2
    assert [d.alert_id for d in made.deliveries] == [alert.id for alert in made.alerts]


def test_nothing_found_leads_to_nothing() -> None:
    assert judged() == Judgement()


def test_an_item_found_later_starts_nothing_twice() -> None:
    """Judged again after a crash with the story as it was: the same rows, whatever the clock."""
    event = make_event()
    first = judged(event)
    again = judged(event, now=NOW + timedelta(minutes=5))
    assert [a.id for a in again.alerts] == [a.id for a in first.alerts]
    assert [d.id for d in again.deliveries] == [d.id for d in first.deliveries]
    assert [key for key, _ in again.events] == [key for key, _ in first.events]


def test_headlines_follow_the_language_of_the_item() -> None:
    assert judged(make_event(), language="fr").alerts[0].headline == (
        "Nissan en discussions pour réduire sa participation dans Mitsubishi Motors "
        "de 34\u202f% à 24\u202f%"
    )


# --- what is no news


def told(judgement: Judgement) -> Standing:
    """What has been sent of the story after this."""
    return Standing(
        latest=judgement.alerts[-1],
        told=frozenset(delivery.channel for delivery in judgement.deliveries),
    )


def test_another_report_of_the_same_is_added_to_the_alert() -> None:
    first = judged(make_event())
    again = judged(
        make_event(status=Status.RUMOURED, to_pct=None),
        stories=after(first),
        standing=told(first),
        id="item_2",
        published=NOW + timedelta(minutes=5),
    )
    assert not again.alerts
    assert not again.deliveries
    [report], [story] = again.reports, again.stories
    assert report.alert_id == first.alerts[0].id
    assert report.headline.startswith("Nissan")
    assert (story.sequence, story.ledger) == (1, first.stories[0].ledger)
    assert len(story.reports) == 2


def test_a_late_report_of_what_is_overtaken_raises_nothing() -> None:
    first = judged(make_event(status=Status.AGREED))
    late = judged(
        make_event(status=Status.RUMOURED, to_pct=30.0),
        stories=after(first),
        id="item_late",
        published=NOW - timedelta(minutes=40),
    )
    assert late.alerts == ()


def test_a_late_report_of_what_is_not_known_yet_does() -> None:
    first = judged(make_event(status=Status.RUMOURED))
    late = judged(
        make_event(status=Status.AGREED),
        stories=after(first),
        id="item_late",
        published=NOW - timedelta(minutes=40),
    )
    assert late.alerts[0].changes == (Change("status", "rumoured", "agreed"),)


def test_who_did_not_want_the_first_report_is_told_by_one_that_they_want() -> None:
    french = Subscription(id="sub_fr", channel="paris", languages=("fr",))
    first = judged(make_event(), subscriptions=(ALL, french))
    assert [d.channel for d in first.deliveries] == ["desk"]
    again = judged(
        make_event(language="fr"),
        stories=after(first),
        subscriptions=(ALL, french),
        standing=told(first),
        language="fr",
        id="item_fr",
    )
    [delivery] = again.deliveries
    assert (delivery.channel, delivery.alert_id) == ("paris", first.alerts[0].id)
    assert delivery.told_by == again.reports[0].event_id
    assert again.alerts == ()


def test_reasons() -> None:
    first = judged(make_event())
    denied = judged(make_event(status=Status.DENIED), stories=after(first), id="item_2")
    agreed = judged(
        make_event(status=Status.AGREED),
        stories=after(denied),
        id="item_3",
        published=NOW + timedelta(hours=1),
    )
    wrong = judged(
        make_event(status=Status.PLANNED),
        stories=after(agreed),
        id="item_4",
        published=NOW + timedelta(hours=2),
        correction=True,
    )
    assert [j.alerts[0].reason for j in (denied, agreed, wrong)] == [
        Reason.DENIAL,
        Reason.CONTRADICTION,
        Reason.CORRECTION,
    ]
    assert wrong.alerts[0].changes == (Change("status", "agreed", "planned"),)
    assert [j.alerts[0].severity for j in (denied, agreed)] == [Severity.URGENT] * 2


def test_what_the_classifier_doubts_moves_no_sure_story() -> None:
    first = judged(make_event())
    doubt = judged(
        make_event(status=Status.COMPLETED, confidence=0.3), stories=after(first), id="item_2"
    )
    assert doubt.alerts == ()
    alone = judged(make_event(status=Status.COMPLETED, confidence=0.3))
    sure = judged(make_event(), stories=after(alone), id="item_2")
    assert sure.alerts[0].changes[0] == Change("status", "completed", "negotiating")


def test_a_long_story_stays_short() -> None:
    stories: dict[str, Story] = {}
    raised: list[Alert] = []
    for number in range(80):
        made = judged(
            make_event(), stories=stories, id=f"item_{number}",
            published=NOW + timedelta(hours=number),
        )  # fmt: skip
        stories, raised = after(made), [*raised, *made.alerts]
    [story] = stories.values()
    assert len(raised) == 1
    assert len(story.reports) == 32
    assert story.base["to_pct"].value == 24.0
