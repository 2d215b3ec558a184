"""How an origin sees us: a scripted server, and what it was asked over many polls."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import brotli  # type: ignore[import-untyped]
import pytest

from tests.support.feeds import item, rss
from tests.support.origin import Asked, Origin, Reply
from tests.support.polls import polls
from worker.domain.feed import FeedStatus, Move
from worker.net import decode
from worker.store import Store

GOOD = rss(item(title="Renault", link="/n/1", guid="1"))
MINUTE = timedelta(minutes=1)


def conditional(body: bytes, etag: str) -> Callable[[Asked], Reply]:
    def reply(asked: Asked) -> Reply:
        if asked.raw("if-none-match") == etag.encode():
            return Reply(304, headers={"ETag": etag})
        return Reply(200, body, {"ETag": etag})

    return reply


async def test_an_etag_that_rotates_is_followed(server: Origin, sqlite_store: Store) -> None:
    script = [
        Reply(200, GOOD, {"ETag": '"1"', "Last-Modified": "Mon, 2 Jan 2023 10:00:00 GMT"}),
        Reply(304, headers={"ETag": 'W/"2"'}),
        Reply(200, GOOD, {"ETag": "3 unquoted"}),
        Reply(304, headers={"ETag": '"4"'}),
        Reply(304),
    ]
    async with polls(sqlite_store) as ours:
        ours.watch([server.on("/rss", script)])
        await ours.run()
        for _ in script[1:]:
            await ours.again()
    assert [one.raw("if-none-match") for one in server.asked] == [
        None,
        b'"1"',
        b'W/"2"',
        b"3 unquoted",
        b'"4"',
    ]
    dates = [one.raw("if-modified-since") for one in server.asked]
    # The third answer, a whole document, came without a date.
    assert dates == [None, *[b"Mon, 2 Jan 2023 10:00:00 GMT"] * 2, None, None]


async def test_two_hundred_feeds_are_304_after_a_restart(
    server: Origin, sqlite_store: Store
) -> None:
    urls = [
        server.on(f"/{n}", conditional(rss(item(title=f"n{n}", guid=f"{n}")), f'"{n}"'))
        for n in range(200)
    ]
    async with polls(sqlite_store) as before:
        before.watch(urls)
        assert await before.run() == 200
    async with polls(sqlite_store) as after:
        after.watch(urls)  # as every start does
        assert await after.later(5 * MINUTE) == 200
    for n in range(200):
        first, second = server.asked_for(f"/{n}")
        assert first.raw("if-none-match") is None
        assert second.raw("if-none-match") == f'"{n}"'.encode()
    assert all(state.not_modified == 1 for _, state in sqlite_store.feeds())


async def test_a_move_is_saved_after_three_polls_and_the_old_address_left_alone(
    server: Origin, sqlite_store: Store
) -> None:
    old = server.on("/old", Reply(301, headers={"Location": "/new"}))
    new = server.on("/new", conditional(GOOD, '"1"'))
    async with polls(sqlite_store) as ours:
        ours.watch([old])
        for expected in (1, 2, 3, 3, 3):
            await ours.again()
            assert len(server.asked_for("/old")) == expected
        assert len(server.asked_for("/new")) == 5
        assert ours.state(old).move == Move(address=new)
        [entry] = sqlite_store.audit_log(5)
        assert (entry.actor, entry.action) == ("poller", "move_feed")
        feed_id = entry.target
        assert sqlite_store.take_back_move(feed_id) == new
        for _ in range(4):
            await ours.again()
        assert len(server.asked_for("/old")) == 7
        assert ours.state(old).move.address is None


async def test_a_temporary_redirect_is_never_saved(server: Origin, sqlite_store: Store) -> None:
    old = server.on("/old", Reply(302, headers={"Location": "/new"}))
    server.on("/new", Reply(200, GOOD))
    async with polls(sqlite_store) as ours:
        ours.watch([old])
        for _ in range(5):
            await ours.again()
        assert ours.state(old).move == Move()
    assert len(server.asked_for("/old")) == 5


async def test_a_feed_that_is_gone_is_never_asked_again(
    server: Origin, sqlite_store: Store
) -> None:
    url = server.on("/rss", [Reply(200, GOOD), Reply(410)])
    async with polls(sqlite_store) as ours:
        ours.watch([url])
        for _ in range(4):
            await ours.again()
        ours.watch([url])
        await ours.later(timedelta(days=400))
        assert ours.state(url).status is FeedStatus.GONE
    assert len(server.asked) == 2
    [entry] = sqlite_store.audit_log(5)
    assert entry.action == "retire_feed"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_a_busy_host_is_left_alone_with_all_its_feeds(
    status: int, form: str, server: Origin, sqlite_store: Store
) -> None:
    date = format_datetime(datetime.now(UTC) + 10 * MINUTE, usegmt=True)
    wait = "600" if form == "seconds" else date
    busy = server.on("/busy", [Reply(status, headers={"Retry-After": wait}), Reply(200, GOOD)])
    others = [server.on(f"/{n}", Reply(200, GOOD)) for n in range(5)]
    async with polls(sqlite_store) as ours:
        ours.watch([busy, *others])
        await ours.run()
        at_first = len(server.asked)
        assert len(server.asked_for("/busy")) == 1
        # Feeds that came before it in the round had their turn; nobody after it.
        for minutes in (3, 3, 3):
            assert await ours.later(minutes * MINUTE) == 0
        assert await ours.again() == 0
        assert len(server.asked) == at_first
        assert await ours.later(2 * MINUTE) == 6
        assert "Retry-After" not in ours.state(busy).next_poll_reason


async def test_an_eternal_304_is_asked_for_everything_now_and_then(
    server: Origin, sqlite_store: Store
) -> None:
    def eternal(asked: Asked) -> Reply:
        if asked.raw("if-none-match"):
            return Reply(304)
        return Reply(200, rss(item(title=f"n{len(server.asked)}", guid="x")), {"ETag": '"1"'})

    async with polls(sqlite_store) as ours:
        ours.watch([server.on("/rss", eternal)])
        await ours.run()
        for _ in range(203):
            await ours.again()
        whole = [n for n, one in enumerate(server.asked) if one.raw("if-none-match") is None]
        assert whole == [0, 101, 202]
        assert server.asked[101].raw("cache-control") == b"no-cache"
        assert server.asked[100].raw("cache-control") is None
        await ours.later(timedelta(days=1))
    assert server.asked[-1].raw("if-none-match") is None


async def test_errors_put_polls_off_and_never_end_them(server: Origin, sqlite_store: Store) -> None:
    url = server.on("/rss", [*[Reply(500)] * 30, Reply(200, GOOD)])
    async with polls(sqlite_store) as ours:
        ours.watch([url])
        await ours.run()
        waits = []
        while len(server.asked) < 31:
            state = ours.state(url)
            assert state.next_poll_at is not None
            waits.append(state.next_poll_at - ours.now)
            await ours.later(waits[-1])
        assert waits[0] < 3 * MINUTE
        assert all(wait <= timedelta(minutes=66) for wait in waits)
        assert ours.state(url).failures == 0
        assert ours.state(url).status is FeedStatus.ACTIVE


async def test_a_byte_now_and_then_dies_on_time(server: Origin, sqlite_store: Store) -> None:
    url = server.on("/rss", Reply(200, GOOD * 50, drip=0.05))
    async with polls(sqlite_store, timeout=1) as ours:
        ours.watch([url])
        began = time.monotonic()
        await ours.run()
        assert time.monotonic() - began < 15
        state = ours.state(url)
    assert state.last_error is not None
    assert "took longer than 1 s" in state.last_error
    assert state.next_poll_at is not None


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: brotli.compress(data, quality=3),
    "zstd": lambda data: decode._zstd.compress(data),
}


@pytest.mark.parametrize("coding", PACKED)
async def test_bombs_cost_one_line_and_what_fits_is_read(
    coding: str, server: Origin, sqlite_store: Store
) -> None:
    head = {"Content-Encoding": coding}
    bomb = PACKED[coding](GOOD[:60] + b" " * (11 * 1024 * 1024))
    large = PACKED[coding](GOOD[:22] + b" " * (9 * 1024 * 1024) + GOOD[22:])
    urls = [
        server.on("/bomb", Reply(200, bomb, head)),
        server.on("/large", Reply(200, large, head)),
    ]
    async with polls(sqlite_store) as ours:
        ours.watch(urls)
        await ours.run()
        error = ours.state(urls[0]).last_error
        assert error is not None
        assert "sent more than 10 MiB" in error
        assert ours.state(urls[1]).last_error is None
    asked = server.asked[0].raw("accept-encoding")
    assert asked is not None
    assert coding.encode() in asked
