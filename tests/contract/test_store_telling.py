"""Telling people, on both databases: digests, floods, mutes, quiet hours, what is taken back.

The clock is the test's own, and passes the nights in which the clocks of Paris change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from tests.support.factories import FEED_URL, make_event, make_item
from worker.domain import ids
from worker.domain.alert import Alert, Limit, QuietHours, Severity, Subscription
from worker.domain.delivery import DeliveryState, Outcome, Verdict
from worker.domain.event import Classification, Status
from worker.domain.story import Mute, Reason
from worker.judging import Bench, Judged
from worker.store import DeliveryFilter, Store

HOUR = timedelta(hours=1)
FEED = ids.feed_id(FEED_URL)


def at(text: str) -> datetime:
    """A moment by the clocks of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class Desk:
    """A newsroom with a clock: items come in, and what is due goes out."""

    store: Store
    subscriptions: Sequence[Subscription]
    told: list[tuple[datetime, list[str]]] = field(default_factory=list)
    number: int = 0

    def __post_init__(self) -> None:
        self.store.sync_subscriptions(self.subscriptions, at("2026-01-01T00:00"))
        stored = sorted(self.store.subscriptions(), key=lambda each: each.id)
        assert stored == sorted(self.subscriptions, key=lambda each: each.id)

    def hears(self, moment: str, language: str = "en", **event: Any) -> Judged:
        """An item comes in; by default each tells of another company."""
        self.number += 1
        now = at(moment)
        name = f"Maker {self.number}"
        item = make_item(
            language=language,
            id=f"item_{self.number}",
            title=event.pop("title", f"Item {self.number}"),
            published=now,
            seen=now,
            guid=event.pop("guid", None),
            correction=event.pop("correction", False),
        )
        values = {
            "parties": (name, "Nissan"),
            "companies": (name.casefold(), "nissan"),
            "roles": {"holder": name, "target": "Nissan", "counterparty": None},
            "expected_date": None,
            **event,
        }
        found = Classification(language, (make_event(item=item, **values),))  # type: ignore[arg-type]
        self.store.store_items([item], now)
        return self.bench().judge_item(item, found, now)

    def bench(self) -> Bench:
        return Bench(self.store, self.store.subscriptions(), {})

    def sends(self, moment: str) -> list[Alert]:
        """What goes out at a moment; each message is noted as the titles of its items."""
        now, out = at(moment), []
        while claims := self.store.claim_deliveries(now, lease=HOUR, limit=50):
            for claimed in claims:
                alerts = list(claimed.digest.alerts) if claimed.digest else []
                alerts += [claimed.alert] if claimed.alert else []
                self.told.append((now, [alert.item.title for alert in alerts]))
                out += alerts
                self.store.settle(
                    claimed, Verdict(Outcome.DELIVERED), state=DeliveryState.DELIVERED,
                    next_attempt_at=None, now=now,
                )  # fmt: skip
        return out


def digest(**more: Any) -> Subscription:
    return Subscription(
        "sub_digest", "desk", digest_at=(time(8), time(18)), timezone="Europe/Paris", **more
    )


SAME: dict[str, Any] = {
    "parties": ("Nissan", "Mitsubishi Motors"),
    "companies": ("nissan", "mitsubishi"),
    "roles": {"holder": "Nissan", "target": "Mitsubishi Motors", "counterparty": None},
}


def test_a_digest_holds_everything_since_the_last_over_a_change_of_the_clocks(
    store: Store,
) -> None:
    desk = Desk(store, [digest()])
    desk.hears("2026-03-28T16:59")  # 17:59 in Paris, in winter time
    desk.hears("2026-03-28T17:00")  # 18:00: the next one is in the morning
    desk.hears("2026-03-29T05:59")  # 7:59, in summer time
    desk.hears("2026-03-29T06:00")
    assert desk.sends("2026-03-28T16:59:59") == []
    desk.sends("2026-03-28T17:00")
    assert desk.sends("2026-03-29T05:59:59") == []
    desk.sends("2026-03-29T06:00")
    desk.sends("2026-03-29T16:00")
    assert sorted([moment, *titles] for moment, titles in desk.told) == [
        [at("2026-03-28T17:00"), "Item 1"],
        [at("2026-03-29T06:00"), "Item 2", "Item 3"],
        [at("2026-03-29T16:00"), "Item 4"],
    ]


