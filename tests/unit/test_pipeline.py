"""The steps of the flow over fakes: what each asks for, writes, hands on, and survives."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
import structlog

from tests.support.factories import FEED_URL, NOW, make_alert, make_event, make_item
from worker import pipeline
from worker.domain import ids
from worker.domain.alert import Alert, Story, Subscription
from worker.domain.delivery import (
    Claimed,
    Delivery,
    DeliveryState,
    Notice,
    Outcome,
    RetryPolicy,
    Settlement,
    Verdict,
)
from worker.domain.event import Classification, Event
from worker.domain.feed import Feed, FeedState, Fetched, PollResult
from worker.domain.item import Entry, Item
from worker.pipeline import ITEM_LEASE, ITEMS_TOGETHER, Overdue, Owed
from worker.store import Store, StoreUnavailable
from worker.stories import judge

FEED = Feed(ids.feed_id(FEED_URL), FEED_URL, "Example Wire")
STATE = FeedState(FEED.id)
DESK = Subscription(id="sub_desk", channel="desk")
POLICY = RetryPolicy(
    (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2)), timedelta(hours=72)
)


def clock() -> datetime:
    return NOW


class FakeJudging:
    def __init__(self, store: FakeStore, item_id: str, story_ids: Sequence[str]) -> None:
        self.store, self.item_id = store, item_id
        self.done = item_id in store.classified
        self.stories = {key: store.stories[key] for key in story_ids if key in store.stories}

    def record(
        self,
        language: str | None,
        events: Sequence[tuple[str, Event]],
        stories: Sequence[Story],
        alerts: Sequence[Alert],
        deliveries: Sequence[Delivery],
    ) -> None:
        assert not self.done
        self.store.classified[self.item_id] = language
        self.store.stories |= {story.id: story for story in stories}
        self.store.alerts += alerts
        self.store.deliveries += deliveries


@dataclass
class FakeStore:
    """The part of the store that the flow uses, in memory; `faults` by method come first."""

    known: set[str] = field(default_factory=set)
    polls: list[tuple[str, str, FeedState, list[str]]] = field(default_factory=list)
    items: dict[str, Item] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)
    claims: list[tuple[tuple[str, ...], timedelta, str]] = field(default_factory=list)
    classified: dict[str, str | None] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    stories: dict[str, Story] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    wanted: list[Subscription] = field(default_factory=lambda: [DESK])
    feeds: dict[str, Feed] = field(default_factory=lambda: {FEED.id: FEED})
    overdue: tuple[list[str], list[tuple[str, str]]] = field(default=([], []))
    asked: list[tuple[datetime, datetime, int]] = field(default_factory=list)
    faults: dict[str, Exception] = field(default_factory=dict)

    def _fault(self, name: str) -> None:
        if name in self.faults:
            raise self.faults[name]

    def known_items(self, item_ids: Collection[str]) -> set[str]:
        return self.known & set(item_ids)

    def store_poll(
        self, feed_id: str, owner: str, state: FeedState, items: Sequence[Item], now: datetime
    ) -> list[str]:
        self._fault("store_poll")
        new = [item.id for item in items]
        self.known |= set(new)
        self.polls.append((feed_id, owner, state, new))
        return new

    def claim_items(
        self,
        item_ids: Sequence[str],
        now: datetime,
        *,
        lease: timedelta,
        owner: str,
        untried: bool = False,
    ) -> list[Item]:
        self._fault("claim_items")
        self.claims.append((tuple(item_ids), lease, owner))
        return [
            self.items[key]
            for key in item_ids
            if key in self.items
            and key not in self.classified
            and key not in self.failed
            and not (untried and key in self.tried)
        ]

    def record_without_events(self, found: Sequence[tuple[str, str | None]], now: datetime) -> None:
        self._fault("record_without_events")
        for item_id, language in found:
            self.classified.setdefault(item_id, language)

    def subscriptions(self) -> list[Subscription]:
        return self.wanted

    def feed(self, feed_id: str) -> Feed | None:
        return self.feeds.get(feed_id)

    @contextmanager
    def judging(
        self, item_id: str, story_ids: Sequence[str], now: datetime
    ) -> Iterator[FakeJudging]:
        self._fault("judging")
        yield FakeJudging(self, item_id, story_ids)

    def fail_item(self, item_id: str, error: str, now: datetime) -> None:
        self.failed[item_id] = error

    def overdue_items(self, now: datetime, *, queued_before: datetime, limit: int) -> list[str]:
        self.asked.append((now, queued_before, limit))
        return self.overdue[0]

    def overdue_deliveries(
        self, now: datetime, *, queued_before: datetime, limit: int
    ) -> list[tuple[str, str]]:
        self.asked.append((now, queued_before, limit))
        return self.overdue[1]

    @property
    def real(self) -> Store:
        return cast(Store, self)


# ── poll ──────────────────────────────────────────────────────────────────────────────────────


@dataclass
class FakeFetcher:
    fetched: Fetched
    asked: list[tuple[Feed, FeedState]] = field(default_factory=list)

    async def fetch(self, feed: Feed, state: FeedState) -> Fetched:
        self.asked.append((feed, state))
        return self.fetched


async def poll(store: FakeStore, fetched: Fetched) -> list[str]:
    fetcher = FakeFetcher(fetched)
    new = await pipeline.poll(
        FEED, STATE, fetcher=fetcher, store=store.real, owner="poller@a", clock=clock
    )
    assert fetcher.asked == [(FEED, STATE)]
    return new


ENTRIES = (
    Entry("First", "One.", guid="g1", url="https://wire.example/1"),
    Entry("Second", "Two.", guid="g2", url="https://wire.example/2"),
)


async def test_polling_stores_what_is_new_and_hands_it_on() -> None:
    store = FakeStore()
    new = await poll(store, Fetched(PollResult.NEW, ENTRIES, 200, etag='"x"', body_hash="h"))
    [(feed_id, owner, state, stored)] = store.polls
    assert (feed_id, owner) == (FEED.id, "poller@a")
    assert new == stored
    assert len(new) == 2
    assert (state.etag, state.body_hash, state.failures) == ('"x"', "h", 0)
    assert state.next_poll_at is not None
    assert state.next_poll_at >= NOW + FEED.interval


async def test_what_is_known_is_not_new() -> None:
    store = FakeStore()
    fetched = Fetched(PollResult.NEW, ENTRIES, 200)
    first = await poll(store, fetched)
    assert await poll(store, fetched) == []
    later = Entry("Third", "Three.", guid="g3")
    [third] = await poll(store, Fetched(PollResult.NEW, (*ENTRIES, later), 200))
    assert third not in first


async def test_a_failure_is_remembered_and_said_once() -> None:
    store = FakeStore()
    with structlog.testing.capture_logs() as logs:
        assert await poll(store, Fetched(PollResult.FAILED, error="HTTP 500")) == []
    assert store.polls[0][2].failures == 1
    assert [(line["event"], line["error"]) for line in logs] == [("poll_failed", "HTTP 500")]


async def test_dropped_entries_cost_one_line() -> None:
    fetched = Fetched(
        PollResult.NEW, ENTRIES, 200, dropped=9, warnings=tuple(f"why {n}" for n in range(9))
    )
    with structlog.testing.capture_logs() as logs:
        await poll(FakeStore(), fetched)
    [line] = [line for line in logs if line["log_level"] == "warning"]
    assert (line["event"], line["dropped"]) == ("entries_dropped", 9)
    assert line["why"] == "why 0; why 1; why 2"


async def test_a_store_that_is_away_is_the_callers_to_handle() -> None:
    store = FakeStore(faults={"store_poll": StoreUnavailable("away")})
    with pytest.raises(StoreUnavailable):
        await poll(store, Fetched(PollResult.NEW, ENTRIES, 200))


# ── classify and judge ────────────────────────────────────────────────────────────────────────


@dataclass
class FakeClassifier:
    """Finds `events` in every item, and stumbles over titles in `crash_on`."""

    events: tuple[Event, ...] = ()
    language: Any = "en"
    crash_on: str = "\0"
    asked: list[tuple[str, str, str | None, datetime | None]] = field(default_factory=list)

    def classify(
        self,
        title: str,
        text: str,
        *,
        language: str | None = None,
        published: datetime | None = None,
    ) -> Classification:
        self.asked.append((title, text, language, published))
        if title == self.crash_on:
            raise ZeroDivisionError("a fault of ours")
        return Classification(self.language, self.events)


def classify(
    store: FakeStore, classifier: FakeClassifier, *item_ids: str, clock: Any = clock
) -> list[Owed]:
    return pipeline.classify(
        item_ids, classifier=classifier, store=store.real, owner="me", clock=clock
    )


def stored(*titles: str) -> tuple[FakeStore, list[str]]:
    items = [make_item(title=title) for title in titles]
    return FakeStore(items={item.id: item for item in items}), [item.id for item in items]


def test_an_item_with_an_event_becomes_an_alert_that_is_owed() -> None:
    store, [item_id] = stored("A deal")
    classifier = FakeClassifier((make_event(),))
    owed = classify(store, classifier, item_id)
    [alert], [delivery] = store.alerts, store.deliveries
    assert owed == [Owed("desk", delivery.id)]
    assert delivery.alert_id == alert.id
    assert (alert.item.id, alert.feed_url) == (item_id, FEED_URL)
    assert store.classified == {item_id: "en"}
    item = store.items[item_id]
    assert classifier.asked == [(item.title, item.text, item.language, item.published)]


def test_items_are_claimed_a_few_at_a_time() -> None:
    store, item_ids = stored(*map(str, range(ITEMS_TOGETHER + 2)))
    classify(store, FakeClassifier(), *item_ids)
    groups = tuple(item_ids[:ITEMS_TOGETHER]), tuple(item_ids[ITEMS_TOGETHER:])
    assert store.claims == [(group, ITEM_LEASE, "me") for group in groups]
    assert list(store.classified) == item_ids


def test_what_was_tried_before_is_claimed_alone() -> None:
    """One of them may have killed its process, and will again."""
    store, item_ids = stored("A", "B", "C")
    store.tried = set(item_ids[:2])
    classify(store, FakeClassifier(), *item_ids)
    assert [ids for ids, _, _ in store.claims] == [tuple(item_ids), *((i,) for i in item_ids[:2])]
    assert sorted(store.classified) == sorted(item_ids)


def test_classifying_twice_owes_once() -> None:
    store, [item_id] = stored("A deal")
    classifier = FakeClassifier((make_event(),))
    assert len(classify(store, classifier, item_id)) == 1
    assert classify(store, classifier, item_id) == []
    assert len(store.alerts) == 1


def test_one_that_was_classified_meanwhile_is_left_alone() -> None:
    """Its lease ran out under us and another has done it."""
    store, [item_id] = stored("A deal")

    class Late(FakeClassifier):
        def classify(self, *args: Any, **kwargs: Any) -> Classification:
            store.classified[item_id] = "fr"
            return super().classify(*args, **kwargs)

    assert classify(store, Late((make_event(),)), item_id) == []
    assert store.alerts == []
    assert store.classified == {item_id: "fr"}


def test_an_item_that_says_nothing_is_done_without_asking_for_subscriptions() -> None:
    store, [item_id] = stored("Nothing")
    store.wanted = cast(Any, None)
    assert classify(store, FakeClassifier(language=None), item_id) == []
    assert store.classified == {item_id: None}


def test_a_story_goes_on_over_items() -> None:
    store, item_ids = stored("A deal", "The same deal")
    classify(store, FakeClassifier((make_event(),)), *item_ids)
    assert [alert.sequence for alert in store.alerts] == [1, 2]
    assert store.alerts[1].previous_status == store.alerts[0].event.status


def test_secrets_in_a_feeds_address_do_not_reach_alerts() -> None:
    store, [item_id] = stored("A deal")
    store.feeds[FEED.id] = replace(FEED, url="https://me:pass-word@wire.example/rss?token=zzz")
    classify(store, FakeClassifier((make_event(),)), item_id)
    assert "pass-word" not in store.alerts[0].feed_url
    assert "wire.example" in store.alerts[0].feed_url


def test_a_feed_that_is_gone_leaves_the_address_empty() -> None:
    store, [item_id] = stored("A deal")
    store.feeds = {}
    classify(store, FakeClassifier((make_event(),)), item_id)
    assert store.alerts[0].feed_url == ""


def test_a_fault_in_one_text_holds_up_no_other() -> None:
    store, item_ids = stored("A", "bad", "C")
    classify(store, FakeClassifier(crash_on="bad"), *item_ids)
    assert store.failed == {item_ids[1]: "ZeroDivisionError in classification"}
    assert list(store.classified) == [item_ids[0], item_ids[2]]


def test_a_fault_in_judging_sets_the_item_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    store, item_ids = stored("A", "B")

    def stumble(item: Item, *args: Any, **kwargs: Any) -> Any:
        if item.id == item_ids[0]:
            raise KeyError("secret text of an item")
        return judge(item, *args, **kwargs)

    monkeypatch.setattr(pipeline, "judge", stumble)
    owed = classify(store, FakeClassifier((make_event(),)), *item_ids)
    assert store.failed == {item_ids[0]: "KeyError in classification"}
    assert len(owed) == 1


@pytest.mark.parametrize("method", ["claim_items", "judging", "record_without_events"])
def test_a_database_that_is_away_sets_nothing_aside(method: str) -> None:
    store, [item_id] = stored("A deal")
    store.faults[method] = StoreUnavailable("away")
    events = () if method == "record_without_events" else (make_event(),)
    with pytest.raises(StoreUnavailable):
        classify(store, FakeClassifier(events), item_id)
    assert store.failed == {}
    assert store.classified == {}


def test_what_nobody_knows_is_passed_over() -> None:
    assert classify(FakeStore(), FakeClassifier(), "item_unknown") == []


# ── deliver ───────────────────────────────────────────────────────────────────────────────────


@dataclass
class FakeChannel:
    verdict: Verdict
    sent: list[Notice] = field(default_factory=list)

    async def send(self, notice: Notice) -> Verdict:
        self.sent.append(notice)
        return self.verdict


def claim(attempt: int = 1, **delivery: Any) -> Claimed:
    alert = make_alert()
    made = Delivery("msg_1", alert.id, "sub", "desk", created=NOW, attempts=attempt)
    return Claimed(replace(made, **delivery), alert, attempt, "lease")


async def deliver(
    claimed: Claimed,
    channels: Mapping[str, FakeChannel],
    public_url: str = "https://watch.example/",
) -> Settlement:
    return await pipeline.deliver(
        claimed,
        channels=channels,
        policy=POLICY,
        public_url=public_url,
        clock=clock,
        draw=lambda: 0.0,
    )


@pytest.mark.parametrize("public_url", ["https://watch.example/", "https://watch.example"])
async def test_a_notice_says_who_it_is(public_url: str) -> None:
    channel = FakeChannel(Verdict(Outcome.DELIVERED))
    claimed = claim(3)
    settlement = await deliver(claimed, {"desk": channel}, public_url)
    [notice] = channel.sent
    assert notice.message_id == "msg_1"
    assert notice.alert is claimed.alert
    assert notice.alert_url == f"https://watch.example/alerts/{claimed.alert.id}"
    assert notice.attempted_at == NOW
    assert settlement == Settlement(claimed, channel.verdict, DeliveryState.DELIVERED, None)


async def test_a_failed_attempt_is_put_off() -> None:
    channel = FakeChannel(Verdict(Outcome.RETRY, "HTTP 500"))
    settlement = await deliver(claim(2), {"desk": channel})
    assert settlement.state is DeliveryState.PENDING
    assert settlement.next_attempt_at == NOW + timedelta(seconds=30)


async def test_a_channel_that_is_not_configured_any_more_exhausts() -> None:
    settlement = await deliver(claim(), {})
    assert settlement.state is DeliveryState.EXHAUSTED
    assert "not in the configuration" in settlement.verdict.detail


def settle(
    claimed: Claimed, verdict: Verdict, now: datetime = NOW, jitter: float = 0
) -> Settlement:
    return pipeline.settle(claimed, verdict, policy=POLICY, now=now, jitter=jitter)


@pytest.mark.parametrize(
    ("attempt", "jitter", "wait"),
    [(1, 0.0, 5), (1, 1.0, 6.25), (2, 0.0, 30), (3, 0.0, 120), (4, 0.0, 120), (99, 0.5, 135)],
)
def test_waits_grow_and_the_last_repeats(attempt: int, jitter: float, wait: float) -> None:
    settlement = settle(claim(attempt), Verdict(Outcome.RETRY), jitter=jitter)
    assert settlement.state is DeliveryState.PENDING
    assert settlement.next_attempt_at == NOW + timedelta(seconds=wait)


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        (timedelta(seconds=1), timedelta(seconds=5)),
        (timedelta(minutes=10), timedelta(minutes=10)),
        (timedelta(days=365), timedelta(hours=72)),
        (timedelta.max, timedelta(hours=72)),
    ],
)
def test_what_the_receiver_asks_for_is_honoured_within_reason(
    asked: timedelta, wait: timedelta
) -> None:
    settlement = settle(claim(), Verdict(Outcome.RETRY, retry_after=asked))
    assert settlement.next_attempt_at == NOW + wait


@pytest.mark.parametrize("outcome", [Outcome.PERMANENT, Outcome.GONE])
def test_a_final_answer_ends_it(outcome: Outcome) -> None:
    settlement = settle(claim(), Verdict(outcome))
    assert (settlement.state, settlement.next_attempt_at) == (DeliveryState.EXHAUSTED, None)


def test_an_interrupted_attempt_is_made_again() -> None:
    assert settle(claim(), Verdict(Outcome.INTERRUPTED)).state is DeliveryState.PENDING


def test_giving_up_counts_from_the_beginning() -> None:
    old = claim(20, created=NOW - timedelta(hours=72))
    young = claim(20, created=NOW - timedelta(hours=71, minutes=59))
    assert settle(old, Verdict(Outcome.RETRY)).state is DeliveryState.EXHAUSTED
    assert settle(young, Verdict(Outcome.RETRY)).state is DeliveryState.PENDING
    assert settle(old, Verdict(Outcome.DELIVERED)).state is DeliveryState.DELIVERED


def test_giving_up_counts_from_a_replay() -> None:
    replayed = claim(20, created=NOW - timedelta(days=30), replayed=NOW - timedelta(hours=1))
    assert settle(replayed, Verdict(Outcome.RETRY)).state is DeliveryState.PENDING
    assert (
        settle(replayed, Verdict(Outcome.RETRY), now=NOW + timedelta(hours=71)).state
        is DeliveryState.EXHAUSTED
    )


# ── sweep ─────────────────────────────────────────────────────────────────────────────────────


def test_the_sweep_names_what_is_owed() -> None:
    store = FakeStore(overdue=(["i1", "i2"], [("m1", "desk"), ("m2", "mail")]))
    found = pipeline.sweep(
        store.real,
        now=NOW,
        items_after=timedelta(seconds=8),
        deliveries_after=timedelta(seconds=90),
        limit=7,
    )
    assert found == Overdue(["i1", "i2"], [Owed("desk", "m1"), Owed("mail", "m2")])
    assert store.asked == [
        (NOW, NOW - timedelta(seconds=8), 7),
        (NOW, NOW - timedelta(seconds=90), 7),
    ]


def test_a_sweep_that_finds_nothing() -> None:
    nothing = timedelta()
    found = pipeline.sweep(FakeStore().real, now=NOW, items_after=nothing, deliveries_after=nothing)
    assert found == Overdue([], [])
