"""A real Redis server for tests: the one of the embedded default, on a Unix socket.

The fixtures are those of `tests/integration/conftest.py`; another folder's conftest.py can import
them as well.

Each test gets a server and a folder of its own, so that tests run beside each other; the server
ends with the process that started it, however that ends.
"""

from __future__ import annotations

import ctypes
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import redis

from worker import embedded_redis


class RedisServer:
    """A server that can be stopped, killed and started again on the data that it has."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.socket = embedded_redis.socket_path(data_dir)
        self.url = embedded_redis.broker_url(data_dir)
        self.client: Any = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> RedisServer:
        """Start the server and wait until it answers."""
        self.process = subprocess.Popen(
            embedded_redis.command(self.data_dir),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_end_with_parent() if sys.platform == "linux" else None,
        )
        deadline = time.monotonic() + 20
        while True:
            with suppress(redis.RedisError, OSError):
                if self.client.ping():
                    return self
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"redis-server does not serve: {self.process.poll()}")
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the server; `SIGKILL` as a crash would."""
        self.client.close()
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=10)
            self.process = None


def _end_with_parent() -> Callable[[], None]:
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(1, signal.SIGKILL)


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A running Redis of this test's own. Its folder is short: socket paths are limited."""
    home = Path(tempfile.mkdtemp(prefix="aw-redis-"))
    server = RedisServer(home)
    try:
        yield server.start()
    finally:
        server.stop(signal.SIGKILL)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def redis_socket(redis_server: RedisServer) -> Path:
    """The socket of a running Redis."""
    return redis_server.socket


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The address of a running Redis in Celery's form."""
    return redis_server.url
