"""The health check of parts that serve no HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import gethostname

import pytest

from tests.support.factories import NOW
from worker import alive, wiring
from worker.alive import silent
from worker.config import load
from worker.domain.part import Part


def part(kind: str, *, ago: float, host: str = "here", pid: int = 1, now: datetime = NOW) -> Part:
    seen = now - timedelta(seconds=ago)
    return Part(f"{kind}@{host}:{pid}", kind, host, pid, "1", seen, seen)


def test_parts_that_beat_are_alive() -> None:
    assert silent([part("poller", ago=1), part("dashboard", ago=19)], "here", NOW) == []


def test_one_that_fell_silent_is_named() -> None:
    assert silent([part("poller", ago=21), part("dashboard", ago=1)], "here", NOW) == ["poller"]


def test_what_a_restart_left_behind_does_not_count() -> None:
    parts = [part("poller", ago=500, pid=7), part("poller", ago=1, pid=8)]
    assert silent(parts, "here", NOW) == []


def test_other_hosts_do_not_count() -> None:
    assert silent([part("poller", ago=1, host="there")], "here", NOW) is None


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "watch.toml"
    file.write_text(f'[service]\ndata_dir = "{tmp_path / "var"}"\n')
    monkeypatch.setenv("ALLIANCE_WATCH_CONFIG", str(file))
    return file


def test_the_exit_code_follows_the_database(
    configured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert alive.main() == 0, "without a schema nothing can be told"
    assert "cannot be told" in capsys.readouterr().err
    store = wiring.open_store(load(configured, {}))
    store.upgrade()
    assert alive.main() == 1
    assert capsys.readouterr().err == "silent: all\n"
    now = datetime.now(UTC)
    store.beat(part("poller", ago=0, host=gethostname(), now=now))
    assert alive.main() == 0
    store.beat(part("poller", ago=60, host=gethostname(), now=now))
    assert alive.main() == 1
    assert capsys.readouterr().err == "silent: poller\n"
    store.close()


def test_a_faulty_configuration_is_not_alive(
    configured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configured.write_text("[service]\nnonsense = 1\n")
    assert alive.main() == 1
    assert "nonsense" in capsys.readouterr().err