def test_a_digest_is_shown_with_its_alerts_and_an_alert_with_its_digest(store: Store) -> None:
    desk = Desk(store, [digest()])
    raised = [desk.hears("2026-07-01T15:00").judgement.alerts[0] for _ in range(2)]
    [line] = store.reads.deliveries(DeliveryFilter(alert_id=raised[0].id), None, 9).items
    shown = store.reads.alert(raised[1].id)
    assert shown is not None
    assert [delivery.id for delivery in shown.deliveries] == [line.delivery.id]
    detail = store.reads.delivery(line.delivery.id)
    assert detail is not None
    assert detail.announcement is not None
    assert set(detail.announcement.lines) == {alert.headline for alert in raised}
    desk.sends("2026-07-01T16:00")
    assert store.replay([line.delivery.id], at("2026-07-01T17:00")) == [line.delivery.id]
    assert len(desk.sends("2026-07-01T17:00")) == 2, "a replay lists the same alerts"


def test_an_alert_is_in_one_digest_only_and_a_digest_on_its_way_does_not_change(
    store: Store,
) -> None:
    desk = Desk(store, [digest()])
    desk.hears("2026-07-01T15:00")
    [claimed] = store.claim_deliveries(at("2026-07-01T16:00"), lease=HOUR, limit=9)
    late = desk.hears("2026-07-01T15:59:59")  # committed by a slower worker
    assert len(late.judgement.digests) == 1
    store.release(claimed, at("2026-07-01T16:00"))
    told = [alert.item.title for alert in desk.sends("2026-07-01T16:01")]
    assert sorted(told) == ["Item 1", "Item 2"]
    assert sorted(titles for _, titles in desk.told) == [["Item 1"], ["Item 2"]]


def test_quiet_hours_hold_and_lose_nothing_over_a_change_of_the_clocks(store: Store) -> None:
    quiet = QuietHours(time(22), time(6, 30), "Europe/Paris", passing=(Severity.URGENT,))
    desk = Desk(store, [Subscription("sub_quiet", "desk", quiet=quiet)])
    desk.hears("2026-10-24T21:00")
    desk.hears("2026-10-25T02:00", status=Status.AGREED)
    desk.hears("2026-10-25T05:29")
    assert [a.item.title for a in desk.sends("2026-10-25T05:29:59")] == ["Item 2"]
    assert {a.item.title for a in desk.sends("2026-10-25T05:30")} == {"Item 1", "Item 3"}


def test_a_rumour_that_is_overtaken_in_the_night_never_arrives(store: Store) -> None:
    quiet = QuietHours(time(22), time(6, 30), "Europe/Paris")
    desk = Desk(store, [Subscription("sub_quiet", "desk", quiet=quiet)])
    desk.hears("2026-07-01T21:00", status=Status.RUMOURED, **SAME)
    desk.hears("2026-07-01T23:00", status=Status.AGREED, **SAME)
    desk.hears("2026-07-01T23:30", status=Status.AGREED, amount="3 billion yen", **SAME)
    told = desk.sends("2026-07-02T04:30")
    assert [(a.sequence, a.event.status) for a in told] == [(2, "agreed"), (3, "agreed")]
    [dropped] = store.reads.deliveries(
        DeliveryFilter(state=DeliveryState.SUPERSEDED), None, 9
    ).items
    assert dropped.delivery.last_error == "not sent: a later message of its story says more"


def test_mutes_end_by_themselves_over_a_change_of_the_clocks(store: Store) -> None:
    both = [Subscription("sub_a", "desk"), Subscription("sub_b", "mail")]
    desk = Desk(store, both)
    made = desk.hears("2026-03-28T12:00", status=Status.RUMOURED, **SAME)
    story = made.judgement.stories[0].id
    assert not store.mute(Mute("story_none", at("2026-04-01T00:00")), at("2026-03-28T12:00"))
    assert store.mute(Mute(story, at("2026-03-29T12:00"), "sub_a"), at("2026-03-28T12:00"))
    assert store.mutes(at("2026-03-28T12:01"))[0].subscription_id == "sub_a"
    desk.sends("2026-03-28T12:00")
    desk.hears("2026-03-29T11:59", status=Status.NEGOTIATING, **SAME)
    assert len(desk.sends("2026-03-29T11:59")) == 1, "the other subscription is told"
    desk.hears("2026-03-29T12:00", status=Status.AGREED, **SAME)
    assert len(desk.sends("2026-03-29T12:00")) == 2
    assert store.mute(Mute(story, at("2026-04-09T12:00")), at("2026-03-30T12:00"))
    desk.hears("2026-03-30T13:00", status=Status.COMPLETED, **SAME)
    assert desk.sends("2026-03-30T13:00") == []
    held = store.reads.deliveries(DeliveryFilter(state=DeliveryState.SUPERSEDED), None, 9).items
    assert {line.delivery.last_error for line in held} == {
        "not sent: the story is muted until 2026-03-29 12:00 UTC",
        "not sent: the story is muted until 2026-04-09 12:00 UTC",
    }
    assert store.unmute(story)
    assert not store.unmute(story)
    assert store.forget_mutes(at("2026-05-01T00:00")) == 1


