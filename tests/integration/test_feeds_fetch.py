from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.support.feeds import item, rss
from tests.support.origin import Asked, Origin, Reply
from tests.support.wires import as_json, news_item, news_message, ninjs1
from worker.domain.feed import Feed, FeedState, Fetched, Hints, PollResult
from worker.feeds.fetch import Fetcher, retry_after
from worker.feeds.parse import ParserPool
from worker.feeds.parsed import ParsedFeed
from worker.feeds.schedule import settle
from worker.net import Outbound, Response

GOOD = rss(item(title="Renault", link="/n/1", guid="1"))
NOW = datetime(2023, 1, 24, 12, tzinfo=UTC)


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Outbound(["127.0.0.0/8"]) as out, ParserPool(workers=1) as pool:
        yield Fetcher(out, pool, timeout=10, max_bytes=1_000_000)


def feed(url: str, **headers: str) -> Feed:
    return Feed(id="feed_1", url=url, name="Wire", headers=headers)


def fresh() -> FeedState:
    return FeedState("feed_1")


async def poll(fetcher: Fetcher, source: Feed, state: FeedState) -> tuple[Fetched, FeedState]:
    fetched = await fetcher.fetch(source, state)
    return fetched, settle(source, state, fetched, datetime.now(UTC))


async def test_a_feed_gives_its_entries(server: Origin, fetcher: Fetcher) -> None:
    url = server.on("/rss", Reply(200, GOOD, {"ETag": '"1"', "Last-Modified": "when I like"}))
    got = await fetcher.fetch(feed(url, Authorization="Bearer t"), fresh())
    assert (got.result, got.status_code, got.error) == (PollResult.NEW, 200, None)
    assert (got.etag, got.last_modified) == ('"1"', "when I like")
    assert [(entry.title, entry.url) for entry in got.entries] == [("Renault", f"{server.url}/n/1")]
    asked = server.asked[0]
    assert asked.raw("authorization") == b"Bearer t"
    assert asked.raw("if-none-match") is None
    assert "application/rss+xml" in asked.headers["Accept"]


@pytest.mark.parametrize(
    "etag", ['W/"abc"', '"abc-gzip"', "unquoted", '"', '"a, b"', "W/ odd", '"é"', "''", '"\\"']
)
async def test_validators_go_back_byte_for_byte(
    etag: str, server: Origin, fetcher: Fetcher
) -> None:
    modified = "Tue, 24 jan. 2023 10:00:00 +0100"

    def conditional(asked: Asked) -> Reply:
        same = asked.raw("if-none-match") == etag.encode()
        same = same and asked.raw("if-modified-since") == modified.encode()
        return Reply(304) if same else Reply(200, GOOD, {"ETag": etag, "Last-Modified": modified})

    source = feed(server.on("/rss", conditional))
    first, state = await poll(fetcher, source, fresh())
    second, state = await poll(fetcher, source, state)
    third, state = await poll(fetcher, source, state)
    assert [one.result for one in (first, second, third)] == [
        PollResult.NEW,
        PollResult.UNCHANGED,
        PollResult.UNCHANGED,
    ]
    assert (state.etag, state.last_modified) == (etag, modified)
    assert [one.status_code for one in (second, third)] == [304, 304]


async def test_a_304_refreshes_validators(server: Origin, fetcher: Fetcher) -> None:
    replies = [
        Reply(200, GOOD, {"ETag": '"1"'}),
        Reply(304, headers={"ETag": '"2"'}),
        Reply(304, headers={"ETag": '"3"'}),
        Reply(304),
    ]
    source, state = feed(server.on("/rss", replies)), fresh()
    for _ in replies:
        _, state = await poll(fetcher, source, state)
    assert [one.raw("if-none-match") for one in server.asked] == [None, b'"1"', b'"2"', b'"3"']
    assert state.etag == '"3"'


async def test_the_same_body_is_not_parsed_again(server: Origin) -> None:
    parsed = 0

    class Counting:
        async def parse(self, body: bytes, content_type: str | None, base: str) -> ParsedFeed:
            nonlocal parsed
            parsed += 1
            return ParsedFeed(())

    replies = [Reply(200, GOOD, {"ETag": f'"{n}"'}) for n in range(3)]
    source, state = feed(server.on("/rss", replies)), fresh()
    async with Outbound(["127.0.0.0/8"]) as out:
        fetcher = Fetcher(out, Counting())
        results = []
        for _ in replies:
            got, state = await poll(fetcher, source, state)
            results.append((got.result, got.status_code))
    assert parsed == 1
    assert results == [(PollResult.NEW, 200)] + [(PollResult.UNCHANGED, 200)] * 2
    assert state.etag == '"2"'


