"""`backtest`: changed rules on stored items."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.cli import CommandLine
from tests.support.factories import NOW, make_item
from worker.shipped import shipped_rules
from worker.store import Store

DEAL = "Renault has agreed to sell 28.4% of Nissan to Geely for 4 billion euros, it said on Monday."
PATENTS = "Renault and Nissan have agreed to share patents under their alliance, they said."


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CommandLine:
    run = CommandLine(monkeypatch)
    file = tmp_path / "watch.toml"
    file.write_text(f'[service]\ndata_dir = "{tmp_path}/data"\n', encoding="utf-8")
    monkeypatch.setenv("ALLIANCE_WATCH_CONFIG", str(file))
    assert run("db", "upgrade").code == 0
    store = Store.open(f"sqlite:///{tmp_path}/data/alliance-watch.db")
    texts = [DEAL, PATENTS, *(f"Nothing to see on day {number}." for number in range(250))]
    items = [
        make_item(title=f"Item {number}", text=text, language="en")
        for number, text in enumerate(texts)
    ]
    assert len(store.store_items(items, NOW)) == len(texts)
    store.close()
    return run


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The rules that ship, without the one about patents."""
    folder = tmp_path / "changed"
    shutil.copytree(shipped_rules(), folder)
    (folder / "ip-sharing.yaml").unlink()
    return folder


def test_the_same_rules_make_no_difference(cli: CommandLine) -> None:
    ran = cli("backtest", str(shipped_rules()))
    assert (ran.code, ran.out) == (0, "252 items read: 0 gained, 0 lost, 0 changed\n")


def test_what_a_change_would_lose_is_named(cli: CommandLine, changed: Path) -> None:
    ran = cli("backtest", str(changed))
    assert ran.code == 1, ran.err
    assert "- ip-sharing agreed: Renault, Nissan" in ran.out
    assert "share patents" in ran.out
    assert ran.out.endswith("252 items read: 0 gained, 1 lost, 0 changed\n")
    found = json.loads(cli("backtest", str(changed), "--json").out)
    assert (found["items"], found["lost"]) == (252, 1)
    [difference] = found["differences"]
    assert difference["kind"] == "lost"
    assert difference["before"]["rule"] == "ip-sharing"
    assert difference["item"]["title"] == "Item 1"


def test_faults_are_told_before_anything_is_read(cli: CommandLine, changed: Path) -> None:
    assert cli("backtest", str(changed / "absent")).code == 2
    (changed / "equity-change.yaml").write_text("nonsense: [", encoding="utf-8")
    ran = cli("backtest", str(changed))
    assert ran.code == 2
    assert "equity-change.yaml" in ran.err
