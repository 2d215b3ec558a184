"""One poll of one feed: a conditional request, and the parsing of what is new."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

import structlog

from worker.domain.feed import Feed, FeedState, Fetched, PollResult, polled_url
from worker.feeds.freshness import fresh_for
from worker.feeds.hubs import hub_of
from worker.feeds.moves import moved_to
from worker.feeds.parsed import ParsedFeed, Unparsable
from worker.feeds.schedule import wants_whole
from worker.net import NetError, Outbound, Response, follow

log = structlog.get_logger(__name__)

MAX_BYTES = 10 * 1024 * 1024
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)
_BUSY = frozenset({429, 503})
_MAX_RETRY_AFTER = timedelta(days=7)


def _now() -> datetime:
    return datetime.now(UTC)


class Parser(Protocol):
    """What turns a document into a feed; `ParserPool` in the service."""

    async def parse(self, body: bytes, content_type: str | None, base_url: str) -> ParsedFeed:
        """Raises `Unparsable`."""
        ...


class Fetcher:
    """Fetches feeds. `timeout` in seconds is for the request as a whole, `max_bytes` after
    decompression; `clock` gives aware times."""

    def __init__(
        self,
        outbound: Outbound,
        parser: Parser,
        *,
        timeout: float = 20.0,
        max_bytes: int = MAX_BYTES,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._outbound = outbound
        self._parser = parser
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._clock = clock

    async def fetch(self, feed: Feed, state: FeedState) -> Fetched:
        """Poll `feed` once. Whatever the feed does, it raises nothing but `CancelledError`.

        A failure has one line without secrets in `error`. Validators in the result are those to
        send next time; they are missing after a failure, which changes none.
        """
        began = time.monotonic()
        fetched = await self._fetch(feed, state)
        return replace(fetched, took=timedelta(seconds=time.monotonic() - began))

    async def _fetch(self, feed: Feed, state: FeedState) -> Fetched:
        conditional = not wants_whole(state, self._clock())
        url = polled_url(feed, state)
        own = feed.headers
        if state.move.address is not None:
            url, own = follow(feed.url, state.move.address, feed.headers)
        try:
            response = await self._outbound.request(
                "GET",
                url,
                headers=_request_headers(own, state, conditional),
                timeout=self._timeout,
                max_bytes=self._max_bytes,
                follow_redirects=True,
            )
            fetched = await self._judge(response, state, conditional)
            moved = moved_to(response.redirects)
            hub = None
            if fetched.result is PollResult.NEW:
                hub = hub_of(response.headers, response.body, response.url)
            return replace(fetched, url=response.url, moved_to=moved, hub=hub)
        except NetError as error:
            return _failed(str(error))
        except Exception as error:
            # A bug of ours must not stop the poller; its text could quote an address.
            log.exception("fetch_crashed", feed=feed.id)
            return _failed(f"unexpected {type(error).__name__}")

    async def _judge(self, response: Response, state: FeedState, conditional: bool) -> Fetched:
        status, headers, now = response.status, response.headers, self._clock()
        if status == 304 and conditional and (state.etag or state.last_modified):
            return Fetched(
                PollResult.UNCHANGED,
                status_code=status,
                etag=_validator(headers, "ETag") or state.etag,
                last_modified=_validator(headers, "Last-Modified") or state.last_modified,
                body_hash=state.body_hash,
                fresh_for=fresh_for(headers, now),
            )
        if status == 410:
            return Fetched(PollResult.GONE, status_code=status, error="the feed is gone (HTTP 410)")
        if status != 200:
            wait = retry_after(headers, now) if status in _BUSY else None
            return _failed(f"HTTP {status}", status, wait)
        digest = hashlib.blake2b(response.body, digest_size=16).hexdigest()
        if digest == state.body_hash:
            return Fetched(
                PollResult.UNCHANGED,
                status_code=status,
                etag=_validator(headers, "ETag"),
                last_modified=_validator(headers, "Last-Modified"),
                body_hash=digest,
                fresh_for=fresh_for(headers, now),
            )
        try:
            parsed = await self._parser.parse(
                response.body, headers.get("Content-Type"), response.url
            )
        except Unparsable as error:
            return _failed(f"not usable: {error}", status)
        return Fetched(
            PollResult.NEW,
            entries=parsed.entries,
            status_code=status,
            etag=_validator(headers, "ETag"),
            last_modified=_validator(headers, "Last-Modified"),
            body_hash=digest,
            dropped=parsed.dropped,
            warnings=parsed.warnings,
            hints=parsed.hints,
            fresh_for=fresh_for(headers, now),
        )


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """The wait that `Retry-After` (RFC 9110, 10.2.3) asks for, as seconds or as a date.

    `None` without one that makes sense; never negative, and a week at most.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), _MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta()), _MAX_RETRY_AFTER)


def _request_headers(own: Mapping[str, str], state: FeedState, conditional: bool) -> dict[str, str]:
    headers = {"Accept": _ACCEPT}
    if not conditional:
        headers["Cache-Control"] = "no-cache"  # a cache on the way may be what says 304
    elif state.etag or state.last_modified:
        headers |= {
            "If-None-Match": state.etag or "",
            "If-Modified-Since": state.last_modified or "",
        }
    taken = {name.lower() for name in own}
    return {**{k: v for k, v in headers.items() if v and k.lower() not in taken}, **own}


def _validator(headers: Mapping[str, str], name: str) -> str | None:
    """A validator exactly as sent; none that could not be stored and sent back byte for byte."""
    value = headers.get(name)
    if not value or len(value) > 2_000 or not value.isprintable():
        return None
    return value


def _failed(error: str, status: int | None = None, wait: timedelta | None = None) -> Fetched:
    return Fetched(PollResult.FAILED, status_code=status, error=error, retry_after=wait)
