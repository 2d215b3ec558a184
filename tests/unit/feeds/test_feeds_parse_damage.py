"""Documents damaged or meant to do damage: wrong encodings, bombs, forbidden characters."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.feeds import item, only, parse, rss
from worker.feeds import parsed
from worker.feeds.parse import Unparsable


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "iso-8859-1", "cp1252", "iso-8859-15"],
)
@pytest.mark.parametrize("declared", [True, False])
def test_encodings_are_found(encoding: str, declared: bool) -> None:
    name = f' encoding="{encoding.removesuffix("-sig")}"' if declared else ""
    document = f'<?xml version="1.0"{name}?><rss version="2.0"><channel><item><title>Où ça été</title></item></channel></rss>'  # noqa: E501
    entry = only(document.encode(encoding), None)
    assert entry.title == "Où ça été"


@pytest.mark.parametrize(
    ("declared", "charset", "actual"),
    [
        ("iso-8859-1", None, "utf-8"),
        ("utf-8", "iso-8859-1", "utf-8"),
        ("utf-8", None, "cp1252"),
        ("utf-8", "windows-1252", "cp1252"),
        ("nonsense", "rubbish", "utf-8"),
        ("nonsense", None, "cp1252"),
        ("us-ascii", "us-ascii", "utf-8"),
        ("shift_jis", "koi8-r", "koi8-r"),
    ],
)
def test_encodings_that_are_declared_wrongly(
    declared: str, charset: str | None, actual: str
) -> None:
    word = "Привет" if actual == "koi8-r" else "Où ça été"
    document = f'<?xml version="1.0" encoding="{declared}"?><rss version="2.0"><channel><item><title>{word}</title></item></channel></rss>'  # noqa: E501
    content_type = f"text/xml; charset={charset}" if charset else "text/xml"
    assert only(document.encode(actual), content_type).title == word


def test_japanese_in_escape_sequences() -> None:
    document = '<?xml version="1.0" encoding="iso-2022-jp"?><rss version="2.0"><channel><item><title>日産</title></item></channel></rss>'  # noqa: E501
    assert only(document.encode("iso-2022-jp")).title == "日産"


def test_damaged_bytes_cost_characters_and_no_entries() -> None:
    good = item(title="Café " * 200)
    body = rss(good, item(title="MARK")).replace(b"MARK", b"caf\xff\xfe!")
    feed = parse(body)
    assert feed.entries[0].title.startswith("Café Café")
    assert feed.entries[1].title.startswith("caf")
    assert feed.warnings[0] == "the text is not in the encoding that it declares"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "declarations",
    [
        f'<!ENTITY l0 "lol">{LAUGHS}',
        f"<!ENTITY l0 '{'a' * 100_000}'>",
        '<!ENTITY % p "<!ENTITY x 1>"> %p;',
        '<!ENTITY a "&b;"><!ENTITY b "&a;">',
        "".join(f'<!ENTITY e{n} "x">' for n in range(400)),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entity_bombs_are_refused(declarations: str, encoding: str) -> None:
    document = f'<?xml version="1.0"?><!DOCTYPE r [{declarations}]><rss version="2.0"><channel><item><title>&l9;&l0;</title></item></channel></rss>'  # noqa: E501
    begun = time.process_time()
    with pytest.raises(Unparsable, match=r"entit(y|ies)"):
        parse(document.encode(encoding))
    assert time.process_time() - begun < 1


def test_honest_entities_pass_and_files_are_not_read() -> None:
    head = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY eacute "&#233;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    entry = only(
        head
        + '<rss version="2.0"><channel><item><title>caf&eacute; &f;</title></item></channel></rss>'
    )
    assert entry.title.startswith("café")
    assert "root" not in entry.title


@pytest.mark.parametrize(
    "extension",
    ["<georss:point>1 2 3</georss:point>", "<gml:pos>x</gml:pos>", "<georss:box>a</georss:box>"],
)
def test_odd_extensions_cost_themselves_only(extension: str) -> None:
    spaces = "xmlns:georss='http://www.georss.org/georss' xmlns:gml='http://www.opengis.net/gml'"
    entry = f"<item><title>t</title>{extension}<description>d</description></item>"
    feed = parse(f"<rss version='2.0' {spaces}><channel>{entry}</channel></rss>")
    assert [(one.title, one.text) for one in feed.entries] == [("t", "d")]


def test_forbidden_characters_cost_themselves_only() -> None:
    body = rss(item(title="aCTRLb"), item(title="two")).replace(
        b"CTRL", b"\x00&#xD800;\x1b&#0;&#8;"
    )
    assert [entry.title for entry in parse(body).entries] == ["ab", "two"]
    assert parse(body).warnings == ()


def test_the_content_is_not_taken_for_a_file_name() -> None:
    with pytest.raises(Unparsable):
        parse(__file__)


def test_entries_beyond_the_cap_are_counted() -> None:
    feed = parse(b'<rss version="2.0"><channel>' + b"<item><title>t</title></item>" * 5_010)
    assert len(feed.entries) == parsed.MAX_ENTRIES
    assert feed.dropped == 10


FRAGMENTS = st.sampled_from(
    [
        "<rss",
        "version='2.0'>",
        "<channel>",
        "<item>",
        "<title>",
        "</title>",
        "<link>",
        "</link>",
        "<guid>",
        "<description>",
        "<![CDATA[",
        "]]>",
        "</item>",
        "</channel>",
        "</rss>",
        "<feed",
        "xmlns='http://www.w3.org/2005/Atom'>",
        "<entry>",
        "</entry>",
        "</feed>",
        "&amp;",
        "&lt;",
        "&#0;",
        "&#xD800;",
        "&bogus;",
        "<!--",
        "-->",
        "<?xml",
        "version='1.0'?>",
        "<a:b>",
        "<",
        ">",
        "&",
        "\x00",
        "ÿ",
        "é",
        "<pubDate>",
        "2023-01-24",
        "</pubDate>",
        "<content",
        "type='xhtml'>",
        "<div>",
        "<updated>",
        "9999-99-99",
        "<!DOCTYPE",
        "x",
        "[",
        "]>",
        "<!ENTITY",
        "a",
        "'b'>",
        "xml:base='http://['",
        '{"',
        "[",
        '"items":',
        "null",
        "}",
        "]",
    ]
)


@given(st.lists(FRAGMENTS, max_size=25), st.sampled_from(["utf-8", "utf-16", "latin-1"]))
def test_rubbish_gives_a_feed_or_a_reason_and_nothing_else(parts: list[str], encoding: str) -> None:
    try:
        feed = parse("".join(parts).encode(encoding, "replace"))
    except Unparsable as error:
        reason = str(error)
    else:
        reason = ""
        assert all(entry.title or entry.text for entry in feed.entries)
    assert reason.isprintable()
    assert not reason.startswith("cannot be parsed")
