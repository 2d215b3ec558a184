"""Finding the feeds of a site, over a real server; and the commands that use it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.support.cli import CommandLine
from tests.support.feeds import item, rss
from tests.support.origin import Origin, Reply, origin
from worker.cli.opml import read_opml
from worker.config import FeedSettings
from worker.feeds.discovery import discover
from worker.feeds.parse import ParserPool
from worker.net import BadAnswer, Outbound

FEED = rss(item(title="Borel buys Tamaki", link="/1", guid="1"))
PAGE = """<!doctype html><html><head><title>News</title>
<link rel="stylesheet" href="/style.css">
<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments.rss">
<link rel="alternate" type="application/rss+xml" title="News" href="news.rss">
<link rel="alternate" type="application/rss+xml" title="Broken" href="/missing.rss">
<link rel="alternate" hreflang="fr" type="text/html" href="/fr/">
</head><body><p>Hello</p></body></html>"""


def html(text: str) -> Reply:
    return Reply(200, text.encode(), {"Content-Type": "text/html"})


async def found(server: Origin, path: str) -> list[str]:
    async with Outbound(allow=["127.0.0.0/8"]) as out, ParserPool(workers=1) as parser:
        feeds = await discover(f"{server.url}{path}", out, parser)
    return [one.url.removeprefix(server.url) for one in feeds]


async def test_feeds_are_found_at_behind_and_beside_an_address() -> None:
    async with origin() as server:
        server.on("/direct", Reply(200, FEED))
        server.on("/site/", html(PAGE))
        for path in ("/site/news.rss", "/comments.rss", "/feed"):
            server.on(path, Reply(200, FEED))
        server.on("/bare", html("<html><p>no links here</p></html>"))
        server.on("/blog/", html("<html><p>no links here</p></html>"))
        server.on("/blog/feed", Reply(200, FEED))
        assert await found(server, "/direct") == ["/direct"]
        assert await found(server, "/site/") == ["/site/news.rss", "/comments.rss"]
        assert await found(server, "/bare") == ["/feed"]
        assert await found(server, "/blog/") == ["/blog/feed"]
        with pytest.raises(BadAnswer, match="HTTP 404"):
            await found(server, "/nowhere")


async def test_a_site_without_feeds_is_asked_a_few_times_at_most() -> None:
    async with origin() as server:
        server.on("/a/b/c", html("<html>nothing</html>"))
        assert await found(server, "/a/b/c") == []
        assert len(server.asked) <= 10


async def test_the_commands_find_feeds_and_watch_the_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cli = CommandLine(monkeypatch)
    file = tmp_path / "watch.toml"
    file.write_text(
        f'[service]\ndata_dir = "{tmp_path}/data"\n[network]\nallow = ["127.0.0.0/8"]\n'
    )
    monkeypatch.setenv("ALLIANCE_WATCH_CONFIG", str(file))
    assert cli("db", "upgrade").code == 0
    async with origin() as server:
        site = server.on("/site/", html(PAGE))
        server.on("/site/news.rss", Reply(200, FEED))
        bare = server.on("/bare", html("<html></html>"))
        listed = await asyncio.to_thread(cli, "feeds", "discover", site, "--json")
        added = await asyncio.to_thread(cli, "feeds", "add", "--discover", "--full-text", site)
        nothing = await asyncio.to_thread(cli, "feeds", "add", "--discover", bare)
        url = f"{server.url}/site/news.rss"
    assert [row["url"] for row in json.loads(listed.out)] == [url]
    assert added.code == 0, added.err
    assert (nothing.code, "no feed was found" in nothing.err) == (1, True)
    [row] = json.loads(cli("feeds", "list", "--json").out)
    assert row["id"] == added.out.strip()


def test_a_list_is_exported_without_credentials_unless_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cli = CommandLine(monkeypatch)
    file = tmp_path / "watch.toml"
    file.write_text(f'[service]\ndata_dir = "{tmp_path}/data"\n')
    monkeypatch.setenv("ALLIANCE_WATCH_CONFIG", str(file))
    assert cli("db", "upgrade").code == 0
    for url in ("https://u:hidden-1@a.example/rss", "https://b.example/rss?token=hidden-2&l=fr"):
        assert cli("feeds", "add", url).code == 0
    plain, whole = cli("feeds", "export"), cli("feeds", "export", "--with-credentials")
    assert "hidden" not in plain.out + plain.err
    assert "https://b.example/rss?l=fr" in plain.out
    assert "2 addresses are without their credentials" in plain.err
    assert "hidden-1" in whole.out
    assert "hidden-2" in whole.out
    assert whole.err == ""


def test_the_list_that_ships_can_be_imported_as_it_is() -> None:
    document = (Path(__file__).parents[2] / "deploy" / "feeds.opml").read_bytes()
    feeds = [FeedSettings(url=one.url, name=one.name).feed() for one in read_opml(document)]
    assert len(feeds) >= 20
    assert len({feed.id for feed in feeds}) == len(feeds)
    assert all(feed.url.startswith("https://") for feed in feeds)
    assert {"hl=fr", "hl=en"} <= {part[:5] for feed in feeds for part in feed.url.split("&")}
