"""The whole service as people run it: `alliance-watch run` in a folder of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], timeout: float, every: float = 0.05) -> bool:
    """Whether `condition` came to hold within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(every)
    return condition()


@dataclass
class Service:
    """A running service: its process, what it has written, where it is reached."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_for_line(self, pattern: str, timeout: float = 60) -> re.Match[str]:
        """The first line that `pattern` is found in."""
        found: list[re.Match[str]] = []

        def seen() -> bool:
            for line in list(self.lines):
                match = re.search(pattern, line)
                if match:
                    found.append(match)
                    return True
            return self.process.poll() is not None

        wait_until(seen, timeout)
        assert found, f"no line like {pattern!r} in:\n{self.output}"
        return found[0]

    def parts(self) -> dict[str, psutil.Process]:
        """The supervised processes by the words of their command line that tell them apart."""
        named: dict[str, psutil.Process] = {}
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.Error, IndexError):
                words = child.cmdline()
                if "redis-server" in words[0]:
                    named["redis"] = child
                elif "worker.cli" in words:
                    rest = words[words.index("worker.cli") + 1 :]
                    name = rest[0]
                    if "--queues" in rest:
                        name = rest[rest.index("--queues") + 1]
                    named[name] = child
        return named

    def pid(self, part: str) -> int | None:
        """The process of one part; `None` while there is none."""
        process = self.parts().get(part)
        return process.pid if process else None

    def replaced(self, part: str, before: int, timeout: float = 20) -> bool:
        """Whether another process than `before` came to run the part."""
        return wait_until(lambda: self.pid(part) not in (None, before), timeout)

    def kill(self, part: str, timeout: float = 30) -> int:
        """Kill -9 one part, once there is one to kill; its process id."""
        deadline = time.monotonic() + timeout
        while (process := self.parts().get(part)) is None:
            assert time.monotonic() < deadline, f"no {part} is running"
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        return process.pid

    def stop(self, how: signal.Signals = signal.SIGTERM, timeout: float = 15) -> float:
        """Stop in order; the seconds that it took."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(timeout)
        return time.monotonic() - began


def descendants(pid: int) -> list[psutil.Process]:
    """Every process below this one."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


@contextmanager
def running(
    folder: Path,
    config: str | None,
    *,
    environment: Mapping[str, str] | None = None,
    arguments: tuple[str, ...] = (),
) -> Iterator[Service]:
    """Run the service on `config` (the text of a file; `None`: the sample) until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [sys.executable, "-m", "worker.cli", "run", *arguments]
    if config is not None:
        (folder / "watch.toml").write_text(config, encoding="utf-8")
        command += ["--config", str(folder / "watch.toml")]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ALLIANCE_WATCH_")}
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        env={**clean, "ALLIANCE_WATCH_SERVICE__LISTEN": f"127.0.0.1:{port}", **(environment or {})},
        start_new_session=True,
    )
    service = Service(process, port, folder)

    def read() -> None:
        assert process.stdout is not None
        for raw in process.stdout:
            service.lines.append(raw.decode("utf-8", "replace").rstrip("\n"))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield service
    finally:
        below = descendants(process.pid)
        with suppress(subprocess.TimeoutExpired):
            service.stop()
        for survivor in [*below, *descendants(process.pid)]:
            with suppress(psutil.Error, IndexError):
                survivor.kill()
        if process.poll() is None:
            process.kill()
            process.wait(5)
        reader.join(timeout=5)
        (folder / "output.log").write_text(service.output, encoding="utf-8")
