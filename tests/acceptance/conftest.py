"""What the acceptance tests share: feeds on loopback that can grow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from aiohttp import web

from tests.support.news import rss
from tests.support.receivers import HttpServer
from tests.support.redis import redis_server
from tests.support.stores import (
    postgres_server,
    postgres_template,
    postgres_url,
    shared_folder,
)

__all__ = ["postgres_server", "postgres_template", "postgres_url", "redis_server", "shared_folder"]


class NewsServer(HttpServer):
    """Serves `items` as an RSS feed at any path, newest first, with a true ETag."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[dict[str, str]] = []
        self.language = "en"
        self.statuses: list[int] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = rss(reversed(self.items), language=self.language)
        etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        known = request.headers.get("If-None-Match") == etag
        self.statuses.append(304 if known else 200)
        self.notify()
        if known:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(
            body=body, headers={"ETag": etag, "Content-Type": "application/rss+xml"}
        )


@pytest.fixture
def news() -> Iterator[NewsServer]:
    with NewsServer() as server:
        yield server