def test_a_flood_becomes_one_message_with_every_alert(store: Store) -> None:
    limit = Limit(3, timedelta(minutes=10))
    desk = Desk(store, [Subscription("sub_desk", "desk", limit=limit)])
    for second in range(25):
        desk.hears(f"2026-07-01T12:01:{second:02}")
    alone = desk.sends("2026-07-01T12:09:59")
    assert len(alone) == 3
    rest = desk.sends("2026-07-01T12:10")
    assert len(desk.told) == 4
    assert {a.id for a in alone} | {a.id for a in rest} == {
        a.id for a in store.reads.alerts_since(at("2026-07-01T00:00"), 99)
    }
    desk.hears("2026-07-01T12:11")
    assert len(desk.sends("2026-07-01T12:11")) == 1, "the next ten minutes have room again"


def test_who_wants_french_is_told_by_the_first_french_report(store: Store) -> None:
    desk = Desk(store, [Subscription("sub_fr", "paris", languages=("fr",))])
    desk.hears("2026-07-01T12:00", title="English", **SAME)
    assert desk.sends("2026-07-01T12:00") == []
    desk.hears("2026-07-01T12:10", "fr", title="Français", **SAME)
    desk.hears("2026-07-01T12:20", "fr", title="Encore", **SAME)
    [alert] = desk.sends("2026-07-01T12:20")
    assert (alert.sequence, alert.item.title, alert.language) == (1, "Français", "fr")
    assert alert.headline.startswith("Nissan en discussions")
    assert [m.title for m in alert.also_reported_by] == ["Encore"]


def test_every_attempt_says_the_same_whatever_comes_in_between(store: Store) -> None:
    desk = Desk(store, [Subscription("sub_desk", "desk")])
    desk.hears("2026-07-01T12:00", **SAME)
    desk.hears("2026-07-01T12:01", title="Second", **SAME)
    [first] = store.claim_deliveries(at("2026-07-01T12:02"), lease=HOUR, limit=9)
    store.release(first, at("2026-07-01T12:02"))
    desk.hears("2026-07-01T12:03", title="Third", **SAME)
    [again] = store.claim_deliveries(at("2026-07-01T12:04"), lease=HOUR, limit=9)
    assert again.alert == first.alert
    assert first.alert is not None
    assert [m.title for m in first.alert.also_reported_by] == ["Second"]
    detail = store.reads.alert(first.alert.id)
    assert detail is not None
    assert [m.title for m in detail.alert.also_reported_by] == ["Second", "Third"]


def _withdraw(desk: Desk, guid: str, moment: str) -> list[Judged]:
    now = at(moment)
    found = desk.store.withdraw_items(FEED, {guid: "cancelled by its publisher"}, now)
    assert desk.store.withdraw_items(FEED, {guid: "again"}, now) == [], "once"
    items = desk.store.claim_items(found, now, lease=HOUR, owner="w")
    return [desk.bench().retract_item(item, now) for item in items]


