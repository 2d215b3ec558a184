"""Hostile documents of every format that is read: broken, lying, nested, mixed up, made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.support.feed_zoo import feeds
from tests.support.feeds import item, rss
from tests.support.wires import (
    NAR,
    as_json,
    news_item,
    news_message,
    ninjs1,
    ninjs2,
    ninjs3,
    nitf,
    package_item,
    xhtml,
)

_ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr" xml:base="/b/">
<title type="html">W</title><id>urn:f</id><entry><title type="html">R &amp;lt;b&amp;gt;</title>
<link rel="alternate" href="/n/1"/><id>urn:1</id><author><name>A</name></author>
<published>2023-01-24T10:00:00+01:00</published><updated>2023-01-25T00:00:00Z</updated>
<summary>s</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One.</p></div>
</content></entry></feed>"""  # noqa: E501
_RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel rdf:about="https://e.example/">
<title>C</title><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>
<sy:updateBase>2000-01-01T12:00+00:00</sy:updateBase></channel><item rdf:about="https://e.example/1">
<title>T</title><link>https://e.example/1</link><dc:date>2023-01-24T10:00:00Z</dc:date></item>
</rdf:RDF>"""
_RSS = rss(
    item("Renault", "/n/1", "g1", "<p>One &amp; two</p>", "Tue, 24 Jan 2023 10:00:00 +0100"),
    item("Nissan", "/n/2", "g1", "PARIS, Jan 26 (Reuters) - Text", "yesterday"),
    channel="<title>W</title><ttl>60</ttl><language>fr</language>"
    "<skipHours><hour>1</hour><hour>24</hour></skipHours><skipDays><day>Sunday</day></skipDays>",
)
_META = (
    "<embargoed>2023-01-27T06:00:00Z</embargoed><edNote>n</edNote>"
    '<signal qcode="sig:correction"/><title>slug</title>'
)
_NEWSML = news_message(
    package_item("g:1", "g:9", inline=news_item(guid="g:3", content=nitf("x", headline="h"))),
    news_item("One", xhtml("A &amp; b", "c"), guid="g:1", version="2", meta=_META),
    news_item("Two", "<inlineData>plain</inlineData>", guid="g:1", status="stat:canceled"),
)
_JSON_FEED: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "W",
    "language": "fr",
    "items": [
        {"id": 1, "title": "t", "content_html": "<p>x</p>", "date_published": "2023-01-24T10:00Z"},
        {"id": "2", "content_text": "y", "authors": [{"name": "A"}], "url": "/n/2"},
    ],
}
_NINJS = [ninjs1(embargoed="2023-01-27"), ninjs2(uri="urn:2"), {"hits": {"hits": [ninjs3()]}}]
SEEDS: tuple[bytes, ...] = (
    _RSS, _ATOM.encode(), _RDF.encode(), _NEWSML, news_item().encode(), as_json(_JSON_FEED),
    as_json(_NINJS), as_json(ninjs1(type="composite", associations={"a": ninjs3(uri="urn:3")})),
)  # fmt: skip
"""One good document of every format, to be spoilt."""

_TOKENS: tuple[bytes, ...] = tuple(
    token if isinstance(token, bytes) else token.encode("utf-8", "surrogatepass")
    for token in (
        "<", ">", "</", "/>", "&", "&amp;", "&#0;", "&#xD800;", "&#x110000;", "&bogus;", "<!--",
        "-->", "--", "<![CDATA[", "]]>", "<?xml version='1.0' encoding='utf-7'?>", "<?", "?>",
        "<!DOCTYPE x>", "<!DOCTYPE x [", "<!ENTITY a 'b'>",
        "<!ENTITY a SYSTEM 'file:///etc/hosts'>", "]>", "<rss version='2.0'>", "<channel>",
        "<item>", "</item>", "<title>", "</title>", "<feed>", "<entry>", "<a:b>", "xmlns='",
        "xmlns:a='x'", "xml:base='http://['", "xml:lang='fr'", "'", '"',
        f"<newsItem xmlns='{NAR}' guid='g' version='1'>", "</newsItem>", "<newsMessage>",
        "<itemSet>", "<packageItem>", "<itemRef residref='r'/>", "<itemMeta>", "</itemMeta>",
        "<embargoed/>", "<embargoed>", "9999-99-99", "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00", "<pubStatus qcode='stat:withheld'/>",
        "<signal uri='http://x/kill'/>", "<contentMeta>", "<headline>", "<contentSet>",
        "<inlineXML>", "<inlineData encoding='base64'>", "</inlineData>",
        "<nitf><body><body.content>", "<html><body><p>", "<p><b><i><u>", "<table><tr><td>",
        "version='99999999999999999999'", "<skipHours>", "<hour>-1</hour>", "<ttl>1e9</ttl>", "{",
        "}", "[", "]", ":", ",", "null", "true", "1e999", "-0", "NaN", "Infinity",
        "99999999999999999999999", '"uri":', '"headline":', '"bodies":', '"items":', '"_source":',
        '"associations":', '"pubstatus":"canceled"', '"embargoed":', '"\\ud800"', '"\\u0000"',
        "\ud800", "\x00", "\x0b", "\x1b[2J", "\u202e", "\ufffe", "\ufeff", "é", "日本", "😀", "ÿþ",
        b"\xff", b"\xfe\xff", b"\xff\xfe", b"\x00<", b"\xc0\xaf", b"\xed\xa0\x80", b"\x1b$B",
        b"\x80",
    )
)  # fmt: skip

_token = st.sampled_from(_TOKENS)
_soup = st.lists(_token, max_size=40).map(b"".join)
_begun = st.builds(bytes.__add__, st.sampled_from([s[:60] for s in SEEDS]), _soup)


def _spoil(draw: st.DrawFn, piece: bytes) -> bytes:
    """What stands in the place of `piece` afterwards."""
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: b"",
        lambda: piece * draw(st.integers(2, 40)),
        lambda: draw(_token),
        lambda: piece + draw(_token),
        lambda: piece[::-1],
        lambda: draw(st.binary(max_size=8)),
        lambda: bytes(byte ^ draw(st.integers(0, 255)) for byte in piece[:4]),
    )
    return draw(st.sampled_from(ways))()


@st.composite
def _spoilt(draw: st.DrawFn) -> bytes:
    """A good document after a few cuts, swaps, repetitions and insertions."""
    document = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(document)))
        end = min(len(document), start + draw(st.integers(0, 60)))
        document = document[:start] + _spoil(draw, document[start:end]) + document[end:]
        if draw(st.integers(0, 19)) == 7:
            document = document[: draw(st.integers(0, len(document)))]
    return document


_NAMES = st.sampled_from(
    [
        "newsMessage", "itemSet", "newsItem", "packageItem", "groupSet", "group", "itemRef",
        "itemMeta", "contentMeta", "contentSet", "rightsInfo", "headline", "title", "embargoed",
        "pubStatus", "signal", "edNote", "provider", "copyrightHolder", "name", "versionCreated",
        "firstCreated", "itemClass", "inlineXML", "inlineData", "remoteContent", "language", "by",
        "nitf", "body", "body.head", "body.content", "hl1", "html", "head", "p", "table", "media",
        "x:newsItem", "x:p", "description",
    ]
)  # fmt: skip
_VALUES = st.one_of(
    st.sampled_from(
        [
            "", "g", "stat:canceled", "stat:", "ninat:text", "ninat:video", "sig:update", ":", "/",
            "text/plain", "text/html", "application/nitf+xml", "fr-FR", "http://[", "javascript:x",
            "2023-01-26T10:00:00Z", "9999-12-31T23:59:59-14:00", "urn:x", "1", "-1", "x" * 3_000,
        ]
    ),
    st.text(max_size=20),
)  # fmt: skip
_ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        ["guid", "version", "qcode", "uri", "literal", "xml:lang", "tag", "contenttype", "encoding",
         "href", "residref", "role", "rel"]
    ),
    _VALUES,
    max_size=4,
)  # fmt: skip


def _escaped(value: str) -> str:
    kept = "".join(c for c in value if c.isprintable())
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _element(name: str, attributes: dict[str, str], inside: list[str]) -> str:
    given = "".join(f' {key}="{_escaped(value)}"' for key, value in attributes.items())
    return f"<{name}{given}>{''.join(inside)}</{name}>"


_trees = st.recursive(
    _VALUES.map(_escaped),
    lambda inside: st.builds(_element, _NAMES, _ATTRIBUTES, st.lists(inside, max_size=6)),
    max_leaves=30,
)
_made_up_xml = st.builds(
    lambda root, inside: _element(root, {"xmlns": NAR}, inside).encode("utf-8", "replace"),
    st.sampled_from(["newsItem", "packageItem", "newsMessage"]),
    st.lists(_trees, max_size=6),
)

_KEYS = st.sampled_from(
    [*ninjs1(), *ninjs2(), *ninjs3(), *_JSON_FEED, "hits", "_source", "item", "data", "signal",
     "signals", "associations", "role", "value", "contentType", "body_", "body_nitf", "guid", "id",
     "embargoed", "pubStatus", "provider", "name", "url", "type", "content_html"]
)  # fmt: skip
_json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | _VALUES | st.just("text"),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(_KEYS, inside, max_size=8),
    max_leaves=40,
)
_changes = st.dictionaries(_KEYS, _json_values, max_size=5)
_changed_items = st.builds(
    lambda item, changes: {**item, **changes},
    st.sampled_from([ninjs1(), ninjs2(), ninjs3()]),
    _changes,
)
_changed_json = st.one_of(
    _changed_items,
    st.lists(_changed_items | _json_values, max_size=4),
    st.builds(
        lambda changes, items: {**_JSON_FEED, **changes, "items": items},
        _changes,
        st.lists(st.builds(lambda c: {**_JSON_FEED["items"][0], **c}, _changes) | _json_values),
    ),
)
_made_up_json = (_json_values | _changed_json).map(lambda value: json.dumps(value).encode())

_nested = st.builds(
    lambda seed, token, times: seed + token * times,
    st.sampled_from([s[:n] for s in SEEDS for n in (0, 40, 400)]),
    _token,
    st.integers(50, 2_000),
)


def _recoded(document: bytes, encoding: str) -> bytes:
    return document.decode("utf-8", "replace").encode(encoding, "replace")


_plain = st.one_of(
    _spoilt(),
    _spoilt(),
    _spoilt(),
    _begun,
    _soup,
    _made_up_xml,
    _made_up_json,
    _made_up_json,
    _nested,
    feeds(),
    feeds(),
    feeds(),
)
documents = st.one_of(
    _plain,
    _plain,
    _plain,
    st.builds(_recoded, _plain, st.sampled_from(["utf-16", "utf-32", "latin-1", "utf-16-be"])),
    st.binary(max_size=200),
)
"""Documents of some kilobytes."""

content_types = st.sampled_from(
    [None, "", "text/xml", "application/json", "text/html; charset=utf-16", "x; charset=\x00", ";"]
)


def large() -> list[bytes]:
    """Documents of a few megabytes that are made to take time or memory."""
    starts = (b"", _RSS[:90], _ATOM.encode()[:140], _NEWSML[:200], b'{"items":[', b'[{"uri":"')
    pieces = (
        b"<a>", b"<p><b>", b"&amp;", b"<newsItem guid='g'>", b"<item><title>x", b"<![CDATA[",
        b"<!--", b"[", b'{"a":', b'{"uri":"u","headline":"h"},', b"<body.content>",
        b"\xf0\x9f\x98\x80", b"<skipHours>", b"a='b' ", b"<?x ", b"- (", b"PARIS, ",
    )  # fmt: skip
    size = 2_000_000
    return [start + piece * (size // len(piece)) for start in starts for piece in pieces]
