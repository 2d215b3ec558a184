"""The loop of a poller over a real store, with a fetcher that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from worker import polling
from worker.domain.feed import Feed, FeedState, Fetched, PollResult, host_of
from worker.domain.item import Entry
from worker.polling import Polling
from worker.store import Store, StoreUnavailable


def now() -> datetime:
    return datetime.now(UTC)


def feed(name: str, host: str = "127.0.0.1") -> Feed:
    return Feed(f"feed_{name}", f"http://{host}/{name}", name, timedelta(hours=1))


@dataclass
class Fetcher:
    """Notes who is asked; `hold` keeps a poll under way until it is set."""

    hold: asyncio.Event | None = None
    began: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    fault: Exception | None = None

    async def fetch(self, feed: Feed, state: FeedState) -> Fetched:
        self.began.append(feed.name)
        if self.hold is not None:
            await self.hold.wait()
        if self.fault is not None:
            raise self.fault
        self.ended.append(feed.name)
        return Fetched(PollResult.NEW, (Entry(feed.name, "Text", guid=feed.name),), 200)


def poller(store: Store, fetcher: Fetcher, owner: str = "p1", **more: object) -> Polling:
    known: dict[str, object] = {
        "count": lambda name, by: None,
        "enqueue": lambda ids: None,
        "headers": {},
        **more,
    }
    return Polling(store=store, fetcher=fetcher, owner=owner, clock=now, **known)  # type: ignore[arg-type]


async def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what is waited for knows nothing of us
            await asyncio.sleep(0.01)


@contextmanager
def quick_leases(monkeypatch: pytest.MonkeyPatch, lease: float, renew: float) -> Iterator[None]:
    monkeypatch.setattr(polling, "LEASE", timedelta(seconds=lease))
    monkeypatch.setattr(polling, "RENEW_EVERY", renew)
    yield


async def test_due_feeds_are_polled_stored_and_handed_on(sqlite_store: Store) -> None:
    feeds = [feed("a"), feed("b"), feed("c", "127.0.0.2")]
    sqlite_store.sync_feeds(feeds, now())
    fetcher, queued, stop = Fetcher(), list[str](), asyncio.Event()
    headers: dict[str, dict[str, str]] = {"feed_a": {"Authorization": "x"}}
    loop = poller(sqlite_store, fetcher, enqueue=queued.extend, headers=headers)
    running = asyncio.create_task(loop.until(stop))
    await until(lambda: len(queued) == 3)
    stop.set()
    await running
    assert sorted(fetcher.ended) == ["a", "b", "c"]
    assert all(state.last_success_at for _, state in sqlite_store.feeds())


async def test_feeds_of_one_host_wait_for_one_another(sqlite_store: Store) -> None:
    sqlite_store.sync_feeds([feed("a"), feed("b"), feed("c", "127.0.0.2")], now())
    fetcher, stop = Fetcher(asyncio.Event()), asyncio.Event()
    running = asyncio.create_task(poller(sqlite_store, fetcher).until(stop))
    await until(lambda: len(fetcher.began) == 2)
    await asyncio.sleep(0.2)
    assert sorted(fetcher.began) == ["a", "c"]
    assert fetcher.hold is not None
    fetcher.hold.set()
    await until(lambda: len(fetcher.ended) == 3)
    stop.set()
    await running


async def test_a_long_poll_keeps_its_lease(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with quick_leases(monkeypatch, lease=3, renew=0.2):
        sqlite_store.sync_feeds([feed("a")], now())
        slow, other, stop = Fetcher(asyncio.Event()), Fetcher(), asyncio.Event()
        running = asyncio.create_task(poller(sqlite_store, slow, "p1").until(stop))
        await until(lambda: slow.began == ["a"])
        beside = asyncio.create_task(poller(sqlite_store, other, "p2").until(stop))
        await asyncio.sleep(4)
        assert (slow.began, other.began) == (["a"], [])
        assert slow.hold is not None
        slow.hold.set()
        await until(lambda: slow.ended == ["a"])
        stop.set()
        await asyncio.gather(running, beside)
        assert other.began == []


async def test_what_a_dead_poller_had_is_polled_by_another(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with quick_leases(monkeypatch, lease=1.5, renew=0.2):
        sqlite_store.sync_feeds([feed("a")], now())
        dead = sqlite_store.claim_due_feeds(now(), limit=1, lease=polling.LEASE, owner="poller@a:1")
        assert len(dead) == 1
        fetcher, stop = Fetcher(), asyncio.Event()
        running = asyncio.create_task(poller(sqlite_store, fetcher, "poller@b:1").until(stop))
        await until(lambda: fetcher.ended == ["a"])
        stop.set()
        await running


async def test_a_poller_of_the_same_name_takes_over_at_once(sqlite_store: Store) -> None:
    sqlite_store.sync_feeds([feed("a")], now())
    hour = timedelta(hours=1)
    assert sqlite_store.claim_due_feeds(now(), limit=1, lease=hour, owner="poller@pod:1")
    fetcher, stop = Fetcher(), asyncio.Event()
    running = asyncio.create_task(poller(sqlite_store, fetcher, "poller@pod:1").until(stop))
    await until(lambda: fetcher.ended == ["a"])
    stop.set()
    await running


async def test_who_cannot_renew_lets_go_in_time(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with quick_leases(monkeypatch, lease=2, renew=0.2):
        sqlite_store.sync_feeds([feed("a")], now())
        fetcher, stop = Fetcher(asyncio.Event()), asyncio.Event()
        loop = poller(sqlite_store, fetcher)

        def away(*_: object) -> int:
            raise StoreUnavailable("away")

        monkeypatch.setattr(sqlite_store, "renew_polls", away)
        claimed = asyncio.get_running_loop().time()
        with capture_logs() as logs:
            running = asyncio.create_task(loop.until(stop))
            await until(lambda: fetcher.began == ["a"])
            await until(lambda: any(line["event"] == "polls_let_go" for line in logs))
        assert asyncio.get_running_loop().time() - claimed < 60
        assert fetcher.ended == []
        # It is polled again, since it is still due.
        await until(lambda: len(fetcher.began) >= 2)
        assert fetcher.hold is not None
        fetcher.hold.set()
        stop.set()
        await running


async def test_a_poll_that_crashes_is_not_tried_again_at_once(sqlite_store: Store) -> None:
    sqlite_store.sync_feeds([feed("a")], now())
    fetcher, stop = Fetcher(fault=RuntimeError("x")), asyncio.Event()
    counted: list[str] = []
    loop = poller(sqlite_store, fetcher, count=lambda name, by: counted.append(name))
    running = asyncio.create_task(loop.until(stop))
    await until(lambda: counted == ["polls_crashed"])
    await asyncio.sleep(0.5)
    assert fetcher.began == ["a"]
    stop.set()
    await running


async def test_one_poll_that_cannot_be_stored_spoils_no_other(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from worker.domain.feed import Polled
    from worker.poll_writer import PollWriter

    feeds = [feed("a"), feed("b", "127.0.0.2")]
    sqlite_store.sync_feeds(feeds, now())
    sqlite_store.claim_due_feeds(now(), limit=2, lease=timedelta(minutes=1), owner="p1")
    writer = PollWriter(sqlite_store, "p1")
    good, bad = (
        Polled(one, FeedState(one.id, next_poll_at=now() + timedelta(hours=1)), (), now())
        for one in feeds
    )
    naive = replace(bad.state, next_poll_at=datetime(2026, 1, 1))
    results = await asyncio.gather(
        writer.keep(good), writer.keep(replace(bad, state=naive)), return_exceptions=True
    )
    assert results[0] == []
    assert isinstance(results[1], Exception)


async def test_four_pollers_never_ask_a_host_two_things_at_a_time(sqlite_store: Store) -> None:
    feeds = [feed(f"f{n}", f"127.0.0.{n % 3 + 1}") for n in range(24)]
    sqlite_store.sync_feeds(feeds, now())
    busy: dict[str, int] = {}
    polled: list[str] = []
    most = 0

    class Counting:
        async def fetch(self, feed: Feed, state: FeedState) -> Fetched:
            nonlocal most
            host = host_of(feed.url)
            busy[host] = busy.get(host, 0) + 1
            most = max(most, busy[host])
            await asyncio.sleep(0.02)
            busy[host] -= 1
            polled.append(feed.name)
            return Fetched(PollResult.UNCHANGED, status_code=304, etag="x", body_hash="h")

    stop = asyncio.Event()
    running = [
        asyncio.create_task(poller(sqlite_store, Counting(), f"p{n}").until(stop))  # type: ignore[arg-type]
        for n in range(4)
    ]
    await until(lambda: len(polled) == len(feeds), 60)
    stop.set()
    await asyncio.gather(*running)
    assert most == 1
    assert sorted(polled) == sorted(feed.name for feed in feeds)
