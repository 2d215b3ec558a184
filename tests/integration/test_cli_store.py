"""The commands that work on the database, on a real one."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.cli import CommandLine
from tests.support.factories import make_alert
from tests.support.feeds import item, rss
from tests.support.origin import Reply, origin
from tests.support.stores import keys_of, story_of
from worker.config import load
from worker.domain import ids
from worker.domain.access import digest
from worker.domain.delivery import Delivery, DeliveryState, Outcome, Verdict
from worker.domain.feed import Move, Polled
from worker.store import DeliveryFilter, Store

CONFIGURED = "https://example.org/configured.rss"


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CommandLine:
    """A command line whose configuration is that of `tmp_path`."""
    run = CommandLine(monkeypatch)
    file = tmp_path / "watch.toml"
    file.write_text(
        f'[service]\ndata_dir = "{tmp_path}/data"\n[network]\nallow = ["127.0.0.0/8"]\n'
        f'[[feeds]]\nurl = "{CONFIGURED}"\nname = "Configured"\n'
    )
    monkeypatch.setenv("ALLIANCE_WATCH_CONFIG", str(file))
    return run


@pytest.fixture
def store(cli: CommandLine, tmp_path: Path) -> Iterator[Store]:
    assert cli("db", "upgrade").code == 0
    store = Store.open(f"sqlite:///{tmp_path}/data/alliance-watch.db")
    yield store
    store.close()


def test_without_a_schema_it_is_said_what_to_do(cli: CommandLine) -> None:
    ran = cli("token", "list")
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert "alliance-watch db upgrade" in ran.err


def test_upgrading_twice_is_no_fault(cli: CommandLine) -> None:
    assert cli("db", "upgrade").err == "the schema has been upgraded\n"
    again = cli("db", "upgrade")
    assert (again.code, again.err) == (0, "the schema is current\n")


def test_a_database_that_is_down_is_one_line(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql+psycopg://watch:hidden-word@127.0.0.1:9/watch"
    monkeypatch.setenv("ALLIANCE_WATCH_SERVICE__DATABASE_URL", url)
    ran = cli("token", "list")
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert "hidden-word" not in ran.err


# ── tokens ────────────────────────────────────────────────────────────────────────────────────


def test_a_token_is_printed_alone_and_only_its_digest_is_kept(
    cli: CommandLine, store: Store
) -> None:
    ran = cli("token", "create", "--role", "operate", "--name", "desk")
    assert (ran.code, ran.err) == (0, "")
    secret = ran.out.strip()
    assert ran.out == secret + "\n"
    token = store.token_by_digest(digest(secret), datetime.now(UTC))
    assert token is not None
    assert (token.kind, token.role, token.name, token.expires) == ("api", "operate", "desk", None)
    assert secret not in cli("token", "list").out
    assert store.audit_log(1)[0].action == "create_token"


def test_a_token_expires(cli: CommandLine, store: Store) -> None:
    secret = cli("token", "create", "--role", "read", "--expires", "1h").out.strip()
    now = datetime.now(UTC)
    assert store.token_by_digest(digest(secret), now) is not None
    assert store.token_by_digest(digest(secret), now + timedelta(hours=2)) is None


def test_tokens_are_listed_and_revoked(cli: CommandLine, store: Store) -> None:
    first = cli("token", "create", "--role", "read").out.strip()
    cli("token", "create", "--role", "admin")
    listed = json.loads(cli("token", "list", "--json").out)
    assert {row["role"] for row in listed} == {"read", "admin"}
    assert "digest" not in listed[0]
    (prefix,) = (row["prefix"] for row in listed if row["role"] == "read")

    assert cli("token", "revoke", prefix).code == 0
    assert store.token_by_digest(digest(first), datetime.now(UTC)) is None
    assert [row["role"] for row in json.loads(cli("token", "list", "--json").out)] == ["admin"]
    assert "revoked" in cli("token", "list", "--all").out
    again = cli("token", "revoke", prefix)
    assert (again.code, again.err) == (1, "alliance-watch: it has been revoked before\n")
    assert cli("token", "revoke", "tok_none").code == 1


# ── feeds ─────────────────────────────────────────────────────────────────────────────────────


def test_feeds_are_added_listed_exported_and_removed(cli: CommandLine, store: Store) -> None:
    url = "https://example.org/a?key=hidden-word"
    added = cli("feeds", "add", url, "--name", "A & B", "--interval", "10s")
    assert (added.code, added.out.strip()) == (0, ids.feed_id(url))
    (row,) = json.loads(cli("feeds", "list", "--json").out)
    assert (row["name"], row["status"], row["interval"]) == ("A & B", "active", 10)
    assert "hidden-word" not in cli("feeds", "list").out
    assert "A &amp; B" in cli("feeds", "export").out

    assert cli("feeds", "add", url).code == 1
    assert cli("feeds", "remove", url).code == 0
    assert cli("feeds", "remove", url).code == 1
    assert json.loads(cli("feeds", "list", "--json").out) == []
    assert len(json.loads(cli("feeds", "list", "--all", "--json").out)) == 1
    assert cli("feeds", "add", url).code == 0


def test_a_feed_that_has_moved_is_shown_and_moved_back(cli: CommandLine, store: Store) -> None:
    url = "https://example.org/a"
    assert cli("feeds", "add", url).code == 0
    assert cli("feeds", "move-back", url).code == 1
    now = datetime.now(UTC)
    [(feed, state)] = store.claim_due_feeds(now, limit=1, lease=timedelta(minutes=1), owner="p")
    moved = replace(state, move=Move(address="https://new.example/a?key=hidden-word"))
    store.store_polls("p", [Polled(feed, moved, (), now)])
    (row,) = json.loads(cli("feeds", "list", "--json").out)
    assert row["moved_to"] == "https://new.example/a"
    assert row["next_poll_reason"] == "new"
    assert "new.example" in cli("feeds", "list").out
    assert cli("feeds", "move-back", url).code == 0
    [(_, back)] = store.feeds()
    assert back.move == Move(refused="https://new.example/a?key=hidden-word")
    [entry, _] = store.audit_log(10)
    assert entry.action == "move_feed_back"
    assert "hidden-word" not in entry.detail


def test_removing_a_configured_feed_says_that_it_comes_back(cli: CommandLine, store: Store) -> None:
    store.sync_feeds(load(None, os.environ).feed_list(), datetime.now(UTC))
    ran = cli("feeds", "remove", CONFIGURED)
    assert ran.code == 0
    assert "the configuration still names it" in ran.err


def test_a_list_is_imported(cli: CommandLine, store: Store, tmp_path: Path) -> None:
    file = tmp_path / "feeds.opml"
    file.write_text(
        '<opml version="2.0"><body><outline text="A" xmlUrl="https://example.org/a"/>'
        '<outline text="B" xmlUrl="https://example.org/b"/>'
        '<outline text="Bad" xmlUrl="javascript:alert(1)"/></body></opml>'
    )
    tried = cli("feeds", "import", "--dry-run", str(file))
    assert "2 would be added, 0 watched already, 1 left out" in tried.err
    assert store.feeds() == []
    ran = cli("feeds", "import", str(file))
    assert ran.code == 1
    assert "left out 'Bad'" in ran.err
    assert "2 added, 0 watched already, 1 left out" in ran.err
    again = cli("feeds", "import", str(file))
    assert "0 added, 2 watched already, 1 left out" in again.err
    file.write_text(cli("feeds", "export").out)
    assert cli("feeds", "import", str(file)).code == 0


def test_a_long_list_is_not_polled_all_at_once(
    cli: CommandLine, store: Store, tmp_path: Path
) -> None:
    outlines = "".join(f'<outline text="{n}" xmlUrl="https://example.org/{n}"/>' for n in range(60))
    file = tmp_path / "feeds.opml"
    file.write_text(f'<opml version="2.0"><body>{outlines}</body></opml>')
    assert cli("feeds", "import", str(file)).code == 0
    dues = sorted(state.next_poll_at for _, state in store.feeds() if state.next_poll_at)
    assert len(dues) == 60
    for early, late in pairwise(dues):
        assert timedelta(seconds=1) < late - early < timedelta(seconds=10)


def test_a_file_that_is_no_list_is_refused(cli: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "feeds.opml"
    file.write_text("<html/>")
    ran = cli("feeds", "import", str(file))
    assert ran.code == 2
    assert "not OPML" in ran.err


async def test_a_feed_is_tried_without_storing_anything(
    cli: CommandLine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with origin() as server:
        good = server.on(
            "/rss", Reply(200, rss(item(title="Renault \x1b[31m", link="/1", guid="1")))
        )
        bad = server.on("/missing", Reply(404, b""))
        listed = await asyncio.to_thread(cli, "feeds", "test", "--json", good)
        shown = await asyncio.to_thread(cli, "feeds", "test", good)
        failed = await asyncio.to_thread(cli, "feeds", "test", bad)
    assert [row["title"] for row in json.loads(listed.out)] == ["Renault [31m"]
    assert "Renault" in shown.out
    assert (failed.code, failed.err) == (1, "alliance-watch: HTTP 404\n")
    assert store.feeds() == []


def test_the_address_guard_holds_for_trying(cli: CommandLine) -> None:
    ran = cli("feeds", "test", "http://169.254.169.254/latest/meta-data")
    assert ran.code == 1
    assert "not a public address" in ran.err


# ── deliveries ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def sent(store: Store) -> dict[str, str]:
    """One delivery in each of three states, by channel: delivered, exhausted, pending."""
    now = datetime.now(UTC) - timedelta(hours=1)
    alert = make_alert(created=now)
    deliveries = {
        channel: Delivery(
            ids.delivery_id(alert.id, f"sub_{channel}"), alert.id, f"sub_{channel}", channel,
            next_attempt_at=now, created=now,
        )
        for channel in ("good", "bad", "slow")
    }  # fmt: skip
    story = story_of(alert)
    store.store_items([alert.item], now)
    with store.judging(alert.item.id, keys_of(alert), now) as judging:
        judging.record(
            "en", [(alert.event_id, alert.event)], [story], [alert], list(deliveries.values())
        )
    for channel, outcome, state in (
        ("good", Outcome.DELIVERED, DeliveryState.DELIVERED),
        ("bad", Outcome.PERMANENT, DeliveryState.EXHAUSTED),
    ):
        (claimed,) = store.claim_deliveries(
            now, lease=timedelta(minutes=1), limit=1, ids=[deliveries[channel].id]
        )
        verdict = Verdict(outcome, detail="HTTP 400" if channel == "bad" else "")
        assert store.settle(claimed, verdict, state=state, next_attempt_at=None, now=now)
    return {channel: delivery.id for channel, delivery in deliveries.items()}


def test_deliveries_are_listed_by_filters(cli: CommandLine, sent: dict[str, str]) -> None:
    rows = json.loads(cli("deliveries", "list", "--json").out)
    assert {row["channel"]: row["state"] for row in rows} == {
        "good": "delivered",
        "bad": "exhausted",
        "slow": "pending",
    }
    (row,) = json.loads(cli("deliveries", "list", "--state", "exhausted", "--json").out)
    assert (row["id"], row["last_error"]) == (sent["bad"], "HTTP 400")
    assert json.loads(cli("deliveries", "list", "--since", "30m", "--json").out) == []
    assert len(json.loads(cli("deliveries", "list", "--since", "2h", "--json").out)) == 3
    assert len(json.loads(cli("deliveries", "list", "--limit", "2", "--json").out)) == 2
    (row,) = json.loads(cli("deliveries", "list", "--subscription", "sub_slow", "--json").out)
    assert row["channel"] == "slow"


def test_a_dry_run_changes_nothing(cli: CommandLine, store: Store, sent: dict[str, str]) -> None:
    ran = cli("deliveries", "replay", "--since", "2h", "--dry-run", "--json")
    assert {row["channel"] for row in json.loads(ran.out)} == {"good", "bad"}
    assert "2 would be sent again, 1 left as they are" in ran.err
    assert states(store)["bad"] is DeliveryState.EXHAUSTED


def test_settled_deliveries_are_sent_again_under_the_same_id(
    cli: CommandLine, store: Store, sent: dict[str, str]
) -> None:
    ran = cli("deliveries", "replay", "--state", "exhausted")
    assert ran.code == 0
    assert "1 will be sent again" in ran.err
    assert states(store) == {
        "good": DeliveryState.DELIVERED,
        "bad": DeliveryState.PENDING,
        "slow": DeliveryState.PENDING,
    }
    assert [line.action for line in store.audit_log(1)] == ["replay"]
    assert store.audit_log(1)[0].detail == "state=exhausted"


def test_deliveries_are_replayed_by_id(
    cli: CommandLine, store: Store, sent: dict[str, str]
) -> None:
    assert cli("deliveries", "replay", sent["good"]).code == 0
    assert states(store)["good"] is DeliveryState.PENDING
    waiting = cli("deliveries", "replay", sent["slow"])
    assert waiting.code == 1
    assert "0 will be sent again, 1 left as they are" in waiting.err
    unknown = cli("deliveries", "replay", "msg_none")
    assert unknown.code == 1
    assert "there is no delivery msg_none" in unknown.err


def states(store: Store) -> dict[str, DeliveryState]:
    lines = store.reads.deliveries(DeliveryFilter(), None, 10).items
    return {line.delivery.channel: line.delivery.state for line in lines}
