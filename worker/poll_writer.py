"""Writes what polls brought in groups: one transaction for all that ended since the last one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from worker.domain.feed import Polled
from worker.store import Store, StoreUnavailable

_MOST_POLLS = 64
# Of first polls fewer are written at once: memory, and how long others wait to write.
_MOST_ARRIVALS = 500


class PollWriter:
    """Stores polls for `owner`, who holds their leases. For one event loop.

    `ops_channels` are told of what a poll changed for good.
    """

    def __init__(self, store: Store, owner: str, ops_channels: Sequence[str] = ()) -> None:
        self._store = store
        self._owner = owner
        self._ops_channels = ops_channels
        self._waiting: list[tuple[Polled, asyncio.Future[list[str]]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def keep(self, polled: Polled) -> list[str]:
        """Store one poll; the ids of its items that were not known. Raises `StoreError`."""
        stored: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        self._waiting.append((polled, stored))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await stored

    async def _write(self) -> None:
        while self._waiting:
            size = _group(self._waiting)
            group, self._waiting = self._waiting[:size], self._waiting[size:]
            try:
                new = await self._store_all([polled for polled, _ in group])
            except StoreUnavailable as error:
                for _, stored in group:
                    _fail(stored, error)
            except Exception:
                # One of them cannot be stored; the others must not go down with it.
                await self._write_one_by_one(group)
            else:
                for (_, stored), ids in zip(group, new, strict=True):
                    if not stored.done():
                        stored.set_result(ids)

    async def _write_one_by_one(
        self, group: list[tuple[Polled, asyncio.Future[list[str]]]]
    ) -> None:
        for polled, stored in group:
            try:
                [ids] = await self._store_all([polled])
            except Exception as error:
                _fail(stored, error)
            else:
                if not stored.done():
                    stored.set_result(ids)

    async def _store_all(self, polled: list[Polled]) -> list[list[str]]:
        return await asyncio.to_thread(
            self._store.store_polls, self._owner, polled, self._ops_channels
        )


def _group(waiting: Sequence[tuple[Polled, object]]) -> int:
    """How many of those that wait are written together, at least one."""
    arrivals = 0
    for size, (polled, _) in enumerate(waiting[:_MOST_POLLS]):
        arrivals += len(polled.arrivals)
        if arrivals > _MOST_ARRIVALS:
            return max(size, 1)
    return min(len(waiting), _MOST_POLLS)


def _fail(stored: asyncio.Future[list[str]], error: Exception) -> None:
    if not stored.done():
        stored.set_exception(error)
