"""Tokens and the audit log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.support.factories import NOW
from worker.store import Store, Token
from worker.store.tables import tokens

HOUR = timedelta(hours=1)


def add(store: Store, name: str, *, kind: str = "api", expires: datetime | None = None) -> Token:
    store.add_token(
        f"tok_{name}",
        kind,  # type: ignore[arg-type]
        "read",
        f"digest of {name}",
        "aw_read_abc",
        name,
        NOW,
        expires,
    )
    return Token(f"tok_{name}", kind, "read", "aw_read_abc", name, NOW, expires)


def test_a_token_is_found_by_its_digest_alone(store: Store) -> None:
    token = add(store, "ci")
    assert store.token_by_digest("digest of ci", NOW) == token
    assert store.token_by_digest("ci", NOW) is None
    assert store.token_by_digest("digest of\x00ci", NOW) is None


def test_a_token_ends_when_it_expires(store: Store) -> None:
    add(store, "ci", expires=NOW + HOUR)
    assert store.token_by_digest("digest of ci", NOW + HOUR - timedelta(seconds=1))
    assert store.token_by_digest("digest of ci", NOW + HOUR) is None
    assert store.consume_token("digest of ci", NOW + HOUR) is None


def test_a_token_ends_when_it_is_revoked(store: Store) -> None:
    add(store, "ci")
    assert store.revoke_token("tok_ci", NOW)
    assert not store.revoke_token("tok_ci", NOW)
    assert not store.revoke_token("tok_none", NOW)
    assert store.token_by_digest("digest of ci", NOW) is None
    assert [token.revoked for token in store.tokens()] == [NOW]


def test_a_sign_in_works_once_whoever_comes_first(store: Store) -> None:
    add(store, "link", kind="signin")
    with ThreadPoolExecutor(6) as pool:
        used = list(pool.map(lambda _: store.consume_token("digest of link", NOW), range(6)))
    assert sum(token is not None for token in used) == 1
    assert store.token_by_digest("digest of link", NOW) is None


def test_a_sign_in_that_another_is_using_up_waits_and_fails(store: Store) -> None:
    add(store, "link", kind="signin")
    statement = sa.update(tokens).values(consumed=NOW)
    with ThreadPoolExecutor(1) as pool:
        with store._database.transaction() as connection:
            connection.execute(statement)
            other = pool.submit(store.consume_token, "digest of link", NOW)
            with pytest.raises(TimeoutError):
                other.result(timeout=0.3)
        assert other.result(timeout=20) is None


def test_use_is_noted(store: Store) -> None:
    add(store, "ci")
    store.touch_token("tok_ci", NOW + HOUR)
    assert [token.last_used for token in store.tokens()] == [NOW + HOUR]


def test_adding_twice_changes_nothing(store: Store) -> None:
    token = add(store, "ci")
    add(store, "ci", expires=NOW)
    assert store.tokens() == [token]


def test_over_sessions_are_forgotten_and_api_tokens_kept(store: Store) -> None:
    add(store, "old", kind="session", expires=NOW)
    add(store, "new", kind="session", expires=NOW + 2 * HOUR)
    add(store, "link", kind="signin", expires=NOW + 2 * HOUR)
    store.consume_token("digest of link", NOW)
    add(store, "ci", expires=NOW)
    assert store.forget_tokens(NOW + HOUR) == 2
    assert {token.name for token in store.tokens()} == {"new", "ci"}


def test_the_audit_log_is_read_backwards_in_pages(store: Store) -> None:
    for number in range(5):
        store.audit("ada", "replay", f"msg_{number}", "by hand", NOW + number * HOUR)
    newest = store.audit_log(2)
    assert [entry.target for entry in newest] == ["msg_4", "msg_3"]
    assert (newest[0].actor, newest[0].action, newest[0].detail) == ("ada", "replay", "by hand")
    assert newest[0].at == NOW + 4 * HOUR
    rest = store.audit_log(10, before=newest[-1].id)
    assert [entry.target for entry in rest] == ["msg_2", "msg_1", "msg_0"]
