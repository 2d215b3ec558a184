"""The outside world on loopback: feeds that release items at known times, and a receiver."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

import standardwebhooks
from aiohttp import web

from benchmarks.texts import Text
from tests.support.receivers import HttpServer, new_secret

SHOWN = 100
"""How many items a feed shows at a time, the newest first, as feeds outside do."""


@dataclass(slots=True)
class _Feed:
    items: list[Text] = field(default_factory=list)
    body: bytes = b""
    etag: str = ""
    carried: set[str] = field(default_factory=set)

    def render(self) -> None:
        self.body = render(reversed(self.items[-SHOWN:]))
        self.etag = f'"{hashlib.sha256(self.body).hexdigest()[:20]}"'


class Feeds(HttpServer):
    """RSS feeds at `/1`, `/2`, …, with true validators.

    `released` is when an item came to stand in its feed, `fetched` when the first answer that
    carried it went out; both on the clock of `time.monotonic`, by the item's key.
    """

    def __init__(self, count: int = 1) -> None:
        super().__init__()
        self._feeds = [_Feed() for _ in range(count)]
        for feed in self._feeds:
            feed.render()
        self.released: dict[str, float] = {}
        self.fetched: dict[str, float] = {}
        self.polls = 0

    @property
    def urls(self) -> list[str]:
        """The address of each feed."""
        return [f"{self.base_url}/{at}" for at in range(1, len(self._feeds) + 1)]

    def release(self, pages: Sequence[Sequence[Text]]) -> None:
        """Let items appear: the first page in the first feed, and so on."""
        for feed, page in zip(self._feeds, pages, strict=False):
            feed.items = [*feed.items, *page]
            feed.render()
            now = time.monotonic()
            self.released.update((item.key, now) for item in page)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        feed = self._feeds[int(request.path[1:]) - 1]
        self.polls += 1
        etag, body, shown = feed.etag, feed.body, feed.items[-SHOWN:]
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        now = time.monotonic()
        for item in shown:
            self.fetched.setdefault(item.key, now)
        return web.Response(
            body=body, headers={"ETag": etag, "Content-Type": "application/rss+xml"}
        )


def render(items: Iterable[Text]) -> bytes:
    """An RSS document of these items."""
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        "<title>Wire</title><link>https://wire.example/</link><description>News</description>"
    ]
    for item in items:
        paragraphs = "".join(f"<p>{escape(part)}</p>" for part in item.text.split("\n\n"))
        parts.append(
            f'<item><guid isPermaLink="false">{escape(item.key)}</guid>'
            f"<title>{escape(item.title)}</title><link>https://wire.example/{escape(item.key)}</link>"
            f"<description>{escape(paragraphs)}</description></item>"
        )
    return "\n".join([*parts, "</channel></rss>"]).encode()


class Receiver(HttpServer):
    """Notes when each message arrives, answers 204, and leaves checking for afterwards."""

    def __init__(self) -> None:
        super().__init__()
        self.secret = new_secret()
        self.arrivals: list[tuple[float, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        """Where to post."""
        return f"{self.base_url}/hook"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.arrivals.append((time.monotonic(), dict(request.headers), body))
        return web.Response(status=204)

    def first_receipts(self) -> dict[str, float]:
        """When the first alert of each item came, by the item's key."""
        first: dict[str, float] = {}
        for at, _, body in self.arrivals:
            url = json.loads(body)["data"]["item"]["url"]
            first.setdefault(url.rpartition("/")[2], at)
        return first

    def check(self) -> None:
        """Raises unless every message is signed as it must be and none came twice."""
        verifier = standardwebhooks.Webhook(self.secret)
        ids = set()
        for _, headers, body in self.arrivals:
            named = {name.lower(): value for name, value in headers.items()}
            verifier.verify(body, named)
            ids.add(named["webhook-id"])
        if len(ids) != len(self.arrivals):
            raise AssertionError(f"{len(self.arrivals) - len(ids)} messages came twice")
