"""How an item becomes a delivered alert, readable top to bottom.

    poll      due feed → fetch (conditional) → parse → decide what is new → store items
    classify  new items → analyse text → match rules → events
    judge     events → story → news? → alert + one delivery a channel   (one transaction)
    deliver   due deliveries → claim (lease, attempt recorded) → send → settle or set next attempt
    sweep     whatever is overdue or whose lease ran out → ids to put back in the queue

Every step takes ids and gives back the ids that the next step takes; who runs a step puts them
in the queue (`tasks`). The database is the truth: a message may be lost or doubled at any time
without effect, because a lost id is found again by `sweep` and a step that runs twice claims or
writes nothing the second time.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Protocol

import structlog

from worker import intake
from worker.channels.digest import alert_url, digest_announcement
from worker.domain.delivery import (
    Bulletin,
    Claimed,
    DeliveryState,
    Notice,
    Outcome,
    RetryPolicy,
    Settlement,
    Verdict,
)
from worker.domain.event import Classification
from worker.domain.feed import Feed, FeedState, Fetched, Polled, PollResult, polled_url
from worker.domain.item import Arrival, Item
from worker.domain.push import Hub, paced
from worker.feeds import courtesy, schedule
from worker.feeds.calendar import Place, as_preferred
from worker.feeds.release import Release, release
from worker.judging import Bench, Judged
from worker.store import Store, StoreUnavailable

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
_NOBODY: Mapping[str, str] = {}
Keep = Callable[[Polled], Awaitable[list[str]]]
"""Stores what a poll brought; gives the ids of the items that were not known before."""

# Longer than any item takes, shorter than people notice: after a killed worker its item waits
# for as long as this before another worker may take it.
ITEM_LEASE = timedelta(seconds=30)
# How many items share a transaction: most of what it costs is saved, and little waits when their
# process dies.
ITEMS_TOGETHER = 8


class Fetches(Protocol):
    """What `poll` needs of `feeds.fetch.Fetcher`."""

    async def fetch(self, feed: Feed, state: FeedState) -> Fetched: ...


class Hubs(Protocol):
    """What `poll` needs of those who push feeds to us; `HubLane` in the service."""

    def note(self, feed_id: str, hub: Hub) -> None:
        """A feed names its hub."""
        ...

    def is_pushed(self, feed_id: str) -> bool:
        """Whether the hub of a feed pushes what is new."""
        ...

    def missed(self, feed_id: str) -> None:
        """A poll found what the hub should have pushed."""
        ...


class Classifies(Protocol):
    """What `classify` needs of `classify.Classifier`."""

    def classify(
        self, title: str, text: str, *, language: str | None = ..., published: datetime | None = ...
    ) -> Classification: ...


class Sends(Protocol):
    """What `deliver` needs of a channel. Both raise nothing but cancellation."""

    async def send(self, notice: Notice) -> Verdict: ...

    async def announce(self, bulletin: Bulletin) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class Owed:
    """A delivery that is due, with the channel whose lane it goes through."""

    channel: str
    delivery_id: str


# ── poll ──────────────────────────────────────────────────────────────────────────────────────


async def poll(
    feed: Feed,
    state: FeedState,
    *,
    fetcher: Fetches,
    store: Store,
    keep: Keep,
    clock: Clock,
    place: Place = as_preferred,
    hubs: Hubs | None = None,
    count: Callable[[str, float], None] = lambda name, by: None,
) -> list[str]:
    """Fetch one feed that has been claimed and keep what is new: ids of items to classify.

    `keep` stores what came and ends the claim. `place` chooses the moment of the next poll.
    `hubs` knows which feeds are pushed as well, and are polled less often for that.
    `count` is told of a failed poll, and how many entries could not be used or are held back.
    """
    fetched = await fetcher.fetch(feed, state)
    now = clock()
    released = release(fetched.entries, now)
    arrived: tuple[Arrival, ...] = ()
    if released.free:
        arrived = await asyncio.to_thread(intake.arrivals_of, feed, released.free, store, now)
    fresh = sum(one.same_as is None for one in arrived)
    after = schedule.settle(feed, state, fetched, now, new=fresh, place=place)
    if hubs is not None:
        after = await asyncio.to_thread(_by_hub, hubs, fetched, after, now, fresh)
    turns = schedule.turns(feed, state, after)
    new = await keep(
        Polled(
            feed=feed,
            state=after,
            arrivals=arrived,
            at=now,
            gap=courtesy.gap_after(polled_url(feed, state)),
            rests=courtesy.rests(feed, state, fetched, after.next_poll_at, now),
            turns=turns,
        )
    )
    if released.withdrawn:
        reasons = {entry.guid: entry.withdrawn or "" for entry in released.withdrawn if entry.guid}
        new = [*new, *await asyncio.to_thread(store.withdraw_items, feed.id, reasons, now)]
    for turn in turns:
        log.warning(turn.action, feed=feed.name, detail=turn.detail)
    _tell(feed, fetched, released, after, count)
    if new:
        log.info("items_stored", feed=feed.name, new=len(new))
    return new


def _by_hub(hubs: Hubs, fetched: Fetched, after: FeedState, now: datetime, fresh: int) -> FeedState:
    """The state of a feed after a poll, given what its hub does. Notes a hub that it names."""
    if fetched.hub is not None:
        hubs.note(after.feed_id, fetched.hub)
    if not hubs.is_pushed(after.feed_id) or after.next_poll_at is None or after.failures:
        return after
    if fresh:
        hubs.missed(after.feed_id)
    due, reason = paced(after.next_poll_at, after.next_poll_reason, now)
    return replace(after, next_poll_at=due, next_poll_reason=reason)


def _tell(
    feed: Feed,
    fetched: Fetched,
    released: Release,
    after: FeedState,
    count: Callable[[str, float], None],
) -> None:
    """Log and count what is not as it should be, or is held back."""
    if fetched.result in (PollResult.FAILED, PollResult.GONE):
        count("polls_failed", 1)
        log.warning("poll_failed", feed=feed.name, error=fetched.error, failures=after.failures)
    elif fetched.dropped:
        count("entries_dropped", fetched.dropped)
        log.warning(
            "entries_dropped",
            feed=feed.name,
            dropped=fetched.dropped,
            why="; ".join(fetched.warnings[:3]),
        )
    for name, held in (("embargoed", released.embargoed), ("withdrawn", released.withdrawn)):
        if held:
            guids = [entry.guid for entry in held[:3]]
            log.info(f"entries_{name}", feed=feed.name, entries=len(held), guids=guids)
            count(f"entries_{name}", len(held))


# ── classify and judge ────────────────────────────────────────────────────────────────────────


def owed_by(judged: Judged) -> list[Owed]:
    """What of a judgement is due at once."""
    return [Owed(channel, delivery_id) for channel, delivery_id in judged.due]


def classify(
    item_ids: Sequence[str],
    *,
    classifier: Classifies,
    store: Store,
    owner: str,
    clock: Clock,
    owners: Mapping[str, str] = _NOBODY,
) -> list[Owed]:
    """Classify the items that nobody else has: the deliveries that their alerts owe.

    `owners` maps a company that is a unit to the one at its head, both as keys of the watchlist.
    A few items share a transaction, but one that was tried before is claimed alone: one that
    kills its process takes its neighbours along once at most, and is set aside after a few tries.
    Raises `StoreUnavailable`; what had been done until then stays done.
    """
    # Set up once for all of them, and only when there is something to tell.
    bench = cache(lambda: Bench(store, store.subscriptions(), owners))

    def claim(ids: Sequence[str], *, untried: bool) -> list[Item]:
        return store.claim_items(ids, clock(), lease=ITEM_LEASE, owner=owner, untried=untried)

    def work_on(items: Sequence[Item]) -> list[Owed]:
        owed: list[Owed] = []
        without: list[tuple[str, str | None]] = []
        for item in items:
            try:
                if item.withdrawn is not None:
                    owed += owed_by(bench().retract_item(item, clock()))
                    continue
                found = classifier.classify(
                    item.title, item.text, language=item.language, published=item.published
                )
                if found.events:
                    owed += owed_by(bench().judge_item(item, found, clock()))
                else:
                    without.append((item.id, found.language))
            except StoreUnavailable:
                raise
            except Exception as error:
                # A fault of ours in one text must not hold up the rest of the wire.
                log.exception("classification_failed", item=item.id)
                store.fail_item(item.id, f"{type(error).__name__} in classification", clock())
        store.record_without_events(without, clock())
        return owed

    owed: list[Owed] = []
    for start in range(0, len(item_ids), ITEMS_TOGETHER):
        ids = item_ids[start : start + ITEMS_TOGETHER]
        untried = claim(ids, untried=True)
        owed += work_on(untried)
        done = {item.id for item in untried}
        for item_id in ids:
            if item_id not in done:
                owed += work_on(claim([item_id], untried=False))
    return owed


# ── deliver ───────────────────────────────────────────────────────────────────────────────────


async def deliver(
    claimed: Claimed,
    *,
    channel_of: Callable[[Claimed], Sends | None],
    policy: RetryPolicy,
    public_url: str,
    clock: Clock,
    draw: Callable[[], float] = random.random,
) -> Settlement:
    """Make the attempt that `claimed` has recorded as begun, and decide how it goes on."""
    delivery = claimed.delivery
    channel = channel_of(claimed)
    if channel is None:
        verdict = Verdict(Outcome.PERMANENT, "the channel is not in the configuration any more")
    elif claimed.alert is not None:
        verdict = await channel.send(
            Notice(
                message_id=delivery.id,
                alert=claimed.alert,
                alert_url=alert_url(public_url, claimed.alert.id),
                attempted_at=clock(),
                thread=claimed.thread,
                reached=delivery.reached,
                unwanted=claimed.unwanted,
            )
        )
    elif claimed.digest is not None:
        said = digest_announcement(claimed.digest, public_url)
        verdict = await channel.announce(
            Bulletin(delivery.id, said, clock(), delivery.reached, claimed.unwanted)
        )
    elif claimed.announcement is not None:
        verdict = await channel.announce(
            Bulletin(
                delivery.id,
                claimed.announcement,
                clock(),
                delivery.reached,
                claimed.unwanted,
                claimed.thread,
            )
        )
    else:
        verdict = Verdict(Outcome.PERMANENT, "what it was about is not stored any more")
    settlement = settle(claimed, verdict, policy=policy, now=clock(), jitter=draw())
    report = log.info if verdict.outcome is Outcome.DELIVERED else log.warning
    report(
        "delivery_attempted",
        delivery=delivery.id,
        channel=delivery.channel,
        attempt=claimed.attempt,
        outcome=verdict.outcome.value,
        detail=verdict.detail,
    )
    return settlement


def settle(
    claimed: Claimed, verdict: Verdict, *, policy: RetryPolicy, now: datetime, jitter: float
) -> Settlement:
    """Pure: a verdict becomes a final state or the time of the next attempt.

    Giving up counts from when the delivery was made or last put back by hand. A wait that the
    receiver asks for is honoured up to the time after which we give up.
    """
    if verdict.outcome is Outcome.DELIVERED:
        return Settlement(claimed, verdict, DeliveryState.DELIVERED, None)
    since = claimed.delivery.replayed or claimed.delivery.created or now
    if verdict.outcome in (Outcome.PERMANENT, Outcome.GONE) or policy.exhausted(since, now):
        return Settlement(claimed, verdict, DeliveryState.EXHAUSTED, None)
    wait = policy.wait(claimed.attempt, jitter)
    if verdict.retry_after is not None:
        wait = max(wait, min(verdict.retry_after, policy.give_up_after))
    return Settlement(claimed, verdict, DeliveryState.PENDING, now + wait)


# ── sweep ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Overdue:
    """What the database still owes and no message in the queue may be carrying."""

    items: list[str]
    deliveries: list[Owed]


def sweep(
    store: Store,
    *,
    now: datetime,
    items_after: timedelta,
    deliveries_after: timedelta,
    limit: int = 5_000,
) -> Overdue:
    """Find what is owed and has been in its queue for longer than it can have been waiting."""
    return Overdue(
        items=store.overdue_items(now, queued_before=now - items_after, limit=limit),
        deliveries=[
            Owed(channel, delivery_id)
            for delivery_id, channel in store.overdue_deliveries(
                now, queued_before=now - deliveries_after, limit=limit
            )
        ],
    )
