"""`alliance-watch run` as a stranger meets it: the sample, one data directory, an orderly stop."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.support.service import descendants, free_port, running, wait_until

pytestmark = pytest.mark.timeout(150)


def test_the_sample_alerts_and_stops_without_a_trace(tmp_path: Path) -> None:
    with running(tmp_path, None) as service:
        service.wait_for_line(r"alert", timeout=60)
        service.wait_for_line(r"sign in .*http://127\.0\.0\.1:\d+/sign-in#aw_admin_", timeout=60)
        with urllib.request.urlopen(f"{service.url}/healthz", timeout=5) as answer:
            assert answer.status == 200
        below = descendants(service.process.pid)
        assert len(below) >= 6
        assert set(service.parts()) == {
            "redis", "sample-wire", "poller", "classify", "deliver", "dashboard",
        }  # fmt: skip
        listening = {
            connection.laddr.port
            for process in below
            for connection in process.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        }
        assert service.port in listening
        assert len(listening) == 2, "the dashboard and the sample wire; no Redis on a TCP port"

        took = service.stop(signal.SIGINT)

        assert service.process.returncode == 0
        assert took < 10
        assert wait_until(lambda: not any(process.is_running() for process in below), 2)
    assert "Traceback" not in service.output


def test_a_part_that_dies_is_started_again(tmp_path: Path) -> None:
    with running(tmp_path, "[service]\ndata_dir = 'var'\n") as service:
        service.wait_for_line(r"dashboard +http")
        for part in ("poller", "classify", "deliver", "dashboard", "redis"):
            before = service.kill(part)
            assert service.replaced(part, before), part
        assert len(re.findall(r"starting it again", service.output)) >= 5


def test_a_second_run_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with running(tmp_path, "[service]\ndata_dir = 'var'\n") as service:
        service.wait_for_line(r"dashboard +http")
        second = subprocess.run(
            [sys.executable, "-m", "worker.cli", "run", "-c", str(tmp_path / "watch.toml")],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert second.returncode == 2
        assert f"process {service.process.pid}" in second.stderr
        assert "Traceback" not in second.stderr
        assert service.process.poll() is None


def test_the_sample_clears_nothing_that_it_did_not_make(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    folder.mkdir()
    database = folder / "alliance-watch.db"
    database.write_bytes(b"somebody's data")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ALLIANCE_WATCH_")}
    for variables, reason in (
        ({"ALLIANCE_WATCH_SERVICE__DATA_DIR": str(folder)}, "--config"),
        ({"ALLIANCE_WATCH_SERVICE__DATABASE_URL": "postgresql+psycopg://db/real"}, "embedded"),
    ):
        refused = subprocess.run(
            [sys.executable, "-m", "worker.cli", "run"],
            cwd=tmp_path,
            env={
                **clean,
                "ALLIANCE_WATCH_SERVICE__LISTEN": f"127.0.0.1:{free_port()}",
                **variables,
            },
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert refused.returncode == 2
        assert reason in refused.stderr
        assert "Traceback" not in refused.stderr
    assert database.read_bytes() == b"somebody's data"


def test_a_taken_port_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    with running(tmp_path / "one", "[service]\ndata_dir = 'var'\n") as service:
        service.wait_for_line(r"dashboard +http")
        other = tmp_path / "two"
        other.mkdir()
        (other / "watch.toml").write_text(
            f'[service]\ndata_dir = "var"\nlisten = "127.0.0.1:{service.port}"\n'
        )
        second = subprocess.run(
            [sys.executable, "-m", "worker.cli", "run", "-c", "watch.toml"],
            cwd=other,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert second.returncode == 2
        assert f"127.0.0.1:{service.port}" in second.stderr
        assert "listen" in second.stderr
