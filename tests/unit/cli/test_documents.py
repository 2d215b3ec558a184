"""What a file is, and the items in it."""

from __future__ import annotations

import json

import pytest

from tests.support.wires import as_json, news_item, news_message, ninjs1, ninjs3, xhtml
from worker.cli.documents import Unreadable, read_documents

RSS = b"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Wire</title><language>fr-FR</language>
<item><guid>1</guid><title>Premier titre</title><description>Texte &amp; suite</description>
<pubDate>Mon, 02 Mar 2026 09:30:00 GMT</pubDate><link>https://example.org/1</link></item>
<item><guid>2</guid><title>Second titre</title><description>Fin</description></item>
</channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>News</title>
<entry><id>a</id><title>Deal</title><content>Body of it</content>
<updated>2026-03-02T09:30:00Z</updated></entry></feed>"""
JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "News",
        "items": [{"id": "1", "title": "Deal", "content_text": "Body of it"}],
    }
).encode()
PAGE = """<!DOCTYPE html><html><head><title>Site - Deal</title><style>p {}</style></head>
<body><nav>Menu</nav><article><h1>Renault &amp; Nissan</h1><p>First.</p><p>Second, 43&nbsp;%.</p>
<script>alert(1)</script></article><footer>Imprint</footer></body></html>"""


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_text_with_a_heading(ending: str) -> None:
    body = f"A short heading{ending}{ending}PARIS (Reuters) - Text.{ending}More.{ending}"
    (document,) = read_documents("note.txt", body.encode())
    assert (document.id, document.title) == ("note.txt", "A short heading")
    assert document.text == "PARIS (Reuters) - Text.\nMore."


@pytest.mark.parametrize("text", ["One line.", "Two\nlines", "x" * 301 + "\n\nrest"])
def test_a_text_without_a_heading(text: str) -> None:
    (document,) = read_documents("note.txt", text.encode())
    assert (document.title, document.text) == ("", text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str) -> None:
    (document,) = read_documents("note.txt", "Coopération accrue – déjà".encode(encoding))
    assert document.text == "Coopération accrue – déjà"


def test_a_page_gives_its_article_without_what_is_around_it() -> None:
    (document,) = read_documents("page", PAGE.encode())
    assert document.title == "Renault & Nissan"
    assert document.text.split() == ["First.", "Second,", "43", "%."]


@pytest.mark.parametrize("text", ["a < b and b > a", "<3 this deal", "Nissan <7201.T> said"])
def test_a_text_with_angle_brackets_is_no_page(text: str) -> None:
    (document,) = read_documents("note", text.encode())
    assert document.text == text


def test_a_feed_gives_its_entries() -> None:
    first, second = read_documents("wire.rss", RSS)
    assert (first.id, first.title, first.text) == ("wire.rss#1", "Premier titre", "Texte & suite")
    assert first.published is not None
    assert first.url == "https://example.org/1"
    assert second.id == "wire.rss#2"


@pytest.mark.parametrize("body", [ATOM, JSON_FEED])
def test_other_kinds_of_feed(body: bytes) -> None:
    (document,) = read_documents("feed", body)
    assert (document.title, document.text) == ("Deal", "Body of it")


def test_a_json_item_is_taken_as_it_is() -> None:
    body = json.dumps({"id": "x", "title": " T ", "text": " a\r\n", "lang": "fr"}).encode()
    (document,) = read_documents("item.json", body)
    assert (document.id, document.title, document.text) == ("x", " T ", " a\r\n")
    assert document.language == "fr"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\x7fELF\x00\x01", "not a text"),
        (b"{not json", "begins like JSON"),
        (b'{"a": 1}\n{"b": 2}', "--jsonl"),
        (b'{"title": "t"}', "neither a feed nor an item: id: is missing"),
        (b"<feed " + b"x" * 100, "not a usable feed"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(body: bytes, problem: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_documents("x", body)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        news_message(news_item("Deal", xhtml("Body of it"))),
        ('<?xml version="1.0"?>' + news_item("Deal", xhtml("Body of it"))).encode(),
        as_json(ninjs3(headlines=[{"value": "Deal"}], bodies=[{"value": "Body of it"}])),
        as_json([ninjs1(headline="Deal", body_html="", body_text="Body of it")]),
    ],
)
def test_packages_of_wires(body: bytes) -> None:
    (document,) = read_documents("package", body)
    assert (document.id, document.title, document.text) == ("package#1", "Deal", "Body of it")
    assert document.language == "en"


@pytest.mark.parametrize("text", ["[Exclusive] Renault and Nissan talk", "[1, 2]", "[]"])
def test_a_text_in_brackets_is_a_text(text: str) -> None:
    (document,) = read_documents("note", text.encode())
    assert document.text == text
