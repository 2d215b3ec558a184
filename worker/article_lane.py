"""Fetches the articles behind items of feeds with `full_text`, beside the polls and never before.

Such an item is stored with a lease (`store.polls`): nobody classifies it before its article is
there, or the lease has run out. So an article that is slow, or a poller that dies, costs the item
that time and nothing else: the sweep finds it and its summary is classified.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import structlog

from worker.domain.feed import host_of
from worker.domain.item import Item
from worker.feeds import courtesy
from worker.feeds.articles import NoArticle
from worker.pipeline import Clock
from worker.store import Store, StoreError, StoreUnavailable
from worker.store.polls import ARTICLE_WAIT, article_owner

log = structlog.get_logger(__name__)

WIDTH = 8
_HOST_LEASE = timedelta(seconds=20)
_LOOK_AGAIN = 0.25
# What is left of an item's lease then is not enough to ask for anything.
_TOO_LATE = timedelta(seconds=5)


class Fetches(Protocol):
    """What finds the article of an item; `feeds.articles.ArticleFetcher` in the service."""

    async def text(self, item: Item) -> str:
        """Raises `NoArticle`."""
        ...


@dataclass(slots=True)
class Turns:
    """Turns at hosts, kept in the database: all pollers take them, for feeds and for articles."""

    store: Store
    owner: str
    clock: Clock

    @asynccontextmanager
    async def __call__(self, url: str) -> AsyncIterator[None]:
        """Have the host of an address for the length of the block, as soon as it is free."""
        name = host_of(url)
        owner = f"{self.owner}/{id(asyncio.current_task())}"
        # Another process may have it, so there is nothing to wait for but the next look.
        while not await asyncio.to_thread(  # noqa: ASYNC110
            self.store.take_host, name, owner, self.clock(), _HOST_LEASE
        ):
            await asyncio.sleep(_LOOK_AGAIN)
        try:
            yield
        finally:
            next_at = self.clock() + courtesy.gap_after(url)
            await asyncio.to_thread(self.store.give_host_back, name, owner, next_at)


@dataclass(slots=True)
class ArticleLane:
    """Takes ids of items that were stored by `owner`, and passes each to `enqueue` when done."""

    store: Store
    fetcher: Fetches
    owner: str
    clock: Clock
    enqueue: Callable[[list[str]], object]
    count: Callable[[str, float], None] = lambda name, by: None
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(WIDTH))
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    def offer(self, item_ids: Sequence[str]) -> None:
        """Look for the articles of these items, some at a time. Returns at once."""
        deadline = asyncio.get_running_loop().time() + (ARTICLE_WAIT - _TOO_LATE).total_seconds()
        for item_id in item_ids:
            task = asyncio.create_task(self._look(item_id, deadline))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Stop; what is not done is classified by its summary."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _look(self, item_id: str, deadline: float) -> None:
        try:
            article = None
            try:
                async with asyncio.timeout_at(deadline), self._room:
                    article = await self._article(item_id)
            except TimeoutError:
                log.info("article_missed", item=item_id, why="it took too long")
            self.count("articles" if article else "articles_missed", 1)
            owner = article_owner(self.owner)
            if await asyncio.to_thread(self.store.settle_article, item_id, owner, article):
                await asyncio.to_thread(self.enqueue, [item_id])
        except StoreUnavailable as error:
            log.warning("article_not_stored", item=item_id, error=str(error))
        except Exception:
            log.exception("article_crashed", item=item_id)

    async def _article(self, item_id: str) -> str | None:
        item = await asyncio.to_thread(self.store.item, item_id)
        if item is None:
            return None
        try:
            return await self.fetcher.text(item)
        except NoArticle as why:
            log.info("article_missed", item=item_id, why=str(why))
            return None
        except StoreError:
            raise
        except Exception:
            # A fault of ours in one page costs that page: the summary is classified.
            log.exception("article_crashed", item=item_id)
            return None
