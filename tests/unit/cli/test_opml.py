"""Lists of feeds in OPML."""

from __future__ import annotations

import pytest

from worker.cli.opml import Outline, read_opml, write_opml

NESTED = b"""<?xml version="1.0"?><opml version="2.0"><head/><body>
<outline text="Cars"><outline type="rss" text="A" xmlUrl="https://example.org/a"/>
<outline text="Deeper">
<outline title="  B \n b" text="x" xmlUrl=" https://example.org/b "/></outline>
</outline><outline text="no feed"/><outline xmlUrl="https://example.org/a" text="again"/>
</body></opml>"""


def test_nested_lists_are_read_each_address_once() -> None:
    assert read_opml(NESTED) == [
        Outline("https://example.org/a", "A"),
        Outline("https://example.org/b", "B b"),
    ]


def test_what_is_written_is_read_back() -> None:
    feeds = [
        Outline("https://example.org/?a=1&b=<2>", 'Quotes " and <tags> & clés'),
        Outline("https://example.org/nameless", "https://example.org/nameless"),
    ]
    assert read_opml(write_opml(feeds).encode()) == feeds


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (b"", "not well-formed XML"),
        (b"<opml><body>", "not well-formed XML"),
        (b"<rss/>", "not OPML: it begins with <rss>"),
        (b'<!DOCTYPE opml [<!ENTITY a "aaaa">]><opml>&a;</opml>', "document type declaration"),
        (b" " * (11 * 1024 * 1024), "larger than 10 MB"),
    ],
)
def test_anything_else_is_refused(document: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_opml(document)
