"""What is read from feeds of each kind, field by field, and what is not one."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tests.support.feeds import item, only, parse, rss
from worker.domain.item import Entry
from worker.feeds.parse import Unparsable

ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr-FR">
<title type="html">D&amp;amp;B</title><id>urn:f</id><entry><title type="html">Renault &amp;lt;b&amp;gt; &lt;i&gt;Nissan&lt;/i&gt;</title>
<link rel="enclosure" href="https://a.example/x.mp3"/><link rel="alternate" href="/news/1"/><id>urn:1</id>
<author><name>A. Martin</name></author><published>2023-01-24T10:00:00+01:00</published><updated>2023-01-25T00:00:00Z</updated>
<summary>short</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One.</p><p>Two &amp; three.</p></div></content>
</entry></feed>"""  # noqa: E501

RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://e.example/"><title>C</title></channel><item rdf:about="https://e.example/1"><title>T</title><link>https://e.example/1</link><dc:date>2023-01-24T10:00:00Z</dc:date></item></rdf:RDF>"""  # noqa: E501


@pytest.mark.parametrize("order", [("guid", "link"), ("link", "guid")])
def test_a_guid_that_is_no_address_makes_no_link(order: tuple[str, str]) -> None:
    named = {"guid": "<guid>en1</guid>", "link": "<link>/news/1</link>"}
    [alone] = parse(rss("<title>T</title><guid>en1</guid>")).entries
    assert (alone.guid, alone.url) == ("en1", None)
    [both] = parse(rss("<title>T</title>" + "".join(named[each] for each in order))).entries
    assert (both.guid, both.url) == ("en1", "https://wire.example/news/1")


def test_rss_gives_every_field() -> None:
    body = rss(
        "<title>Renault &amp; Nissan</title><link>/news/1?a=1&amp;b=2</link>"
        '<guid isPermaLink="false">tag:1</guid><pubDate>Tue, 24 Jan 2023 10:00:00 +0100</pubDate>'
        "<description>&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;</description>",
        channel="<title>Wire</title><language>fr-fr</language>",
    )
    feed = parse(body)
    assert (feed.kind, feed.title, feed.dropped, feed.warnings) == ("rss20", "Wire", 0, ())
    assert feed.entries == (
        Entry(
            title="Renault & Nissan",
            text="One.\n\nTwo.",
            guid="tag:1",
            url="https://wire.example/news/1?a=1&b=2",
            published=datetime(2023, 1, 24, 9, tzinfo=UTC),
            language="fr",
        ),
    )


def test_atom_gives_every_field() -> None:
    feed = parse(ATOM)
    assert (feed.kind, feed.title) == ("atom10", "D&B")
    assert feed.entries == (
        Entry(
            title="Renault <b> Nissan",
            text="One.\n\nTwo & three.",
            guid="urn:1",
            url="https://wire.example/news/1",
            published=datetime(2023, 1, 24, 9, tzinfo=UTC),
            updated=datetime(2023, 1, 25, tzinfo=UTC),
            author="A. Martin",
            language="fr",
        ),
    )


def test_rdf_gives_its_entries() -> None:
    entry = only(RDF)
    assert (entry.title, entry.url) == ("T", "https://e.example/1")
    assert datetime(2023, 1, 24, 10, tzinfo=UTC) in (entry.published, entry.updated)


def test_json_feed_gives_every_field() -> None:
    feed = parse(
        '{"version": "https://jsonfeed.org/version/1.1", "title": "J",'
        '"language": "en-GB", "items":'
        '[{"id": 7, "url": "/n/7", "title": "T &amp; U", "content_html": "<p>a</p><p>b</p>",'
        '"date_published": "2023-01-24T10:00:00+01:00", "authors": [{"name": "A"}, {"name": "B"}]},'
        '{"id": "8", "content_text": "text", "date_published": "nonsense"}, {"id": "9"}, 3]}'
    )
    assert (feed.kind, feed.title, feed.dropped) == ("json11", "J", 2)
    assert feed.entries == (
        Entry(
            title="T & U",
            text="a\n\nb",
            guid="7",
            url="https://wire.example/n/7",
            published=datetime(2023, 1, 24, 9, tzinfo=UTC),
            author="A, B",
            language="en",
        ),
        Entry(title="", text="text", guid="8", language="en"),
    )