async def test_a_changed_body_after_failures_is_new_again(server: Origin, fetcher: Fetcher) -> None:
    replies = [
        Reply(200, GOOD, {"ETag": '"1"'}),
        Reply(500),
        Reply(200, b"<html>maintenance", {"ETag": '"x"'}),
        Reply(200, rss(item(title="next")), {"ETag": '"2"'}),
    ]
    source, state = feed(server.on("/rss", replies)), fresh()
    seen = []
    for _ in replies:
        got, state = await poll(fetcher, source, state)
        seen.append((got.result, state.failures, state.etag))
    assert seen == [
        (PollResult.NEW, 0, '"1"'),
        (PollResult.FAILED, 1, '"1"'),
        (PollResult.FAILED, 2, '"1"'),
        (PollResult.NEW, 0, '"2"'),
    ]
    assert server.asked[3].raw("if-none-match") == b'"1"'


async def test_gone_is_gone(server: Origin, fetcher: Fetcher) -> None:
    got = await fetcher.fetch(feed(server.on("/rss", Reply(410))), fresh())
    assert (got.result, got.status_code) == (PollResult.GONE, 410)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_wait_that_is_asked_for_is_passed_on(
    status: int, server: Origin, fetcher: Fetcher
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=600), usegmt=True)
    url = server.on(
        "/rss",
        [Reply(status, headers={"Retry-After": value}) for value in ("120", later, "soon")],
    )
    waits = [(await fetcher.fetch(feed(url), fresh())).retry_after for _ in range(3)]
    assert waits[0] == timedelta(seconds=120)
    assert waits[1] is not None
    assert timedelta(seconds=590) < waits[1] <= timedelta(seconds=600)
    assert waits[2] is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", timedelta()),
        ("120", timedelta(minutes=2)),
        (" 5 ", timedelta(seconds=5)),
        ("99999999999999999999", timedelta(days=7)),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("²", None),
        ("Tue, 24 Jan 2023 12:10:00 GMT", timedelta(minutes=10)),
        ("Tue, 24 Jan 2023 13:10:00 +0100", timedelta(minutes=10)),
        ("Tue, 24 Jan 2023 11:00:00 GMT", timedelta()),
        ("Tue, 24 Jan 9999 11:00:00 GMT", timedelta(days=7)),
        ("Tue, 99 Jan 2023 11:00:00 GMT", None),
    ],
)
def test_retry_after_in_both_forms(value: str, expected: timedelta | None) -> None:
    assert retry_after({"Retry-After": value}, NOW) == expected


@pytest.mark.parametrize("status", [304, 204, 206, 400, 401, 403, 404, 500, 502])
async def test_other_answers_are_failures(status: int, server: Origin, fetcher: Fetcher) -> None:
    got = await fetcher.fetch(feed(server.on("/rss", Reply(status))), fresh())
    assert (got.result, got.status_code, got.error) == (PollResult.FAILED, status, f"HTTP {status}")


LAUGHS = '<!ENTITY l0 "lol">' + "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)
)
ENTITY_BOMB = f'<?xml version="1.0"?><!DOCTYPE r [{LAUGHS}]><rss><channel><item><title>&l9;</title></item></channel></rss>'  # noqa: E501

BAD = {
    "entity bomb": (Reply(200, ENTITY_BOMB.encode()), "entity bomb"),
    "gzip bomb": (
        Reply(200, gzip.compress(bytes(30_000_000)), {"Content-Encoding": "gzip"}),
        "sent more than",
    ),
    "endless": (Reply(200, b"x" * 10_000, endless=True), "sent more than"),
    "drip": (Reply(200, b"x" * 10_000, drip=0.05), "took longer than 1 s"),
    "silence": (Reply(200, GOOD, delay=30), "took longer than 1 s"),
    "html": (Reply(200, b"<!DOCTYPE html><title>x", {"Content-Type": "text/html"}), "HTML page"),
    "empty": (Reply(200, b""), "empty body"),
    "binary": (Reply(200, bytes(range(256)) * 20), "no feed"),
    "not gzip": (Reply(200, b"\x1f\x8b\x08junk", {"Content-Encoding": "gzip"}), "the body from"),
    "unknown coding": (Reply(200, GOOD, {"Content-Encoding": "compress"}), "not asked for"),
    "cut short": (Reply(200, GOOD, promise=100_000), "cut short"),
    "loop": (Reply(302, headers={"Location": "/loop"}), "redirects more than 5 times"),
    "inwards": (Reply(302, headers={"Location": "http://10.0.0.1/"}), "not a public address"),
    "elsewhere": (Reply(302, headers={"Location": "file:///etc/passwd"}), "neither http nor https"),
}


@pytest.mark.parametrize("name", BAD)
async def test_bad_input_costs_one_clear_line(name: str, server: Origin) -> None:
    reply, reason = BAD[name]
    async with Outbound(["127.0.0.0/8"]) as out, ParserPool(workers=1) as pool:
        fetcher = Fetcher(out, pool, timeout=1, max_bytes=1_000_000)
        begun = time.monotonic()
        got = await fetcher.fetch(feed(server.on("/loop", reply) + "?key=s3cret"), fresh())
    assert time.monotonic() - begun < 10
    assert got.result is PollResult.FAILED
    assert got.error is not None
    assert reason in got.error
    assert got.error.isprintable()
    assert "s3cret" not in got.error
    assert got.entries == ()