def test_a_withdrawn_item_corrects_the_ledger_and_tells_those_who_were_told(
    store: Store,
) -> None:
    told = Subscription("sub_told", "desk", min_status=Status.NEGOTIATING)
    other = Subscription("sub_other", "mail", min_status=Status.DENIED)
    desk = Desk(store, [told, other])
    desk.hears("2026-07-01T12:00", **SAME)
    desk.sends("2026-07-01T12:00")
    wrong = desk.hears("2026-07-01T13:00", status=Status.AGREED, guid="urn:2", to_pct=10.0, **SAME)
    assert len(desk.sends("2026-07-01T13:00")) == 1
    [taken_back] = _withdraw(desk, "urn:2", "2026-07-01T14:00")
    [alert] = taken_back.judgement.alerts
    assert alert.reason is Reason.WITHDRAWAL
    assert [(c.field, c.before, c.after) for c in alert.changes] == [
        ("status", "agreed", "negotiating"),
        ("to_pct", 10.0, 24.0),
    ]
    assert alert.headline.startswith("Withdrawn by Example Wire: Nissan")
    [told_again] = desk.sends("2026-07-01T14:00")
    assert (told_again.sequence, told_again.severity) == (3, Severity.URGENT)
    assert _withdraw(desk, "urn:2", "2026-07-01T15:00") == []
    story = store.reads.story(wrong.judgement.stories[0].id)
    assert story is not None
    assert story.story.status is Status.NEGOTIATING
    assert story.story.ledger["to_pct"].value == 24.0
    desk.hears("2026-07-01T16:00", status=Status.AGREED, **SAME)
    assert [a.sequence for a in desk.sends("2026-07-01T16:00")] == [4]


def test_what_others_have_reported_too_stands(store: Store) -> None:
    desk = Desk(store, [Subscription("sub_desk", "desk")])
    desk.hears("2026-07-01T12:00", guid="urn:1", **SAME)
    desk.hears("2026-07-01T12:30", **SAME)
    [taken_back] = _withdraw(desk, "urn:1", "2026-07-01T14:00")
    assert taken_back.judgement.alerts == ()
    [story] = taken_back.judgement.stories
    assert {known.item_id for known in story.ledger.values()} == {"item_2"}


def test_a_story_that_nobody_stands_by_is_taken_back_whole(store: Store) -> None:
    desk = Desk(store, [Subscription("sub_desk", "desk")])
    desk.hears("2026-07-01T12:00", guid="urn:1", **SAME)
    desk.sends("2026-07-01T12:00")
    [taken_back] = _withdraw(desk, "urn:1", "2026-07-01T14:00")
    [alert] = taken_back.judgement.alerts
    assert {change.after for change in alert.changes} == {None}
    assert len(desk.sends("2026-07-01T14:00")) == 1


@pytest.mark.parametrize("judged", [True, False])
def test_a_withdrawn_item_that_told_nothing_is_simply_done(store: Store, judged: bool) -> None:
    item = make_item(guid="urn:1")
    now = at("2026-07-01T12:00")
    store.store_items([item], now)
    if judged:
        store.record_without_events([(item.id, "en")], now)
    desk = Desk(store, [])
    [done] = _withdraw(desk, "urn:1", "2026-07-01T13:00")
    assert done == Judged()
    assert store.overdue_items(now + HOUR, queued_before=now + 9 * HOUR, limit=9) == []


def test_a_correction_tells_those_who_were_told(store: Store) -> None:
    desk = Desk(store, [Subscription("sub_desk", "desk", min_status=Status.AGREED)])
    desk.hears("2026-07-01T12:00", status=Status.AGREED, **SAME)
    assert len(desk.sends("2026-07-01T12:00")) == 1
    desk.hears("2026-07-01T13:00", status=Status.PLANNED, correction=True, **SAME)
    [alert] = desk.sends("2026-07-01T13:00")
    assert (alert.reason, alert.event.status) == (Reason.CORRECTION, Status.PLANNED)


def test_an_item_that_is_taken_back_while_it_is_judged_is_not_judged_as_if_it_stood(
    store: Store,
) -> None:
    now = at("2026-07-01T12:00")
    item = make_item(guid="urn:1", published=now, seen=now)
    store.store_items([item], now)
    [claimed] = store.claim_items([item.id], now, lease=HOUR, owner="slow")
    store.withdraw_items(FEED, {"urn:1": "cancelled by its publisher"}, now)
    desk = Desk(store, [Subscription("sub_desk", "desk")])
    found = Classification("en", (make_event(item=claimed),))
    assert desk.bench().judge_item(claimed, found, now) == Judged()
    assert store.reads.alerts_since(at("2026-01-01T00:00"), 9) == []
    [again] = store.claim_items([item.id], now, lease=HOUR, owner="quick")
    assert desk.bench().retract_item(again, now) == Judged()
    assert store.claim_items([item.id], now + 9 * HOUR, lease=HOUR, owner="quick") == []