def test_the_fullest_text_is_taken() -> None:
    body = (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        "<item><title>t</title><description>short</description>"
        "<content:encoded><![CDATA[<p>The whole</p><p>article.</p>]]></content:encoded></item>"
        "</channel></rss>"
    )
    assert only(body).text == "The whole\n\narticle."


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (item(title="t"), Entry("t", "")),
        (item(text="x"), Entry("", "x")),
        (item(title="t", guid="g"), Entry("t", "", guid="g")),
        (item(title="t", link="https://a.example/"), Entry("t", "", url="https://a.example/")),
        (item(title="t", date="yesterday or so"), Entry("t", "")),
        (item(title="t", date="Tue, 99 Foo 2023"), Entry("t", "")),
    ],
)
def test_entries_survive_without_what_they_lack(xml: str, expected: Entry) -> None:
    entry = only(rss(xml))
    assert entry == (
        expected if not expected.guid else Entry("t", "", guid=entry.guid, url=entry.url)
    )


def test_an_entry_with_nothing_to_read_is_dropped_and_counted() -> None:
    feed = parse(rss("", item(link="https://a.example/"), item(title="kept"), item(guid="g")))
    assert [entry.title for entry in feed.entries] == ["kept"]
    assert feed.dropped == 3
    assert feed.warnings == ("entries with neither title nor text: 3",)


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://a.example/",
        "mailto:a@b.example",
        "http://",
        "http://[::1",
        "https://" + "a" * 3_000,
    ],
)
def test_only_web_addresses_become_links(link: str) -> None:
    assert only(rss(item(title="t", link=link))).url is None


def test_a_guid_that_is_an_address_serves_as_link() -> None:
    assert only(rss(item(title="t", guid="https://a.example/1"))).url == "https://a.example/1"


def test_titles_are_text_however_often_they_were_escaped() -> None:
    titles = {
        "<title>R&amp;amp;D &amp;#8217;</title>": "R&D ’",
        "<title>&lt;b&gt;Bold&lt;/b&gt; news</title>": "Bold news",
        "<title><![CDATA[A &amp; B <em>C</em>]]></title>": "A & B C",
        "<title>a\n  b</title>": "a b",
        "<title>less &lt; more</title>": "less < more",
    }
    for xml, expected in titles.items():
        assert only(rss(xml)).title == expected


def test_a_future_date_is_kept_as_claimed() -> None:
    entry = only(rss(item(title="t", date="Fri, 01 Jan 2100 00:00:00 GMT")))
    assert entry.published == datetime(2100, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty body"),
        (b" \r\n\t ", "empty body"),
        (b"\xef\xbb\xbf", "empty body"),
        (b"<!DOCTYPE html><html><body><item><title>x</title></item></body></html>", "HTML page"),
        (b"\n <!-- hi --><html lang='fr'>", "HTML page"),
        (b"<?xml version='1.0'?><!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0'><html>", "HTML page"),
        (b"hello", "no feed"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "no feed"),
        (b"<opml version='1.0'><body/></opml>", "no feed"),
        (b"<svg/>", "no feed"),
        (b'{"a": 1}', "no JSON Feed"),
        (b"[1, 2]", "no JSON Feed"),
        (b'{"items": 3}', "no JSON Feed"),
        (b'{"items": [', "neither XML nor JSON"),
    ],
)
def test_what_is_no_feed_says_so_in_one_line(body: bytes, reason: str) -> None:
    with pytest.raises(Unparsable, match=reason) as caught:
        parse(body, "application/rss+xml")
    assert "\n" not in str(caught.value)


def test_a_feed_sent_as_html_is_a_feed() -> None:
    assert only(rss(item(title="t")), "text/html").title == "t"


def test_a_feed_without_entries_is_a_feed() -> None:
    assert parse(rss()).entries == ()


def test_a_feed_that_breaks_off_gives_what_came_before() -> None:
    feed = parse(rss(item(title="one"), item(title="two"))[:-40])
    assert feed.entries[0].title == "one"
    assert feed.warnings[0].startswith("not well-formed")


def test_feedparser_is_loaded_for_xml_only() -> None:
    script = (
        "import sys, worker.feeds.parse, worker.feeds.fetch, worker.feeds.identity as i;"
        "worker.feeds.parse.parse_document(b'{\"items\":[]}', None, 'http://a.example/');"
        "sys.exit('feedparser' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
