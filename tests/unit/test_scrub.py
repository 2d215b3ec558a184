"""No secret survives scrubbing, by value or by shape, and ordinary text does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.scrub import MASK, Scrubber

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("redis://:hunter2@cache:6379/0", "redis://[secret]@cache:6379/0"),
        ("postgresql+psycopg://u:hunter2@db/x", "postgresql+psycopg://[secret]@db/x"),
        ("smtp://me:hun@ter2@mail:587 down", "smtp://[secret]@mail:587 down"),
        ("signed with whsec_aHVudGVyMg==", "signed with [secret]"),
        ("token xoxb-1234-hunter2 refused", "token [secret] refused"),
        ("https://hooks.slack.com/services/T0/B0/hunter2", "https://hooks.slack.com/" + MASK),
        ("sign-in#aw_signin_hunter2-x", "sign-in#[secret]"),
        ("aw_admin_hunter2", MASK),
        ("Authorization: Bearer hunter2.a-b", "Authorization: [secret]"),
        ("sent 'bearer hunter2'", "sent 'bearer [secret]'"),
        ("Basic dXNlcjpodW50ZXIy", "Basic [secret]"),
        ("GET /feed?api_key=hunter2&n=3", "GET /feed?api_key=[secret]&n=3"),
        ("GET /feed?n=3&sig=hunter2", "GET /feed?n=3&sig=[secret]"),
        ("FEED_TOKEN=hunter2, next", "FEED_TOKEN=[secret], next"),
        ("login(password='hunter 2')", "login(password='[secret]')"),
        ("{'X-Api-Key': 'hunter2', 'a': 1}", "{'X-Api-Key': '[secret]', 'a': 1}"),
        ('{"client_secret": "hunter2"}', '{"client_secret": "[secret]"}'),
        ("[('Authorization', 'Token hunter2')]", "[('Authorization', '[secret]')]"),
        ("(b'cookie', b'sid=hunter2')", "(b'cookie', b'[secret]')"),
        ("a: 1\r\nCookie: sid=hunter2; b=2\nend", "a: 1\r\nCookie: [secret]\nend"),
    ],
)  # fmt: skip
def test_shapes_of_secrets(text: str, scrubbed: str) -> None:
    scrub = Scrubber()
    assert scrub.text(text) == scrubbed
    assert scrub.text(scrubbed) == scrubbed


@pytest.mark.parametrize(
    "text",
    [
        "Nissan in talks to cut its stake in Mitsubishi Motors from 34% to 24%",
        "https://wire.example/items/1?a=1&b=2",
        "http://127.0.0.1:8765/mail/you@example.org",
        "secret: expected a text (write env:NAME)",
        "the token has expired",
        "12:30 basic tasks: keyboard=azerty, author=me",
        "smtp://user@host:587",
    ],
)
def test_ordinary_text_passes(text: str) -> None:
    assert Scrubber(["", "abc"]).text(text) == text


def test_named_secrets_go_wherever_they_turn_up() -> None:
    scrub = Scrubber(["hunter2", "hunter2-long", "pä ss/w'ord", "tab\tbed", "ab"])
    assert scrub.text("x hunter2-long y hunter2z") == f"x {MASK} y {MASK}z"
    assert scrub.text("https://h/p%C3%A4%20ss%2Fw%27ord/x") == f"https://h/{MASK}/x"
    assert scrub.text(f"as repr: {'tab' + chr(9) + 'bed'!r}") == f"as repr: '{MASK}'"
    assert scrub.text("ab stays: too short to be told from a word").startswith("ab stays")


def test_a_tree_is_scrubbed_to_its_leaves() -> None:
    class Odd:
        def __repr__(self) -> str:
            return "<Odd hunter2>"

    scrub = Scrubber(["hunter2"])
    tree: dict[str, Any] = {
        "plain": ["hunter2", {"deep": ("a hunter2", 7)}],
        "password": "12",
        "tokens": {"a": "b"},
        "auth_token": 1234,
        "session_cookie": b"bytes",
        "has_secret": True,
        "secret": None,
        "hunter2": 1,
        "odd": Odd(),
        "headers": [["Authorization", "Token zzz"], (b"cookie", b"sid"), ["Accept", "text"]],
        "when": NOW,
        "n": 1.5,
    }
    assert scrub.tree(tree) == {
        "plain": [MASK, {"deep": [f"a {MASK}", 7]}],
        "password": MASK,
        "tokens": MASK,
        "auth_token": MASK,
        "session_cookie": MASK,
        "has_secret": True,
        "secret": None,
        MASK: 1,
        "odd": f"<Odd {MASK}>",
        "headers": [["Authorization", MASK], ["b'cookie'", MASK], ["Accept", "text"]],
        "when": NOW,
        "n": 1.5,
    }
    assert tree["password"] == "12", "the original is left alone"


def test_nesting_without_end_is_cut() -> None:
    loop: list[Any] = ["hunter2"]
    loop.append(loop)
    scrubbed = repr(Scrubber(["hunter2"]).tree(loop))
    assert "hunter2" not in scrubbed
    assert "…" in scrubbed


@given(
    st.text(min_size=4).filter(lambda text: text not in MASK),
    st.text(),
    st.text(),
)
def test_a_named_secret_never_survives(secret: str, before: str, after: str) -> None:
    scrubbed = Scrubber([secret]).text(f"{before}{secret}{after}")
    assert secret not in scrubbed.replace(MASK, "")


@given(st.text())
def test_scrubbing_is_done_once(text: str) -> None:
    scrub = Scrubber(["hunter2"])
    assert scrub.text(scrub.text(text)) == scrub.text(text)
