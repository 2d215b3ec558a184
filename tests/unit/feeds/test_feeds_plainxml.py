"""The fast way gives what feedparser gives, field by field, or leaves the document to it."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.feeds import BASE, item, rss
from tests.support.plainfeeds import feeds
from tests.support.rubbish import SEEDS, documents
from worker.feeds import document, plainxml
from worker.feeds.parse import ParsedFeed, Unparsable

CASES = int(os.environ.get("PLAIN_CASES", "300"))
_usual = settings(
    max_examples=CASES,
    suppress_health_check=[
        HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much,
    ],
)  # fmt: skip

FULL_RSS = rss(
    "<title>Renault &amp;amp; Nissan</title><link>https://a.example/1?a=1&amp;b=2</link>"
    "<description>&lt;p&gt;One.&lt;/p&gt;</description>"
    "<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
    "<![CDATA[<p>One.</p><p>Two.</p>]]></content:encoded>"
    "<guid isPermaLink='false'>g1</guid><pubDate>Tue, 24 Jan 2023 10:00:00 +0100</pubDate>"
    "<dc:creator xmlns:dc='http://purl.org/dc/elements/1.1/'>A. Writer</dc:creator>",
    item("Second", "https://a.example/2", "https://a.example/2", "Text"),
    channel="<title>W</title><ttl>60</ttl><language>fr</language>"
    "<skipHours><hour>1</hour></skipHours>",
)
FULL_ATOM = b"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr"><title>W</title><id>urn:f</id>
<entry><title type="html">R &amp;lt;b&amp;gt; x</title><link href="https://a.example/1"/>
<id>urn:1</id><author><name>A</name><email>a@a.example</email></author>
<published>2023-01-24T10:00:00+01:00</published><updated>2023-01-25T00:00:00Z</updated>
<summary>s</summary><content type="html">&lt;p&gt;One.&lt;/p&gt;</content></entry></feed>"""


def by(body: bytes, *, fast: bool) -> ParsedFeed | str:
    """What is read in one of the two ways; a text for what is no feed."""
    with pytest.MonkeyPatch.context() as patch:
        if not fast:
            patch.setattr(plainxml, "read", lambda _: None)
        try:
            return document.parse_xml(body, "application/xml", BASE)
        except Unparsable as reason:
            return str(reason)


def check(body: bytes) -> bool:
    """Whether the fast way took it; what it gave is right either way."""
    assert by(body, fast=True) == by(body, fast=False)
    return plainxml.read(body) is not None


@pytest.mark.parametrize("body", [FULL_RSS, FULL_ATOM])
def test_a_plain_feed_goes_the_fast_way(body: bytes) -> None:
    assert check(body)
    read = by(body, fast=True)
    assert isinstance(read, ParsedFeed)
    assert read.entries[0].author
    assert read.entries[0].text.startswith("One.")


def test_many_entries_and_large_texts_are_no_obstacle() -> None:
    items = (item(f"n{n}", f"https://a.example/{n}", f"{n}", "x" * 5_000) for n in range(200))
    assert check(rss(*items))


@pytest.mark.parametrize(
    "change",
    [
        (b"<channel>", b"<channel xml:lang='de'>"),
        (b"<title>Second", b"<title type='html'>Second"),
        (b"<item>", b"<item><unknown>x</unknown>"),
        (b"<title>Second", b"<title>First</title><title>Second"),
        (b"<rss ", b"<!DOCTYPE rss><rss "),
        (b'version="2.0"', b'version="0.91"'),
        (b'version="2.0"', b'version="2.0" xmlns="http://purl.org/rss/1.0/"'),
        (b"<title>Second", b"<title>&nbsp;Second"),
        (b"</channel>", b""),
        (b"<title>Second", "<title>\x92Second".encode()),
    ],
)
def test_whatever_is_unusual_is_left_to_feedparser(change: tuple[bytes, bytes]) -> None:
    assert not check(FULL_RSS.replace(*change, 1))


@pytest.mark.parametrize("body", SEEDS)
def test_good_documents_of_every_format_are_the_same_either_way(body: bytes) -> None:
    if body.lstrip().startswith(b"<"):
        check(body)


@_usual
@given(feeds)
def test_feeds_as_publishers_write_them_are_the_same_either_way(body: bytes) -> None:
    check(body)


@_usual
@given(documents)
def test_rubbish_is_the_same_either_way(body: bytes) -> None:
    if body.lstrip()[:1] not in (b"{", b"["):
        check(body)


def test_most_of_what_publishers_write_goes_the_fast_way() -> None:
    taken = Counter[bool]()

    @settings(max_examples=200, database=None, derandomize=True)
    @given(st.lists(feeds, min_size=1, max_size=1))
    def count(bodies: list[bytes]) -> None:
        taken[plainxml.read(bodies[0]) is not None] += 1

    count()
    assert taken[True] > 20
