"""What the service runs on: the embedded default, or PostgreSQL and a Redis server."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import postgres
from tests.support.redis import RedisServer

CONFIG = """
[service]
data_dir = "{folder}/var"
database_url = "{database}"
broker_url = "{broker}"
[network]
allow = ["127.0.0.0/8"]
[[channels]]
name = "receiver"
type = "webhook"
url = "{url}"
secret = "{secret}"
[[subscriptions]]
channel = "receiver"
min_confidence = 0.0
"""

FEED = """
[[feeds]]
url = "{url}"
name = "Feed {number}"
interval = "{interval}s"
"""


@dataclass(frozen=True, slots=True)
class Backend:
    """Where everything is kept. Empty addresses: the embedded default in `folder`."""

    folder: Path
    database: str = ""
    broker: str = ""

    @property
    def database_url(self) -> str:
        """The database as `Store.open` takes it."""
        return self.database or f"sqlite:///{self.folder / 'var' / 'alliance-watch.db'}"

    def config(self, url: str, secret: str, feeds: Sequence[str] = (), interval: float = 1) -> str:
        """A configuration with one webhook and these feeds."""
        text = CONFIG.format(
            folder=self.folder, database=self.database, broker=self.broker, url=url, secret=secret
        )
        return text + "".join(
            FEED.format(url=feed, number=number, interval=f"{interval:g}")
            for number, feed in enumerate(feeds, 1)
        )


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder of our own with a short name (socket paths are limited), deleted afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="aw-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def embedded() -> Iterator[Backend]:
    """SQLite and the embedded Redis."""
    with scratch() as folder:
        yield Backend(folder)


@contextmanager
def servers() -> Iterator[Backend]:
    """A PostgreSQL and a Redis server of this run's own, with an empty database."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        server = stack.enter_context(postgres.server(folder / "postgres"))
        database = stack.enter_context(server.database())
        home = stack.enter_context(scratch())
        redis = RedisServer(home)
        stack.callback(redis.stop)
        redis.start()
        yield Backend(folder, database, redis.url)
