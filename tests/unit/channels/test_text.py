from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.hostile import any_hostile_text, titles
from worker.channels.text import (
    clean_block,
    clean_line,
    excerpt_of_answer,
    safe_link,
    shorten,
    unlinkable,
)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Renault  and\tNissan\n", "Renault and Nissan"),
        ("a\r\nBcc: b", "a Bcc: b"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\u202eevil\u202c", "evil"),
        ("a\u2028b", "a b"),
        ("\ud800x", "x"),
        ("34\u202f% of «\u00a0Renault\u00a0»", "34\u202f% of «\u00a0Renault\u00a0»"),
        ("été 🚗 日産", "été 🚗 日産"),
        ("", ""),
    ],
)
def test_a_line_keeps_what_people_read_and_nothing_else(text: str, clean: str) -> None:
    assert clean_line(text, 200) == clean


@given(titles, st.integers(1, 400))
def test_a_clean_line_is_one_visible_line_within_its_limit(text: str, limit: int) -> None:
    line = clean_line(text, limit)
    assert len(line) <= limit
    assert line == line.strip()
    assert not {unicodedata.category(char) for char in line} & {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}


@any_hostile_text
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean_line(clean_line(text, 300), 300) == clean_line(text, 300)


def test_what_lies_far_beyond_the_limit_is_never_looked_at() -> None:
    assert clean_line("\x00" * 10_000 + "x", 5) == ""
    assert clean_block("\n" * 10_000 + "x", 5) == ""


def test_a_block_keeps_lines_but_no_gulfs() -> None:
    assert clean_block("a\r\n b \n\n\n\n\nc\x0bd\n", 100) == "a\nb\n\nc\nd"


def test_shortening_shows_and_prefers_the_end_of_a_word() -> None:
    assert shorten("Renault and Nissan", 18) == "Renault and Nissan"
    assert shorten("Renault and Nissan", 12) == "Renault and…"
    assert shorten("A" * 20, 10) == "A" * 9 + "…"
    assert shorten("&" * 20, 21, lambda text: len(text) * 5) == "&&&…"


@pytest.mark.parametrize(
    "text",
    [
        "evil.example",
        "https://evil.example/x",
        "www.evil.example",
        "a@evil.example",
        "@channel",
        "<!here>",
        "<@U012>",
        "mailto:a",
        "javascript:alert(1)",
        "evil。example",
    ],
)
def test_what_looks_like_a_link_or_mention_is_broken_invisibly(text: str) -> None:
    broken = unlinkable(text)
    assert broken != text
    assert broken.replace("\u200b", "") == text
    assert not re.search(r"\w[.。]\w|\w:\S|@\w|<[!@#\w]", broken)


@pytest.mark.parametrize("text", ["34.5%", "09:30", "1.5 billion", "Renault and Nissan: talks"])
def test_figures_and_plain_sentences_stay_untouched(text: str) -> None:
    assert unlinkable(text) == text


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://wire.example/a?b=c&d=é#e", "https://wire.example/a?b=c&d=%C3%A9#e"),
        ("http://127.0.0.1:8765/x", "http://127.0.0.1:8765/x"),
        ("https://wire.example", "https://wire.example"),
        ("https://wire.example/a\"b'<c>|d", "https://wire.example/a%22b%27%3Cc%3E%7Cd"),
        ("https://wire.example/a\r\nb", "https://wire.example/a%0D%0Ab"),
        ("https://wire.example@evil.example/", None),
        ("https://wire.example\\@evil.example/", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//evil.example/", None),
        ("https:///x", None),
        ("https://wire.example/" + "a" * 2000, None),
        ("", None),
        (None, None),
    ],
)
def test_only_whole_http_addresses_become_links(url: str | None, link: str | None) -> None:
    assert safe_link(url) == link


def test_an_answer_is_kept_short_and_harmless() -> None:
    assert excerpt_of_answer(b"\xff\x00no\x1b[2J such\r\nhook") == "\ufffdno such\nhook"
    assert len(excerpt_of_answer(b"a" * 100_000)) == 2000
