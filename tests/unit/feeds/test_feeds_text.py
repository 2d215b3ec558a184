from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.feeds import text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("<div><p>One.</p>\n\n  <p>Two\nlines.</p></div>", "One.\n\nTwo lines."),
        ("One<br>two<br/>three", "One\ntwo\nthree"),
        ("<ul><li>a</li><li>b</li></ul>", "a\n\nb"),
        ("<b>R</b>enault <i>et</i> Nissan", "Renault et Nissan"),
        ("Caf&eacute; &amp; th&#233; &#x2019;", "Café & thé ’"),
        ("x<script>alert(1)</script><style>p{}</style>y", "xy"),
        ("a<!-- hidden -->b", "ab"),
        ("<table><tr><td>43</td><td>15</td></tr></table>", "43 15"),
        ("5 < 6 & 7 > 6", "5 < 6 & 7 > 6"),
        ("no mark-up at all", "no mark-up at all"),
        ("<p>unclosed <b>tags", "unclosed tags"),
        ('<a href="javascript:x" onclick="y">link</a><img src="x">', "link"),
        ("", ""),
        ("<p></p><br><br>", ""),
        ("Line one\nLine two", "Line one\nLine two"),
        ("&lt;b&gt;shown as written&lt;/b&gt;", "<b>shown as written</b>"),
    ],
)
def test_html_reads_as_the_page_did(source: str, expected: str) -> None:
    assert text.from_html(source) == expected


def test_plain_text_keeps_its_lines_and_loses_entities() -> None:
    assert text.from_plain("R&amp;D  at\tRenault\r\n\r\n\r\nNissan") == "R&D at Renault\n\nNissan"
    assert text.from_plain("AT&T; a & b &c") == "AT&T; a & b &c"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a\x00b\x1b[31mc\x7f", "ab[31mc"),
        ("a\u200bb\ufeffc\u202ed\u2066e", "abcde"),
        ("Re\xadnault", "Renault"),
        ("\ud800x\udfff", "x"),
        ("a\u2028b\u2029c", "a\nb\nc"),
        ("a\xa0b\u2009c", "a b c"),
        ("é e\u0301 日本 😀", "é e\u0301 日本 😀"),
    ],
)
def test_characters_that_nobody_sees_are_dropped(source: str, expected: str) -> None:
    assert text.plain(source, 100) == expected


def test_long_values_are_cut() -> None:
    assert text.plain("x" * 50, 10) == "x" * 9 + "…"
    assert len(text.from_html("<p>" + "word " * 100_000)) <= text.MAX_TEXT
    assert len(text.one_line("word " * 10_000)) <= text.MAX_TITLE


def test_a_title_is_one_line() -> None:
    assert text.one_line(" a\nb\r\n c\u2028d ") == "a b c d"


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 100_000,
        "<b>" * 100_000 + "x",
        "<a href=x>" * 50_000,
        "<table>" * 30_000,
        "<![CDATA[" * 50_000,
        "<" * 300_000,
        "&" * 300_000,
        "<!--" * 100_000,
        "<p " + "a=b " * 100_000,
    ],
)
def test_hostile_html_takes_little_time(source: str) -> None:
    begun = time.process_time()
    text.from_html(source)
    assert time.process_time() - begun < 3


@given(st.text(alphabet=st.sampled_from("<>/&;#pbr \n\"'=!-[]a1\x00\u200b"), max_size=80))
def test_any_html_gives_clean_text(source: str) -> None:
    result = text.from_html(source)
    assert result == result.strip()
    assert not set(result) & {"\x00", "\u200b", "\r"}
    assert "\n\n\n" not in result


_SIMPLE_HTML = st.lists(
    st.sampled_from(
        [
            "<p>", "</p>", "<br>", "<br/>", "<br />", "<b>", "</b>", "<i>", "</i>", "</a>", "<em>",
            '<a href="https://a.example/?a=1">', "</em>", "<strong>", "</strong>", "word", " ",
            "\n", "&amp;", "&lt;p&gt;", "&nbsp;", "&eacute;", "&amp;lt;", "&bogus;", "& ", "é", "<",
            ">",
            "<div>", "<script>x</script>", "\x0c", "\u2028", "&lt", "&#38;", "<p class='x'>",
            "&copy",
        ]
    ),
    max_size=12,
).map("".join)  # fmt: skip


@settings(max_examples=300)
@given(_SIMPLE_HTML)
def test_simple_html_reads_as_through_a_parser(source: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "_is_simple", lambda _: False)
        thorough = text.from_html(source)
    assert text.from_html(source) == thorough
