"""Who gets an alert, when, and whether alone or in a digest."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from tests.support.factories import NOW, make_alert, make_update
from worker.domain.alert import Limit, QuietHours, Severity, Subscription
from worker.domain.delivery import DeliveryState
from worker.domain.standing import Pending, Standing
from worker.domain.story import Mute, Reason
from worker.stories.routing import Routed, Traffic, overtakes, route

DESK = Subscription(id="sub_desk", channel="desk")
HOUR = timedelta(hours=1)


def routed(
    *subscriptions: Subscription,
    standing: Standing = Standing(),  # noqa: B008 - frozen
    taken: int = 0,
    late: bool = False,
    now: datetime = NOW,
    **alert: Any,
) -> Routed:
    traffic = Traffic(lambda channel, since, until: taken)
    return route(make_alert(**alert), subscriptions, standing, traffic, now=now, late=late)


def test_instant_comes_before_a_digest_on_the_same_channel() -> None:
    digest = Subscription(id="a_digest", channel="desk", digest_at=(time(18),))
    made = routed(digest, DESK)
    assert [d.subscription_id for d in made.deliveries] == ["sub_desk"]
    assert made.digests == ()


def test_a_digest_waits_for_its_time() -> None:
    made = routed(Subscription(id="s", channel="desk", digest_at=(time(8), time(18))))
    assert made.deliveries == ()
    [entry] = made.digests
    assert (entry.subscription_id, entry.channel, entry.alert_id) == ("s", "desk", make_alert().id)
    assert entry.due == datetime(2026, 3, 2, 18, tzinfo=UTC)


def test_the_ids_of_a_digest_tell_its_time_and_round() -> None:
    [entry] = routed(Subscription(id="s", channel="desk", digest_at=(time(18),))).digests
    [again] = routed(Subscription(id="s", channel="desk", digest_at=(time(18),)), title="2").digests
    assert entry.digest_id() == again.digest_id()
    assert entry.digest_id(1) != entry.digest_id()


def test_urgent_alerts_pass_quiet_hours_and_others_wait() -> None:
    quiet = QuietHours(time(9), time(12), "UTC", passing=(Severity.URGENT,))
    subscription = Subscription(id="s", channel="desk", quiet=quiet)
    [held] = routed(subscription).deliveries
    [passed] = routed(subscription, severity=Severity.URGENT).deliveries
    assert held.next_attempt_at == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert passed.next_attempt_at == NOW


@pytest.mark.parametrize(
    ("mute", "muted"),
    [
        ({}, True),
        ({"subscription_id": "sub_desk"}, True),
        ({"subscription_id": "sub_other"}, False),
        ({"until": NOW}, False),
        ({"story_id": "story_other"}, False),
    ],
)
def test_mutes(mute: dict[str, Any], muted: bool) -> None:
    values: dict[str, Any] = {"story_id": make_alert().story_id, "until": NOW + HOUR, **mute}
    [delivery] = routed(DESK, standing=Standing(mutes=(Mute(**values),))).deliveries
    if muted:
        assert delivery.state is DeliveryState.SUPERSEDED
        assert delivery.last_error == "not sent: the story is muted until 2026-03-02 10:30 UTC"
    else:
        assert (delivery.state, delivery.last_error) == (DeliveryState.PENDING, None)


def test_what_is_too_much_for_a_channel_is_gathered() -> None:
    subscription = Subscription(id="s", channel="desk", limit=Limit(3, timedelta(minutes=10)))
    assert len(routed(subscription, taken=2).deliveries) == 1
    [entry] = routed(subscription, taken=3).digests
    assert entry.due == NOW + timedelta(minutes=10), "the end of the ten minutes from 9:30"


def test_a_digest_is_one_message_whatever_the_limit() -> None:
    limit = Limit(3, timedelta(minutes=10))
    digest = Subscription(id="s", channel="desk", digest_at=(time(18),), limit=limit)
    assert routed(digest, taken=9).digests == routed(digest).digests


def test_what_one_item_raises_counts_together() -> None:
    subscription = Subscription(id="s", channel="desk", limit=Limit(2, timedelta(minutes=10)))
    traffic = Traffic(lambda channel, since, until: 0)
    made = [
        route(make_alert(title=str(n)), [subscription], Standing(), traffic, now=NOW)
        for n in range(5)
    ]
    assert [len(each.deliveries) for each in made] == [1, 1, 0, 0, 0]
    assert [len(each.digests) for each in made] == [0, 0, 1, 1, 1]


def test_those_who_were_told_hear_that_it_was_wrong() -> None:
    strict = Subscription(id="s", channel="desk", min_confidence=0.99)
    other = Subscription(id="o", channel="mail", min_confidence=0.99)
    standing = Standing(listeners=frozenset({"s"}))
    made = routed(strict, other, standing=standing, reason=Reason.CORRECTION)
    assert [d.subscription_id for d in made.deliveries] == ["s"]
    assert routed(strict, other, standing=standing).deliveries == ()


def test_what_is_known_goes_where_it_has_not_been() -> None:
    mail = Subscription(id="m", channel="mail")
    made = routed(DESK, mail, standing=Standing(told=frozenset({"desk"})), late=True)
    assert [d.channel for d in made.deliveries] == ["mail"]


@pytest.mark.parametrize(
    ("sequence", "fields", "overtaken"),
    [
        (1, set(), True),
        (2, {"status"}, True),
        (2, {"status", "to_pct"}, True),
        (2, {"amount"}, False),
        (2, {"status", "amount"}, False),
        (2, set(), False),
    ],
)
def test_a_message_that_waits_may_be_overtaken(
    sequence: int, fields: set[str], overtaken: bool
) -> None:
    """The update moves status, figure and date."""
    pending = Pending("msg", "desk", sequence, frozenset(fields))
    assert overtakes(make_update(sequence=3), pending) is overtaken
    standing = Standing(pending=(pending, Pending("msg_2", "mail", 1, frozenset())))
    traffic = Traffic(lambda channel, since, until: 0)
    made = route(make_update(sequence=3), [DESK], standing, traffic, now=NOW)
    assert made.overtaken == (("msg",) if overtaken else ())
