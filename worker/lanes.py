"""The delivery engine of one process: a lane a channel, so that a slow endpoint slows no other.

A lane holds ids that the queue has brought and sends a few at a time. It claims a delivery in the
database only when there is room to send it at once, so a lease never runs while its delivery
waits behind a slow neighbour. A lane that is full drops what comes: the database still owes it
and the sweep brings it back. Settlements are written in groups, one transaction for all that
have come in while the one before was being written, and are kept until the database takes them:
a message that has arrived must not go out again because the database was away for a moment.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from worker.domain.circuit import BreakerPolicy, Terms
from worker.domain.delivery import Claimed, Claims, Settlement
from worker.pipeline import Clock
from worker.store import DEFAULT_BREAKER, NO_TERMS, Store, StoreUnavailable

log = structlog.get_logger(__name__)

T = TypeVar("T")

# Retries within this time are kept in mind; later ones are left to the sweep.
SOON = timedelta(minutes=2)
LANE_LENGTH = 5_000
# How often to ask again for an id that was not granted, and after how many seconds, growing.
ASK_AGAIN, ASK_AGAIN_AFTER = 3, 0.5

# How long to leave a database alone that is away, growing from the first to the last.
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
# Calls of the store at the same time. Threads of our own: name look-ups of the channels use the
# loop's, and a slow name server must not keep us from the database.
STORE_THREADS = 4


@dataclass(slots=True)
class _Lane:
    """What waits for one channel (ordered, without doubles) and what is being sent.

    `answered` counts what has been sent and is not settled in the database yet, `blocked` how
    often each id was asked for in vain.
    """

    width: int
    waiting: OrderedDict[str, None] = field(default_factory=OrderedDict)
    sending: set[asyncio.Task[None]] = field(default_factory=set)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    runner: asyncio.Task[None] | None = None
    rests_until: datetime | None = None
    answered: int = 0
    blocked: dict[str, int] = field(default_factory=dict)

    def sent(self, task: asyncio.Task[None]) -> None:
        """There is room again."""
        self.sending.discard(task)
        self.wake.set()


class Lanes:
    """Sends the deliveries that `offer` brings, `width(channel)` at a time for each channel.

    `lease` has to be longer than the longest attempt. `terms` and `breaker` hold for all workers
    together: the store sees to them, and says when a channel has room again. All methods belong
    to one event loop.
    """

    def __init__(
        self,
        store: Store,
        deliver: Callable[[Claimed], Awaitable[Settlement]],
        *,
        width: Callable[[str], int],
        lease: timedelta,
        clock: Clock,
        terms: Callable[[str], Terms] = lambda channel: NO_TERMS,
        breaker: BreakerPolicy = DEFAULT_BREAKER,
    ) -> None:
        self._store = store
        self._deliver = deliver
        self._width = width
        self._lease = lease
        self._clock = clock
        self._terms = terms
        self._breaker = breaker
        self._lanes: dict[str, _Lane] = {}
        self._settled: list[Settlement] = []
        self._to_settle = asyncio.Event()
        self._settler: asyncio.Task[None] | None = None
        self._threads = ThreadPoolExecutor(STORE_THREADS, thread_name_prefix="lanes-store")
        self._closing = asyncio.Event()

    def offer(self, channel: str, delivery_ids: Iterable[str]) -> None:
        """Take ids into the channel's lane; known ones stay where they are, too many are left."""
        if self._closing.is_set():
            return
        if self._settler is None:
            self._settler = asyncio.create_task(self._write_settlements())
        lane = self._lanes.get(channel)
        if lane is None:
            lane = self._lanes[channel] = _Lane(width=max(1, self._width(channel)))
        for delivery_id in delivery_ids:
            if len(lane.waiting) >= LANE_LENGTH:
                break
            lane.waiting.setdefault(delivery_id)
        if lane.runner is None or lane.runner.done():
            lane.runner = asyncio.create_task(self._run(channel, lane))
        lane.wake.set()

    async def close(self, grace: float) -> None:
        """Start nothing more, give what is under way `grace` seconds, and hand back the rest.

        Settlements that the database does not take within another second go out again later.
        """
        self._closing.set()
        for lane in self._lanes.values():
            lane.waiting.clear()
            lane.wake.set()
        # A runner ends by itself; one that is claiming hands back what it gets.
        runners = {lane.runner for lane in self._lanes.values() if lane.runner is not None}
        sending = {task for lane in self._lanes.values() for task in lane.sending}
        await _finish(runners | sending, grace)
        self._to_settle.set()
        if self._settler is not None:
            await _finish({self._settler}, 1.0)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, channel: str, lane: _Lane) -> None:
        pause = FIRST_PAUSE
        while not self._closing.is_set():
            room = lane.width - len(lane.sending)
            if not lane.waiting or room <= 0:
                lane.wake.clear()
                await lane.wake.wait()
                continue
            if lane.rests_until is not None:
                await self._pause((lane.rests_until - self._clock()).total_seconds())
                lane.rests_until = None
                continue
            ids = [lane.waiting.popitem(last=False)[0] for _ in range(min(room, len(lane.waiting)))]
            try:
                claims = await self._claim(ids, lane.answered)
            except StoreUnavailable as error:
                log.warning("claim_failed", channel=channel, error=str(error), retry_in=pause)
                for delivery_id in reversed(ids):
                    lane.waiting[delivery_id] = None
                    lane.waiting.move_to_end(delivery_id, last=False)
                await self._pause(pause)
                pause = min(LONGEST_PAUSE, pause * 2)
                continue
            except Exception:
                # The lane must outlive a fault of ours; the sweep brings the ids back.
                log.exception("claim_failed", channel=channel, deliveries=len(ids))
                continue
            pause = FIRST_PAUSE
            self._put_off(channel, lane, ids, claims)
            for claimed in claims:
                if self._closing.is_set():
                    await self._hand_back(claimed)
                    continue
                task = asyncio.create_task(self._send(claimed))
                lane.sending.add(task)
                task.add_done_callback(lane.sent)

    def _put_off(self, channel: str, lane: _Lane, ids: Sequence[str], claims: Claims) -> None:
        """Keep what the channel has no room for now; when that is not soon, leave it to the sweep.

        What was not granted at all is somebody else's, or has to wait for an earlier message of
        its story: it is asked for again when something of this lane has been settled, and a few
        times in between, since another process may be sending what it waits for.
        """
        granted = {claimed.delivery.id for claimed in claims}
        for delivery_id in ids:
            if delivery_id in granted or delivery_id in claims.later:
                lane.blocked.pop(delivery_id, None)
            elif delivery_id not in lane.blocked:
                lane.blocked[delivery_id] = 0
                self._ask_again_later(channel, delivery_id)
        if not claims.later:
            return
        lane.rests_until = min(claims.later.values())
        if lane.rests_until - self._clock() > SOON:
            lane.waiting.clear()
            lane.rests_until = None
            return
        for delivery_id in reversed(claims.later):
            lane.waiting[delivery_id] = None
            lane.waiting.move_to_end(delivery_id, last=False)

    def _ask_again_later(self, channel: str, delivery_id: str) -> None:
        lane = self._lanes[channel]

        def ask() -> None:
            if delivery_id not in lane.blocked:
                return
            lane.blocked[delivery_id] += 1
            if lane.blocked[delivery_id] > ASK_AGAIN:
                del lane.blocked[delivery_id]
                return
            self.offer(channel, [delivery_id])
            self._ask_again_later(channel, delivery_id)

        pause = ASK_AGAIN_AFTER * (1 + lane.blocked[delivery_id])
        asyncio.get_running_loop().call_later(pause, ask)

    async def _in_thread(self, call: Callable[..., T], *args: object, **named: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: call(*args, **named))

    async def _claim(self, ids: Sequence[str], answered: int) -> Claims:
        return await self._in_thread(
            self._store.claim_deliveries,
            self._clock(),
            lease=self._lease,
            limit=len(ids),
            ids=ids,
            terms=self._terms,
            answered=answered,
        )

    async def _pause(self, seconds: float) -> None:
        """Wait, but not when everything is to end."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), max(0.0, seconds))

    async def _send(self, claimed: Claimed) -> None:
        try:
            settlement = await self._deliver(claimed)
        except asyncio.CancelledError:
            await asyncio.shield(self._hand_back(claimed))
            raise
        except Exception:
            # The lease runs out by itself and the sweep tries again.
            log.exception("delivery_failed", delivery=claimed.delivery.id)
            return
        self._settled.append(settlement)
        self._lanes[claimed.delivery.channel].answered += 1
        self._to_settle.set()

    async def _hand_back(self, claimed: Claimed) -> None:
        try:
            await self._in_thread(self._store.release, claimed, self._clock())
        except StoreUnavailable as error:
            log.warning("release_failed", delivery=claimed.delivery.id, error=str(error))
        except Exception:
            log.exception("release_failed", delivery=claimed.delivery.id)

    async def _write_settlements(self) -> None:
        """Write what has been settled, as long as anything may come."""
        pause = FIRST_PAUSE
        while self._settled or not self._closing.is_set() or self._under_way():
            if not self._settled:
                self._to_settle.clear()
                await self._to_settle.wait()
                continue
            group, self._settled = self._settled, []
            try:
                await self._settle(group)
                pause = FIRST_PAUSE
                self._remember_retries(group)
                self._take_up_the_blocked(group)
            except StoreUnavailable as error:
                log.warning(
                    "settle_failed", deliveries=len(group), error=str(error), retry_in=pause
                )
                self._settled = group + self._settled
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)
            except Exception:
                await self._settle_one_by_one(group)

    async def _settle(self, group: Sequence[Settlement]) -> None:
        await self._in_thread(self._store.settle_many, group, self._clock(), self._breaker)
        for settlement in group:
            self._lanes[settlement.claimed.delivery.channel].answered -= 1

    def _take_up_the_blocked(self, group: Sequence[Settlement]) -> None:
        """What could not be claimed may have waited for one of these; the sweep knows it too."""
        for channel in {settlement.claimed.delivery.channel for settlement in group}:
            lane = self._lanes[channel]
            if lane.blocked:
                self.offer(channel, list(lane.blocked))

    def _remember_retries(self, group: Sequence[Settlement]) -> None:
        """Come back to a retry that is due soon to the second; the sweep would do it, later."""
        now = self._clock()
        for settlement in group:
            due = settlement.next_attempt_at
            if due is None or due - now > SOON:
                continue
            delivery = settlement.claimed.delivery
            asyncio.get_running_loop().call_later(
                max(0.0, (due - now).total_seconds()), self.offer, delivery.channel, [delivery.id]
            )

    def _under_way(self) -> bool:
        return any(lane.sending for lane in self._lanes.values())

    async def _settle_one_by_one(self, group: Sequence[Settlement]) -> None:
        """One settlement that the database refuses must not take the others along."""
        for settlement in group:
            try:
                await self._settle([settlement])
            except StoreUnavailable:
                self._settled.append(settlement)
            except Exception:
                self._lanes[settlement.claimed.delivery.channel].answered -= 1
                # Its lease runs out and it goes out again with the same id.
                log.exception("settle_failed", delivery=settlement.claimed.delivery.id)


async def _finish(tasks: Iterable[asyncio.Task[None]], within: float) -> None:
    """Wait for tasks to end by themselves, then cancel what is left and wait for that."""
    pending = set(tasks)
    if pending:
        _, late = await asyncio.wait(pending, timeout=within)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
