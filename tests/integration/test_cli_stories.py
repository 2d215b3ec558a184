"""`alliance-watch stories` on a real database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.cli import CommandLine
from tests.support.factories import make_event, make_item
from worker.domain.alert import Subscription
from worker.domain.event import Classification, Status
from worker.judging import Bench
from worker.store import Store

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CommandLine:
    run = CommandLine(monkeypatch)
    file = tmp_path / "watch.toml"
    file.write_text(f'[service]\ndata_dir = "{tmp_path}/data"\n')
    monkeypatch.setenv("ALLIANCE_WATCH_CONFIG", str(file))
    return run


@pytest.fixture
def store(cli: CommandLine, tmp_path: Path) -> Iterator[Store]:
    assert cli("db", "upgrade").code == 0
    store = Store.open(f"sqlite:///{tmp_path}/data/alliance-watch.db")
    yield store
    store.close()


@pytest.fixture
def story(store: Store) -> str:
    """A story of two alerts and three reports."""
    bench = Bench(store, [Subscription("sub_desk", "desk")], {})
    stories: set[str] = set()
    for number, (status, source) in enumerate(
        [
            (Status.RUMOURED, "Example Wire"),
            (Status.AGREED, "Example Wire"),
            (Status.AGREED, "Harbour\x1b[31m Post"),
        ]
    ):
        now = START + timedelta(days=number)
        item = make_item(id=f"item_{number}", source=source, published=now, seen=now)
        event = make_event(item=item, status=status, expected_date=None)
        store.store_items([item], now)
        judged = bench.judge_item(item, Classification("en", (event,)), now)
        stories |= {story.id for story in judged.judgement.stories}
    [only] = stories
    return only


def test_stories_are_listed(cli: CommandLine, story: str) -> None:
    [row] = json.loads(cli("stories", "list", "--json").out)
    assert (row["id"], row["status"], row["alerts"]) == (story, "agreed", 2)
    assert row["companies"] == "mitsubishi, nissan"
    assert row["headline"].startswith("Nissan agrees")
    for filters, found in (
        (["--company", "NISSAN"], 1),
        (["--company", "renault"], 0),
        (["--status", "agreed", "--rule", "equity-change"], 1),
        (["--status", "denied"], 0),
        (["--alliance", "renault-nissan-mitsubishi"], 1),
        (["--since", "2026-03-04T00:00Z"], 1),
        (["--since", "2026-03-05T00:00Z"], 0),
    ):
        assert len(json.loads(cli("stories", "list", "--json", *filters).out)) == found, filters
    assert story in cli("stories", "list").out


def test_a_story_is_shown_with_its_timeline(cli: CommandLine, story: str) -> None:
    shown = cli("stories", "show", story).out.splitlines()
    assert shown[0] == "Change of ownership: mitsubishi, nissan"
    assert "  Status: agreed  (Example Wire, 2026-03-03 09:30)" in shown
    assert any(line.startswith("1. 2026-03-02 09:30  Nissan") for line in shown)
    assert any(line.startswith("2. 2026-03-03 09:30  Nissan agrees") for line in shown)
    assert "     Status: rumoured → agreed" in shown
    assert "     also reported by Harbour�[31m Post" in shown
    data = json.loads(cli("stories", "show", story, "--json").out)
    assert data["ledger"]["status"]["value"] == "agreed"
    assert data["ledger"]["status"]["item"] == "item_1"
    assert data["ledger"]["status"]["former"][0]["value"] == "rumoured"
    assert [alert["sequence"] for alert in data["alerts"]] == [1, 2]
    assert data["alerts"][1]["also_reported_by"][0]["item"] == "item_2"


def test_a_story_is_muted_for_a_while(cli: CommandLine, store: Store, story: str) -> None:
    assert cli("stories", "mute", story, "--for", "8h").code == 0
    assert cli("stories", "mute", story, "--for", "3d", "--subscription", "sub_desk").code == 0
    data = json.loads(cli("stories", "show", story, "--json").out)
    assert {mute["subscription_id"] for mute in data["mutes"]} == {None, "sub_desk"}
    assert "for all" in cli("stories", "show", story).out
    assert cli("stories", "unmute", story).code == 0
    assert cli("stories", "unmute", story).code == 1
    assert [line.action for line in store.audit_log(9)].count("mute") == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["show", "story_none"], 1, "there is no story story_none"),
        (["mute", "story_none", "--for", "8h"], 1, "there is no story story_none"),
        (["mute", "story_none", "--for", "soon"], 2, "--for takes a length of time"),
        (["list", "--since", "soon"], 2, "--since takes a time"),
    ],
)
def test_what_is_not_there_is_said(
    cli: CommandLine, store: Store, arguments: list[str], code: int, said: str
) -> None:
    ran = cli("stories", *arguments)
    assert ran.code == code
    assert said in ran.err


def test_no_stories_are_no_fault(cli: CommandLine, store: Store) -> None:
    ran = cli("stories", "list")
    assert (ran.code, ran.err) == (0, "no stories\n")
