"""The feeds of a site: the address itself, those that its page names, and those by custom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from worker.feeds.fetch import MAX_BYTES, Parser
from worker.feeds.links import Link, markup_links
from worker.feeds.parsed import ParsedFeed, Unparsable
from worker.net import BadAnswer, NetError, Outbound, Response, redact_url

_MEDIA = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/json",
        "application/xml",
        "text/xml",
    }
)
# Where the common systems of publishing have theirs.
_BY_CUSTOM = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json")
_MOST_NAMED = 8
_TIMEOUT = 15.0


@dataclass(frozen=True, slots=True)
class Discovered:
    """A feed that was fetched and read: where it is, its own title, and how many entries it has."""

    url: str
    title: str
    kind: str
    entries: int


async def discover(url: str, outbound: Outbound, parser: Parser) -> list[Discovered]:
    """The feeds at or behind an address, the likeliest first; those by custom only if no other.

    Raises `NetError` where the address itself cannot be fetched.
    """
    answer = await _get(url, outbound)
    found = await _read(answer.body, answer.headers.get("Content-Type"), answer.url, parser)
    if found is not None:
        return [_discovered(url, found)]
    named = list(_named(markup_links(answer.body, answer.url)))[:_MOST_NAMED]
    feeds = [one for one in [await _try(link, outbound, parser) for link in named] if one]
    if feeds:
        return feeds
    root = urljoin(answer.url, "/")
    below = answer.url.split("?")[0].rstrip("/")
    places = [f"{below}{path}" for path in _BY_CUSTOM[:2]] if urlsplit(below).path else []
    for place in [*places, *(urljoin(root, path) for path in _BY_CUSTOM)]:
        one = await _try(place, outbound, parser)
        if one is not None:
            return [one]
    return []


def _named(links: tuple[Link, ...]) -> Iterator[str]:
    """Pages name feeds as alternates of themselves; those of comments come last."""
    feeds = [link for link in links if "alternate" in link.relations and link.media in _MEDIA]
    feeds += [link for link in links if "feed" in link.relations and link not in feeds]
    yield from dict.fromkeys(
        link.url for link in sorted(feeds, key=lambda link: "comment" in link.title.lower())
    )


async def _try(url: str, outbound: Outbound, parser: Parser) -> Discovered | None:
    try:
        answer = await _get(url, outbound)
    except NetError:
        return None
    found = await _read(answer.body, answer.headers.get("Content-Type"), answer.url, parser)
    return None if found is None else _discovered(url, found)


async def _get(url: str, outbound: Outbound) -> Response:
    answer = await outbound.request(
        "GET", url, timeout=_TIMEOUT, max_bytes=MAX_BYTES, follow_redirects=True
    )
    if answer.status != 200:
        raise BadAnswer(f"{redact_url(url)} answers with HTTP {answer.status}")
    return answer


async def _read(body: bytes, media: str | None, url: str, parser: Parser) -> ParsedFeed | None:
    try:
        return await parser.parse(body, media, url)
    except Unparsable:
        return None


def _discovered(url: str, feed: ParsedFeed) -> Discovered:
    return Discovered(url, feed.title or "", feed.kind, len(feed.entries))
