"""How polls that end together are written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest

from tests.support.factories import NOW, make_item
from worker.domain.feed import Feed, FeedState, Polled
from worker.domain.item import Arrival
from worker.poll_writer import PollWriter
from worker.store import Store, StoreUnavailable


@dataclass
class Fake:
    groups: list[int] = field(default_factory=list)
    fault: Exception | None = None

    def store_polls(
        self, owner: str, polled: Sequence[Polled], ops_channels: Sequence[str]
    ) -> list[list[str]]:
        assert (owner, ops_channels) == ("p1", ["desk"])
        if self.fault is not None:
            raise self.fault
        self.groups.append(len(polled))
        return [[arrival.item.id for arrival in one.arrivals] for one in polled]


def polled(number: int, arrivals: int) -> Polled:
    feed = Feed(f"feed_{number}", f"https://{number}.example/", str(number))
    items = (make_item(title=f"{number}/{at}") for at in range(arrivals))
    return Polled(feed, FeedState(feed.id), tuple(map(Arrival, items)), NOW)


async def write(fake: Fake, polls: Sequence[Polled]) -> list[list[str]]:
    writer = PollWriter(cast(Store, fake), "p1", ["desk"])
    return await asyncio.gather(*(writer.keep(one) for one in polls))


async def test_what_ends_together_is_written_together_and_each_gets_its_own() -> None:
    fake, polls = Fake(), [polled(number, number % 3) for number in range(100)]
    stored = await write(fake, polls)
    assert stored == [[a.item.id for a in one.arrivals] for one in polls]
    assert fake.groups == [64, 36]


async def test_many_arrivals_share_fewer_transactions_than_they_have_polls() -> None:
    fake = Fake()
    await write(fake, [polled(number, size) for number, size in enumerate([200, 200, 200, 900, 1])])
    assert fake.groups == [2, 1, 1, 1]


async def test_a_store_that_is_away_fails_them_all() -> None:
    fake = Fake(fault=StoreUnavailable("away"))
    with pytest.raises(StoreUnavailable):
        await write(fake, [polled(1, 1), polled(2, 1)])
