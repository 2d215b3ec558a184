"""The article behind a link: fetched as politely as a feed, and never trusted to be one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from urllib.parse import urljoin

from worker.domain.item import Item
from worker.domain.sameness import Wording
from worker.feeds.parsed import Unparsable
from worker.feeds.robots import MAX_BYTES as ROBOTS_BYTES
from worker.feeds.robots import Robots
from worker.net import NetError, Outbound, Response

MAX_BYTES = 5 * 1024 * 1024
_TIMEOUT = 15.0
_MOST_HOPS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PAGES = ("text/html", "application/xhtml+xml")
_LEAST_WORDS = 40
# A word of a title that is no mere joint of the sentence.
_WEIGHTY = 5

Turn = Callable[[str], AbstractAsyncContextManager[None]]
"""Waits until the host of an address may be asked, and has it for the length of the block."""


class Reads(Protocol):
    """What finds the text in a page; `ParserPool` in the service."""

    async def article(self, body: bytes, content_type: str | None, url: str) -> str:
        """Raises `Unparsable`."""
        ...


class NoArticle(Exception):  # noqa: N818 - it states a finding
    """There is no text to be had behind a link; one line that says why, fit for a log."""


class ArticleFetcher:
    """Fetches articles, one request at a time at each host, where robots.txt allows it."""

    def __init__(self, outbound: Outbound, reader: Reads, robots: Robots, turn: Turn) -> None:
        self._outbound = outbound
        self._reader = reader
        self._robots = robots
        self._turn = turn

    async def text(self, item: Item) -> str:
        """The article of an item. Raises `NoArticle`."""
        if item.url is None:
            raise NoArticle("the item has no link")
        try:
            answer = await self._page(item.url)
            media = answer.headers.get("Content-Type", "")
            if media.partition(";")[0].strip().lower() not in _PAGES:
                raise NoArticle("behind the link is no page")
            article = await self._reader.article(answer.body, media, answer.url)
        except (NetError, Unparsable) as error:
            raise NoArticle(str(error)) from None
        if not is_article_of(item, article):
            raise NoArticle("the page does not hold the article")
        return article

    async def _page(self, url: str) -> Response:
        """The page at the end of the redirects, each hop by the rules of its own site."""
        for _ in range(_MOST_HOPS):
            if not await self._robots.allows(url, self._rules):
                raise NoArticle("its site does not allow it (robots.txt)")
            async with self._turn(url):
                answer = await self._outbound.request(
                    "GET", url, headers={"Accept": "text/html"}, timeout=_TIMEOUT,
                    max_bytes=MAX_BYTES,
                )  # fmt: skip
            location = answer.headers.get("Location")
            if answer.status in _REDIRECTS and location:
                url = urljoin(url, location)
                continue
            if answer.status != 200:
                raise NoArticle(f"HTTP {answer.status}")
            return answer
        raise NoArticle(f"more than {_MOST_HOPS} redirects")

    async def _rules(self, url: str) -> Response | None:
        try:
            async with self._turn(url):
                return await self._outbound.request(
                    "GET", url, timeout=_TIMEOUT, max_bytes=ROBOTS_BYTES, follow_redirects=True,
                    cut=True,
                )  # fmt: skip
        except NetError:
            return None


def is_article_of(item: Item, text: str) -> bool:
    """Whether a page's text tells more than the item does, and of the same thing.

    A wall that asks for money or consent tells of neither; an article cut short tells less.
    """
    page = Wording("", text)
    if len(page.words) < max(_LEAST_WORDS, len(Wording("", item.text).words)):
        return False
    weighty = {word for word in Wording(item.title, "").words if len(word) >= _WEIGHTY}
    return not weighty or 3 * len(weighty & page.vocabulary) >= len(weighty)