async def test_broken_encodings_and_poor_entries_still_give_news(
    server: Origin, fetcher: Fetcher
) -> None:
    body = rss(item(title="caf\u00e9"), item(text="only text"), item(link="/x"), "")
    url = server.on("/rss", Reply(200, body.decode().encode("latin-1")))
    got = await fetcher.fetch(feed(url), fresh())
    assert got.result is PollResult.NEW
    assert [entry.title for entry in got.entries] == ["café", ""]
    assert got.dropped == 2
    assert len(got.warnings) == 2


async def test_bad_feeds_do_not_hold_up_good_ones(server: Origin) -> None:
    good = [server.on(f"/good{n}", Reply(200, rss(item(title=f"n{n}")))) for n in range(10)]
    bad = [server.on(f"/bad{n}", Reply(200, b"x", drip=5, endless=True)) for n in range(20)]
    async with Outbound(["127.0.0.0/8"]) as out, ParserPool(workers=1) as pool:
        fetcher = Fetcher(out, pool, timeout=8)
        slow = [asyncio.create_task(fetcher.fetch(feed(url), fresh())) for url in bad]
        await asyncio.sleep(0.1)
        begun = time.monotonic()
        quick = await asyncio.gather(*(fetcher.fetch(feed(url), fresh()) for url in good))
        assert time.monotonic() - begun < 5
        assert {one.result for one in quick} == {PollResult.NEW}
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_a_fault_of_ours_is_a_failed_poll_without_its_text() -> None:
    class Broken(Outbound):
        async def request(self, *_: object, **__: object) -> Response:
            raise RuntimeError("https://a.example/?key=s3cret")

    class Unused:
        async def parse(self, body: bytes, content_type: str | None, base: str) -> ParsedFeed:
            raise AssertionError

    got = await Fetcher(Broken(), Unused()).fetch(feed("https://a.example/"), fresh())
    assert (got.result, got.error) == (PollResult.FAILED, "unexpected RuntimeError")


async def test_cancelling_goes_through(server: Origin, fetcher: Fetcher) -> None:
    url = server.on("/rss", Reply(200, GOOD, delay=30))
    task = asyncio.create_task(fetcher.fetch(feed(url), fresh()))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_headers_of_the_feed_win_over_ours(server: Origin, fetcher: Fetcher) -> None:
    url = server.on("/rss", Reply(200, GOOD))
    await fetcher.fetch(feed(url, accept="text/x"), replace(fresh(), etag='"1"'))
    assert [value for name, value in server.asked[0].raw_headers if name.lower() == b"accept"] == [
        b"text/x"
    ]


async def test_what_is_said_of_the_pace_comes_along(server: Origin, fetcher: Fetcher) -> None:
    body = rss(item(title="Renault", guid="1"), channel="<title>W</title><ttl>30</ttl>")
    replies = [
        Reply(200, body, {"ETag": '"1"', "Cache-Control": "max-age=600", "Age": "100"}),
        Reply(304, headers={"Cache-Control": "max-age=60"}),
        Reply(200, body, {"Cache-Control": "max-age=70"}),
        Reply(200, body, {"Cache-Control": "no-cache"}),
    ]
    source, state = feed(server.on("/rss", replies)), fresh()
    waits = []
    for _ in replies:
        got, state = await poll(fetcher, source, state)
        waits.append(got.fresh_for and got.fresh_for.total_seconds())
        assert state.rhythm is not None
        assert state.rhythm.hints == Hints(ttl=timedelta(minutes=30))
    assert waits == [500, 60, 70, None]


@pytest.mark.parametrize("kind", ["newsml", "ninjs"])
async def test_packages_of_wires_are_read_like_feeds(
    kind: str, server: Origin, fetcher: Fetcher
) -> None:
    until = "<embargoed>2099-01-01T00:00:00Z</embargoed>"
    bodies = {
        "newsml": news_message(
            news_item("One", guid="g:1"),
            news_item("Two", guid="g:2", meta=until),
            news_item("Three", guid="g:3", status="stat:canceled"),
        ),
        "ninjs": as_json(
            [
                ninjs1(headline="One", uri="g:1"),
                ninjs1(headline="Two", uri="g:2", embargoed="2099-01-01T00:00:00Z"),
                ninjs1(headline="Three", uri="g:3", pubstatus="canceled"),
            ]
        ),
    }
    headers = {"Content-Type": "application/octet-stream", "ETag": '"1"'}
    source = feed(server.on("/wire", Reply(200, bodies[kind], headers)))
    got, state = await poll(fetcher, source, fresh())
    one, two, three = got.entries
    assert [entry.title for entry in got.entries] == ["One", "Two", "Three"]
    assert one.embargoed_until is None is one.withdrawn
    assert two.embargoed_until == datetime(2099, 1, 1, tzinfo=UTC)
    assert three.withdrawn == "cancelled by its publisher"
    assert (state.etag, state.body_hash) == (None, None)
    assert len(got.warnings) == 2
