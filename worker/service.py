"""The whole service on one machine: what `alliance-watch run` starts, and in which order."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from worker import embedded_redis, wiring
from worker.config import Settings, load
from worker.domain import access, ids
from worker.shipped import shipped_sample
from worker.supervisor import Child, Supervisor

SIGN_IN_FOR = timedelta(hours=1)
# The port in the sample's configuration; another is taken when this one is not free.
SAMPLE_PORT = 8766
# A folder with this file in it belongs to the sample and may be cleared.
SAMPLE_MARK = "sample.mark"


def run(settings: Settings, config: Path | None) -> int:
    """Run everything until stopped; `config` is the file to hand to the parts, `None`: the sample.

    Raises `wiring.CannotStart` when the data directory or the dashboard's port is taken, and
    `FaultyInput` when the rules are not in order.
    """
    data_dir = wiring.make_data_dir(settings)
    with _alone_in(data_dir):
        _require_free_port(settings)
        sample_port = None
        if config is None:
            sample_port = _free_port(SAMPLE_PORT)
            settings, config = _begin_sample(settings, sample_port)
        store = wiring.open_store(settings)
        store.upgrade()
        wiring.prepare_store(settings, store)
        token = access.mint(access.Role.ADMIN)
        moment = wiring.now()
        store.add_token(
            ids.derive("token", token.digest), "signin", access.Role.ADMIN, token.digest,
            token.prefix, "sign-in link", moment, moment + SIGN_IN_FOR,
        )  # fmt: skip
        store.close()
        supervisor = Supervisor(
            list(_children(settings, config, sample_port)),
            on_started=lambda: welcoming.start(),
        )
        welcoming = threading.Thread(
            target=_welcome, args=(supervisor, settings, token.text, sample_port), daemon=True
        )
        try:
            return supervisor.run()
        finally:
            embedded_redis.forget_socket(data_dir)


def run_workers(config: Path | None, queues: Sequence[str]) -> int:
    """Run one worker process for each queue until stopped."""
    return Supervisor([_part(f"worker-{queue}", config, "worker", "--queues", queue,
                             speaks=queue == "deliver") for queue in queues]).run()  # fmt: skip


def _children(settings: Settings, config: Path, sample_port: int | None) -> Iterator[Child]:
    data_dir = settings.service.data_dir
    if not settings.service.broker_url.get_secret_value():
        yield Child(
            "redis",
            embedded_redis.command(data_dir),
            base=True,
            ready=lambda: _answers(embedded_redis.socket_path(data_dir)),
        )
    if sample_port is not None:
        yield _part("sample", config, "sample-wire")
    yield _part("dashboard", config, "dashboard")
    yield _part("classify", config, "worker", "--queues", "classify")
    yield _part("deliver", config, "worker", "--queues", "deliver", speaks=True)
    yield _part("poller", config, "poller")


def _part(name: str, config: Path | None, *arguments: str, speaks: bool = False) -> Child:
    command = [sys.executable, "-m", "worker.cli", *arguments]
    if config is not None:
        command += ["--config", str(config)]
    colour = {"FORCE_COLOR": "1"} if sys.stdout.isatty() else {}
    return Child(name, command, speaks=speaks, environment={"PYTHONUNBUFFERED": "1", **colour})


@contextmanager
def _alone_in(data_dir: Path) -> Iterator[None]:
    """Hold the data directory for this process; the lock goes with the process, however it ends."""
    path = data_dir / "run.lock"
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise wiring.CannotStart(
                f"another alliance-watch (process {holder}) is running on {data_dir}: "
                "stop it, or give this one a [service] data_dir of its own"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _require_free_port(settings: Settings) -> None:
    listen = settings.service.listen
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listen.host, listen.port))
        except OSError as error:
            raise wiring.CannotStart(
                f"the dashboard cannot listen on {listen.host}:{listen.port} ({error.strerror}): "
                "set [service] listen, or ALLIANCE_WATCH_SERVICE__LISTEN, to a free address"
            ) from None


def _begin_sample(settings: Settings, port: int) -> tuple[Settings, Path]:
    """Clear what the last run of the sample left, and write its configuration for this port.

    The sample is a demonstration: each run shows it from its beginning. A database that the
    sample did not make is left alone: that raises `CannotStart`.
    """
    service = settings.service
    if service.database_url.get_secret_value() or service.broker_url.get_secret_value():
        raise wiring.CannotStart(
            "the sample runs on the embedded database and queue only: name your configuration "
            "with --config, or unset the variables that name a database or broker"
        )
    data_dir = service.data_dir
    mark = data_dir / SAMPLE_MARK
    if not mark.exists() and any(data_dir.glob("alliance-watch.db*")):
        raise wiring.CannotStart(
            f"{data_dir} holds the data of a configuration, and the sample begins by clearing its "
            "folder: name the configuration with --config, or set [service] data_dir elsewhere"
        )
    mark.touch()
    for path in data_dir.glob("alliance-watch.db*"):
        path.unlink(missing_ok=True)
    shutil.rmtree(data_dir / "redis", ignore_errors=True)
    text = (shipped_sample() / "watch.toml").read_text(encoding="utf-8")
    path = data_dir / "watch.toml"
    path.write_text(text.replace(f":{SAMPLE_PORT}/", f":{port}/"), encoding="utf-8")
    return load(path, os.environ), path


def _free_port(wanted: int) -> int:
    """`wanted`, or any other port of loopback when that is taken."""
    for port in (wanted, 0):
        with suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise wiring.CannotStart("no port of 127.0.0.1 is free for the sample wire")


def _answers(path: Path) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        probe.connect(str(path))
        probe.sendall(b"PING\r\n")
        return probe.recv(16).startswith(b"+PONG")
    return False


def _welcome(
    supervisor: Supervisor, settings: Settings, token: str, sample_port: int | None
) -> None:
    """Say where the dashboard is as soon as it answers."""
    listen = settings.service.listen
    for _ in range(600):
        with suppress(OSError), socket.create_connection((listen.host, listen.port), timeout=1):
            break
        time.sleep(0.05)
    url = settings.service.public_url.rstrip("/")
    watching = f"{len(settings.feeds)} feeds" if sample_port is None else "the sample wire"
    for line in (
        f"watching {watching}; Ctrl-C stops",
        f"dashboard  {url}/",
        f"sign in    {url}/sign-in#{token}   (works once, for an hour)",
    ):
        supervisor.say("alliance", line)
