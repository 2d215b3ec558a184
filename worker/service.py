"""The whole service on one machine: what `alliance-watch run` starts, and in which order."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from worker import embedded_redis, wiring
from worker.config import Settings
from worker.domain import access, ids
from worker.domain.finding import FaultyInput, Finding
from worker.shipped import shipped_sample
from worker.supervisor import Child, Supervisor

SIGN_IN_FOR = timedelta(hours=1)


def run(settings: Settings, config: Path | None) -> int:
    """Run everything until stopped; `config` is the file to hand to the parts, `None`: the sample.

    Raises `wiring.CannotStart` when the data directory or the dashboard's port is taken, and
    `FaultyInput` when the rules are not in order.
    """
    data_dir = settings.service.data_dir
    data_dir.mkdir(parents=True, exist_ok=True)
    with _alone_in(data_dir):
        _require_free_port(settings)
        _require_rules(settings)
        if config is None:
            _forget_last_sample(data_dir)
        store = wiring.open_store(settings)
        store.upgrade()
        wiring.prepare_store(settings, store)
        token = access.mint(access.Role.ADMIN)
        moment = wiring.now()
        store.add_token(
            ids.derive("token", token.digest), "signin", access.Role.ADMIN, token.digest, token.prefix,
            "sign-in link", moment, moment + SIGN_IN_FOR,
        )  # fmt: skip
        store.close()
        supervisor = Supervisor(
            list(_children(settings, config)),
            on_started=lambda: _welcome(supervisor, settings, token.text, config is None),
        )
        return supervisor.run()


def run_workers(config: Path | None, queues: Sequence[str]) -> int:
    """Run one worker process for each queue until stopped."""
    return Supervisor([_part(f"worker-{queue}", config, "worker", "--queues", queue,
                             speaks=queue == "deliver") for queue in queues]).run()  # fmt: skip


def _children(settings: Settings, config: Path | None) -> Iterator[Child]:
    data_dir = settings.service.data_dir
    if not settings.service.broker_url.get_secret_value():
        yield Child(
            "redis",
            embedded_redis.command(data_dir),
            base=True,
            ready=lambda: _answers(embedded_redis.socket_path(data_dir)),
        )
    if config is None:
        yield _part("sample", None, "sample-wire")
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


def _require_rules(settings: Settings) -> None:
    """Refuse faulty rules here, once, and not in every worker."""
    from worker import classify

    findings: tuple[Finding, ...] = classify.check(wiring.rule_folders(settings))
    if findings:
        raise FaultyInput(findings)


def _forget_last_sample(data_dir: Path) -> None:
    """The sample is a demonstration: each run shows it from its beginning."""
    for path in data_dir.glob("alliance-watch.db*"):
        path.unlink(missing_ok=True)
    shutil.rmtree(data_dir / "redis", ignore_errors=True)


def _answers(path: Path) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        probe.connect(str(path))
        probe.sendall(b"PING\r\n")
        return probe.recv(16).startswith(b"+PONG")
    return False


def _welcome(supervisor: Supervisor, settings: Settings, token: str, sample: bool) -> None:
    url = wiring.public_url(settings).rstrip("/")
    watching = f"the sample wire ({shipped_sample().parent})" if sample else "your feeds"
    for line in (
        f"watching {watching}; Ctrl-C stops",
        f"dashboard  {url}/",
        f"sign in    {url}/sign-in#{token}   (works once, for an hour)",
    ):
        supervisor.say("alliance", line)
