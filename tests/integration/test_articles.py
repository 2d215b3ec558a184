"""Articles behind links: fetched politely, stored instead of the summary, and never in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.factories import make_item
from tests.support.origin import Reply, origin
from worker.article_lane import ArticleLane, Turns
from worker.domain.feed import Feed, FeedState, Polled, host_of
from worker.domain.item import Arrival, Item
from worker.feeds.articles import ArticleFetcher, NoArticle, is_article_of
from worker.feeds.parse import ParserPool
from worker.feeds.robots import Robots
from worker.net import Outbound
from worker.store import Store
from worker.store.polls import ARTICLE_WAIT, article_owner

SUMMARY = "Borel is in talks with Tamaki."
PARAGRAPHS = [
    f"Borel Motors said in part {n} of its statement that the talks with Tamaki about its stake "
    "have gone on since the spring and will take until the summer at the earliest."
    for n in ("one", "two", "three", "four")
]
PAGE = (
    "<html><head><title>Wire</title></head><body><nav><a href='/'>Home</a></nav><article>"
    "<h1>Borel in talks with Tamaki</h1>" + "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    + "</article><footer>Subscribe to our letters</footer></body></html>"
)  # fmt: skip


def page(text: str = PAGE, **headers: str) -> Reply:
    return Reply(200, text.encode(), {"Content-Type": "text/html; charset=utf-8", **headers})


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{tmp_path}/store.db")
    store.upgrade()
    yield store
    store.close()


@asynccontextmanager
async def fetching(store: Store, robots: Robots | None = None) -> Any:
    async with Outbound(allow=["127.0.0.0/8"]) as out, ParserPool(workers=1) as reader:
        yield ArticleFetcher(out, reader, robots or Robots(), Turns(store, "p1", now))


def item_at(url: str, **fields: Any) -> Item:
    values = {"title": "Borel in talks with Tamaki", "text": SUMMARY, "url": url, **fields}
    return make_item(**values)


async def why_not(store: Store, url: str) -> str:
    async with fetching(store) as fetcher:
        with pytest.raises(NoArticle) as caught:
            await fetcher.text(item_at(url))
    return str(caught.value)


async def test_the_text_of_an_article_without_what_is_around_it(store: Store) -> None:
    async with origin() as server, fetching(store) as fetcher:
        url = server.on("/1", page())
        text = await fetcher.text(item_at(url))
        again = await fetcher.text(item_at(url))
    assert text == again
    for paragraph in PARAGRAPHS:
        assert paragraph in text
    assert "Subscribe" not in text
    assert "Home" not in text
    paths = [one.path for one in server.asked]
    assert paths == ["/robots.txt", "/1", "/1"]


async def test_robots_txt_is_obeyed_at_every_hop(store: Store) -> None:
    async with origin() as server, origin() as other:
        server.on("/robots.txt", Reply(200, b"User-agent: *\nDisallow: /private\n"))
        server.on("/private/1", page())
        server.on("/away", Reply(302, headers={"Location": f"{other.url}/1"}))
        other.on("/robots.txt", Reply(200, b"User-agent: alliance-watch\nDisallow: /\n"))
        other.on("/1", page())
        assert "robots.txt" in await why_not(store, f"{server.url}/private/1")
        assert "robots.txt" in await why_not(store, f"{server.url}/away")
    assert not server.asked_for("/private/1")
    assert not other.asked_for("/1")


async def test_a_site_whose_rules_cannot_be_had_is_left_alone(store: Store) -> None:
    async with origin() as server:
        server.on("/robots.txt", Reply(503))
        url = server.on("/1", page())
        assert "robots.txt" in await why_not(store, url)
        assert not server.asked_for("/1")


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(404), "HTTP 404"),
        (Reply(200, b"%PDF", {"Content-Type": "application/pdf"}), "no page"),
        (page("<html><body></body></html>"), "no article"),
        (page("<html><article><p>Subscribe to read this article. " + "It is worth it. " * 30
              + "</p></article></html>"), "does not hold"),
        (Reply(302, headers={"Location": "/1"}), "redirects"),
        (Reply(302, headers={"Location": "http://169.254.169.254/"}), "not a public address"),
        (page("<div>" * 50_000), ""),
    ],
)  # fmt: skip
async def test_what_is_no_article_is_said_in_a_line(store: Store, reply: Reply, why: str) -> None:
    async with origin() as server:
        server.on("/robots.txt", Reply(404))
        said = await why_not(store, server.on("/1", reply))
    assert why in said or "robots.txt" in said
    assert "\n" not in said


def test_a_page_that_tells_less_than_the_summary_is_not_its_article() -> None:
    item = item_at("https://a.example/1")
    assert is_article_of(item, " ".join(PARAGRAPHS))
    assert not is_article_of(item, PARAGRAPHS[0][:100])
    assert not is_article_of(replace(item, text=" ".join(PARAGRAPHS) * 2), " ".join(PARAGRAPHS))
    assert not is_article_of(item, "Please accept our cookies to go on. " * 30)


async def test_a_host_is_asked_one_thing_at_a_time_by_all(store: Store) -> None:
    under_way = most = 0

    async def ask(turns: Turns) -> None:
        nonlocal under_way, most
        async with turns("http://127.0.0.1:9/x"):
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.01)
            under_way -= 1

    await asyncio.gather(*(ask(Turns(store, f"p{n % 2}", now)) for n in range(4)))
    assert most == 1
    name = host_of("https://a.example/1")
    assert store.take_host(name, "p1", now(), timedelta(seconds=9))
    assert not store.take_host(name, "p2", now(), timedelta(seconds=9))
    store.give_host_back(name, "p1", now() + timedelta(hours=1))
    assert not store.take_host(name, "p2", now(), timedelta(seconds=9))


# ── the lane ──────────────────────────────────────────────────────────────────────────────────

FEED = Feed("feed_1", "https://a.example/rss", "A", full_text=True)


@dataclass
class Scripted:
    """Finds what it is told; `None` stands for nothing, an exception is raised."""

    found: str | Exception | None = "The whole article."
    hang: float = 0.0
    asked: list[str] = field(default_factory=list)

    async def text(self, item: Item) -> str:
        self.asked.append(item.id)
        await asyncio.sleep(self.hang)
        if isinstance(self.found, Exception):
            raise self.found
        if self.found is None:
            raise NoArticle("nothing there")
        return self.found


class HandedOn:
    """Takes what the lane is done with, from whatever thread."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._loop = asyncio.get_running_loop()
        self._some = asyncio.Event()

    def __call__(self, ids: list[str]) -> None:
        self.ids += ids
        self._loop.call_soon_threadsafe(self._some.set)

    async def first(self) -> list[str]:
        async with asyncio.timeout(30):
            await self._some.wait()
        return self.ids


