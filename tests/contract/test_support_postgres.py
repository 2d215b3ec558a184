"""The tests' own PostgreSQL: one for all processes of a run, and nothing of it remains."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy.engine import make_url

from tests.support.postgres import server

USER = """
import sys, time
from pathlib import Path
from tests.support.postgres import server
with server(Path(sys.argv[1])) as found:
    print(found.url, flush=True)
    time.sleep(120)
"""
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    "ALLIANCE_WATCH_TEST_POSTGRES" in os.environ, reason="the tests were given a server"
)


@contextmanager
def user(shared: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-c", USER, str(shared)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def home_of(url: str) -> Path:
    return Path(str(make_url(url).query["host"]))


def postmaster(home: Path) -> psutil.Process:
    return psutil.Process(int((home / "data" / "postmaster.pid").read_text().splitlines()[0]))


def wait_until_gone(home: Path, process: psutil.Process) -> None:
    deadline = time.monotonic() + 30
    while home.exists() or process.is_running():
        assert time.monotonic() < deadline, "PostgreSQL outlived its users"
        time.sleep(0.05)


def test_processes_share_one_server_which_ends_with_the_last(tmp_path: Path) -> None:
    with user(tmp_path) as (first, url), user(tmp_path) as (second, other_url):
        assert url == other_url
        home = home_of(url)
        process = postmaster(home)
        first.send_signal(signal.SIGKILL)
        first.wait()
        time.sleep(0.8)
        assert process.is_running()
        second.send_signal(signal.SIGKILL)
    wait_until_gone(home, process)


def test_who_comes_after_the_end_gets_a_new_server(tmp_path: Path) -> None:
    homes = set()
    for _ in range(2):
        with server(tmp_path) as running, running.database() as url:
            home = home_of(url)
            homes.add(home)
            process = postmaster(home)
        wait_until_gone(home, process)
    assert len(homes) == 2
