"""From events to alerts: pure, repeatable, one delivery a channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.factories import FEED_URL, NOW, make_event, make_item
from worker.domain import ids
from worker.domain.alert import Change, Severity, Story, Subscription
from worker.domain.delivery import DeliveryState
from worker.domain.event import Event, Status
from worker.stories import Judgement, judge, stories_of

ALL = Subscription(id="sub_all", channel="desk", min_confidence=0.0)


def judged(
    *events: Event,
    stories: dict[str, Story] | None = None,
    subscriptions: tuple[Subscription, ...] = (ALL,),
    language: str = "en",
    **item: Any,
) -> Judgement:
    return judge(
        make_item(**item),
        language,
        events,
        stories or {},
        subscriptions,
        feed_url=FEED_URL,
        now=NOW,
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
    assert (story.id,) == stories_of([event])
    assert story.companies == ("mitsubishi", "nissan")
    assert story.alliance == "renault-nissan-mitsubishi"
    assert (story.started, story.sequence, story.status) == (NOW, 1, Status.NEGOTIATING)
    assert story.state == {
        "status": "negotiating",
        "direction": "decrease",
        "from_pct": 34.0,
        "to_pct": 24.0,
        "expected_date": "2026-04",
    }
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
    assert stories_of([one, other]) == stories_of([one])
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
    assert len(stories_of([one, two, one])) == 2
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
    assert story.state["from_pct"] == 34.0, "silence changes nothing"
    assert story.state["to_pct"] == 15.0
    third = judged(make_event(amount="1 billion yen"), stories=after(second), id="item_3")
    assert third.alerts[0].sequence == 3
    assert third.alerts[0].previous_status is Status.AGREED
    assert Change("amount", None, "1 billion yen") in third.alerts[0].changes


def test_a_story_is_not_changed_in_place() -> None:
    first = judged(make_event())
    known = after(first)
    before = dict(known)
    state = dict(first.stories[0].state)
    judged(make_event(status=Status.DENIED), stories=known, id="item_2")
    assert known == before
    assert dict(first.stories[0].state) == state


def test_stories_that_no_event_touches_are_not_written() -> None:
    other = replace(judged(make_event()).stories[0], id="story_other")
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
        (Status.AGREED, Status.AGREED, Severity.INFO),
        (Status.NEGOTIATING, Status.NEGOTIATING, Severity.INFO),
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
    assert stories_of([]) == ()


def test_an_item_found_later_starts_nothing_twice() -> None:
    """Judged again after a crash with the story as it was: the same rows, whatever the clock."""
    event = make_event()
    first = judged(event)
    again = judge(
        make_item(), "en", [event], {}, [ALL], feed_url=FEED_URL, now=NOW + timedelta(minutes=5)
    )
    assert [a.id for a in again.alerts] == [a.id for a in first.alerts]
    assert [d.id for d in again.deliveries] == [d.id for d in first.deliveries]
    assert [key for key, _ in again.events] == [key for key, _ in first.events]


def test_headlines_follow_the_language_of_the_item() -> None:
    assert judged(make_event(), language="fr").alerts[0].headline == (
        "Nissan en discussions pour réduire sa participation dans Mitsubishi Motors "
        "de 34\u202f% à 24\u202f%"
    )