def poll(store: Store, feed: Feed, *items: Item) -> list[str]:
    store.add_feed(feed, now())
    store.claim_due_feeds(now(), limit=9, lease=timedelta(seconds=9), owner="p1")
    polled = Polled(feed, FeedState(feed.id), tuple(map(Arrival, items)), now())
    [new] = store.store_polls("p1", [polled])
    return new


def claimable(store: Store, item_id: str, later: timedelta = timedelta()) -> bool:
    moment = now() + later
    return bool(store.claim_items([item_id], moment, lease=timedelta(seconds=1), owner="w"))


@pytest.mark.parametrize("found", ["The whole article.", None, ValueError("a fault of ours")])
async def test_an_item_waits_for_its_article_or_the_end_of_the_search(
    store: Store, found: Any
) -> None:
    item = item_at("https://a.example/1", feed_id=FEED.id)
    [item_id] = poll(store, FEED, item)
    assert not claimable(store, item_id)
    handed_on = HandedOn()
    lane = ArticleLane(store, Scripted(found), "p1", now, handed_on)
    lane.offer([item_id])
    assert await handed_on.first() == [item_id]
    await lane.close()
    stored = store.item(item_id)
    assert stored is not None
    assert stored.text == (found if isinstance(found, str) else SUMMARY)
    assert claimable(store, item_id)


async def test_slow_articles_hold_up_nobody_else(store: Store) -> None:
    slow = item_at("https://a.example/1", feed_id=FEED.id)
    other = item_at("https://b.example/2", feed_id="feed_2", title="Other", id="item_other")
    [slow_id] = poll(store, FEED, slow)
    [other_id] = poll(store, Feed("feed_2", "https://b.example/rss", "B"), other)
    lane = ArticleLane(store, Scripted(hang=60), "p1", now, lambda ids: None)
    lane.offer([slow_id])
    await asyncio.sleep(0.05)
    assert claimable(store, other_id)
    assert not claimable(store, slow_id)
    await lane.close()  # the poller dies
    overdue = store.overdue_items(now() + ARTICLE_WAIT, queued_before=now() + ARTICLE_WAIT, limit=9)
    assert slow_id in overdue
    assert claimable(store, slow_id, ARTICLE_WAIT)


def test_an_article_that_comes_too_late_changes_nothing(store: Store) -> None:
    item = item_at("https://a.example/1", feed_id=FEED.id)
    [item_id] = poll(store, FEED, item)
    assert claimable(store, item_id, ARTICLE_WAIT)
    assert not store.settle_article(item_id, article_owner("p1"), "late")
    stored = store.item(item_id)
    assert stored is not None
    assert stored.text == SUMMARY


async def test_a_feed_is_read_with_its_articles_end_to_end(store: Store) -> None:
    """Through the poller's own parts: what is claimed for classification is the article."""
    async with origin() as server, fetching(store) as fetcher:
        url = server.on("/1", page())
        handed_on = HandedOn()
        lane = ArticleLane(store, fetcher, "p1", now, handed_on)
        feed = replace(FEED, url=f"{server.url}/rss")
        lane.offer(poll(store, feed, item_at(url, feed_id=feed.id)))
        ids = await handed_on.first()
        await lane.close()
    [claimed] = store.claim_items(ids, now(), lease=timedelta(seconds=9), owner="w")
    assert PARAGRAPHS[-1] in claimed.text
