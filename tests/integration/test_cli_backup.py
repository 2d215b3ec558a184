"""`db backup`: a copy made while others write, good enough to go on from."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.cli import CommandLine
from tests.support.factories import NOW, make_alert, make_item
from tests.support.stores import record_alert
from worker.store import Store


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CommandLine:
    run = CommandLine(monkeypatch)
    file = tmp_path / "watch.toml"
    file.write_text(f'[service]\ndata_dir = "{tmp_path}/data"\n', encoding="utf-8")
    monkeypatch.setenv("ALLIANCE_WATCH_CONFIG", str(file))
    assert run("db", "upgrade").code == 0
    return run


def test_what_is_owed_can_be_delivered_from_the_copy(cli: CommandLine, tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/data/alliance-watch.db")
    record_alert(store, make_alert(), channels=("desk",))
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            store.store_items([make_item(title=f"Item {number}")], NOW)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        ran = cli("db", "backup", str(tmp_path / "copy.db"))
    finally:
        stop.set()
        writer.join()
        store.close()
    assert ran.code == 0, ran.err
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    restored = Store.open(f"sqlite:///{tmp_path}/copy.db")
    assert restored.schema_is_current()
    [owed] = restored.claim_deliveries(NOW, lease=timedelta(minutes=1), limit=5)
    assert owed.delivery.channel == "desk"
    restored.close()


def test_it_writes_over_nothing(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("keep this")
    ran = cli("db", "backup", str(tmp_path / "mine"))
    assert (ran.code, "exists already" in ran.err) == (2, True)
    assert (tmp_path / "mine").read_text() == "keep this"
    ran = cli("db", "backup", str(tmp_path / "no" / "such"))
    assert (ran.code, "cannot be written" in ran.err) == (1, True)
    assert ran.err.count("\n") == 1


def test_a_server_has_tools_of_its_own(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALLIANCE_WATCH_SERVICE__DATABASE_URL", "postgresql+psycopg://h/n")
    ran = cli("db", "backup", str(tmp_path / "copy.db"))
    assert ran.code == 2
    assert "pg_dump" in ran.err
