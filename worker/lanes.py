"""The delivery engine of one process: a lane a channel, so that a slow endpoint slows no other.

A lane holds ids that the queue has brought and sends a few at a time. It claims a delivery in the
database only when there is room to send it at once, so a lease never runs while its delivery
waits behind a slow neighbour. A lane that is full drops what comes: the database still owes it
and the sweep brings it back. Settlements are written in groups, one transaction for all that
have come in while the one before was being written.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from worker.domain.delivery import Claimed, Settlement
from worker.pipeline import Clock
from worker.store import Store, StoreUnavailable

log = structlog.get_logger(__name__)

LANE_LENGTH = 5_000


@dataclass(slots=True)
class _Lane:
    """What waits for one channel (ordered, without doubles) and what is being sent."""

    width: int
    waiting: OrderedDict[str, None] = field(default_factory=OrderedDict)
    sending: set[asyncio.Task[None]] = field(default_factory=set)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    runner: asyncio.Task[None] | None = None

    def sent(self, task: asyncio.Task[None]) -> None:
        """There is room again."""
        self.sending.discard(task)
        self.wake.set()


class Lanes:
    """Sends the deliveries that `offer` brings, `width(channel)` at a time for each channel.

    `lease` has to be longer than the longest attempt. All methods belong to one event loop.
    """

    def __init__(
        self,
        store: Store,
        deliver: Callable[[Claimed], Awaitable[Settlement]],
        *,
        width: Callable[[str], int],
        lease: timedelta,
        clock: Clock,
    ) -> None:
        self._store = store
        self._deliver = deliver
        self._width = width
        self._lease = lease
        self._clock = clock
        self._lanes: dict[str, _Lane] = {}
        self._settled: list[Settlement] = []
        self._settling = asyncio.Lock()
        self._closing = False

    def offer(self, channel: str, delivery_ids: Iterable[str]) -> None:
        """Take ids into the channel's lane; known ones stay where they are, too many are left."""
        if self._closing:
            return
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
        """Start nothing more, give what is under way `grace` seconds, and hand back the rest."""
        self._closing = True
        for lane in self._lanes.values():
            lane.waiting.clear()
            lane.wake.set()
        sending = {task for lane in self._lanes.values() for task in lane.sending}
        if sending:
            _, late = await asyncio.wait(sending, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        runners = [lane.runner for lane in self._lanes.values() if lane.runner is not None]
        for runner in runners:
            runner.cancel()
        await asyncio.gather(*runners, return_exceptions=True)

    async def _run(self, channel: str, lane: _Lane) -> None:
        while not self._closing:
            room = lane.width - len(lane.sending)
            if not lane.waiting or room <= 0:
                lane.wake.clear()
                await lane.wake.wait()
                continue
            ids = [lane.waiting.popitem(last=False)[0] for _ in range(min(room, len(lane.waiting)))]
            for claimed in await self._claim(channel, ids):
                task = asyncio.create_task(self._send(claimed))
                lane.sending.add(task)
                task.add_done_callback(lane.sent)

    async def _claim(self, channel: str, ids: Sequence[str]) -> list[Claimed]:
        try:
            return await asyncio.to_thread(
                self._store.claim_deliveries,
                self._clock(),
                lease=self._lease,
                limit=len(ids),
                ids=ids,
            )
        except StoreUnavailable as error:
            log.warning("claim_failed", channel=channel, deliveries=len(ids), error=str(error))
            return []
        except Exception:
            # The lane must outlive a fault of ours; the sweep brings the ids back.
            log.exception("claim_failed", channel=channel, deliveries=len(ids))
            return []

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
        await self._settle(settlement)

    async def _hand_back(self, claimed: Claimed) -> None:
        try:
            await asyncio.to_thread(self._store.release, claimed, self._clock())
        except StoreUnavailable as error:
            log.warning("release_failed", delivery=claimed.delivery.id, error=str(error))

    async def _settle(self, settlement: Settlement) -> None:
        """Queue a settlement and write all that are queued, unless another has done it."""
        self._settled.append(settlement)
        async with self._settling:
            group, self._settled = self._settled, []
            if not group:
                return
            try:
                await asyncio.to_thread(self._store.settle_many, group, self._clock())
            except StoreUnavailable as error:
                # Unsettled, these go out again with the same id when their leases have run out.
                log.warning("settle_failed", deliveries=len(group), error=str(error))
