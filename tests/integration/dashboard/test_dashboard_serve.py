"""`alliance-watch dashboard`: the part as it runs, with what a configuration gives it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from worker.dashboard.server import bind
from worker.domain import ids
from worker.domain.access import Role, mint
from worker.store import Store

ROOT = Path(__file__).parents[3]


@contextmanager
def served(folder: Path, port: int) -> Iterator[tuple[httpx.Client, subprocess.Popen[str]]]:
    config = folder / "watch.toml"
    config.write_text(
        f'[service]\ndata_dir = "{folder}/var"\nlisten = "127.0.0.1:{port}"\n', encoding="utf-8"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "worker.cli", "dashboard", "-c", str(config)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={name: value for name, value in os.environ.items() if "ALLIANCE_WATCH" not in name},
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client, process
    finally:
        process.kill()
        process.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_up(client: httpx.Client, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 40
    while True:
        assert process.poll() is None, process.stdout and process.stdout.read()
        assert time.monotonic() < deadline
        try:
            assert client.get("/healthz").status_code == 200
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return


def test_it_runs_before_database_and_queue_are_there(tmp_path: Path) -> None:
    with served(tmp_path, free_port()) as (client, process):
        wait_until_up(client, process)
        deadline = time.monotonic() + 15
        checks: dict[str, str] = {}
        while checks != {"database": "no answer", "schema": "not known", "queue": "no answer"}:
            answer = client.get("/readyz")
            assert answer.status_code == 503
            checks = answer.json()["checks"]
            assert time.monotonic() < deadline, checks
            time.sleep(0.1)
        assert client.get("/alerts").status_code == 401  # not to be known without a token

        store = Store.open(f"sqlite:///{tmp_path}/var/alliance-watch.db")
        store.upgrade()
        secret = mint(Role.READ)
        store.add_token(
            ids.derive("tok", secret.digest),
            "api",
            "read",
            secret.digest,
            secret.prefix,
            "",
            datetime.now(UTC),
        )
        client.headers["authorization"] = f"Bearer {secret.text}"
        while client.get("/readyz").json()["checks"]["schema"] != "ok":
            assert time.monotonic() < deadline + 25
            time.sleep(0.2)
        assert client.get("/api/v1/alerts").json() == {"items": [], "next": None}
        [part] = client.get("/api/v1/workers").json()["items"] or [None]
        assert part is None or part["kind"] == "dashboard"

        text = "YOKOHAMA - Nissan has agreed to cut its stake in Mitsubishi Motors to 24% from 34%."
        answer = client.post("/api/v1/classify", json={"id": "a", "title": "", "text": text})
        assert answer.status_code == 200, answer.text
        [event] = answer.json()["events"]
        assert (event["rule"], event["from_pct"], event["to_pct"]) == ("equity-change", 34, 24)

        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stdout is not None
        said = process.stdout.read()
        assert "dashboard_started" in said
        assert "dashboard_stopped" in said
        assert "Traceback" not in said
        assert "GET /" not in said  # no line a request
        store.close()


def test_a_taken_address_is_said_in_one_line(tmp_path: Path) -> None:
    with (
        bind("127.0.0.1", 0) as taken,
        served(tmp_path, taken.getsockname()[1]) as (_, process),
    ):
        assert process.wait(40) != 0
        assert process.stdout is not None
        said = process.stdout.read()
        assert "cannot listen on 127.0.0.1:" in said
        assert "Traceback" not in said


def test_answers_are_sent_at_once() -> None:
    """Asyncio turns Nagle's algorithm off only on sockets that name their protocol."""
    for host in ("127.0.0.1", "::1"):
        try:
            listening = bind(host, 0)
        except OSError:
            assert host == "::1"  # a machine without IPv6
            continue
        with listening:
            assert listening.proto == socket.IPPROTO_TCP
