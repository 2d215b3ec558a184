"""Two pollers, four workers and two dashboards, as on eight machines: each with a folder and a
host name of its own, on one PostgreSQL and one Redis. One of each is killed, frozen or cut off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.acceptance.conftest import NewsServer
from tests.support.news import stake_sale
from tests.support.receivers import WebhookReceiver
from tests.support.redis import RedisServer
from tests.support.service import free_port, wait_until
from worker.domain.access import Role, mint
from worker.store import DeliveryFilter, Store

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]

FEEDS, EACH = 4, 60

CONFIG = """
[service]
data_dir = "var"
public_url = "http://127.0.0.1:8765"
database_url = "{database}"
broker_url = "{broker}"
[network]
allow = ["127.0.0.0/8"]
[delivery]
sweep_interval = "1s"
retry_waits = ["1s", "2s"]
timeout = "5s"
[[channels]]
name = "hook"
type = "webhook"
url = "{hook}"
secret = "{secret}"
[[subscriptions]]
channel = "hook"
"""


@dataclass
class Machines:
    """The parts, each a process of its own in a folder of its own."""

    folder: Path
    config: str
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def start(self, name: str, *command: str) -> None:
        """Start one part on the machine `name`."""
        home = self.folder / name
        home.mkdir(exist_ok=True)
        (home / "watch.toml").write_text(self.config, encoding="utf-8")
        clean = {k: v for k, v in os.environ.items() if not k.startswith("ALLIANCE_WATCH_")}
        self.ports[name] = free_port()
        listen = {"ALLIANCE_WATCH_SERVICE__LISTEN": f"127.0.0.1:{self.ports[name]}"}
        self.running[name] = subprocess.Popen(
            [sys.executable, "-m", "worker.cli", *command, "--config", "watch.toml"],
            cwd=home,
            env={**clean, **listen},
            stdout=(home / "output.log").open("ab"),
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def signal(self, name: str, how: signal.Signals) -> None:
        """Tell a part and everything below it."""
        os.killpg(self.running[name].pid, how)

    def output(self, name: str) -> str:
        return (self.folder / name / "output.log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def machines(folder: Path, config: str) -> Iterator[Machines]:
    made = Machines(folder, config)
    try:
        yield made
    finally:
        for name in made.running:
            with suppress(ProcessLookupError):
                made.signal(name, signal.SIGCONT)
                made.signal(name, signal.SIGTERM)
        for process in made.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
        for name in made.running:
            with suppress(ProcessLookupError):
                made.signal(name, signal.SIGKILL)


def test_one_of_each_is_lost_and_nothing_else(
    tmp_path: Path, postgres_url: str, redis_server: RedisServer
) -> None:
    wires = [NewsServer() for _ in range(FEEDS)]
    store = Store.open(postgres_url)
    with WebhookReceiver() as hook:
        for wire in wires:
            wire.__enter__()
        config = CONFIG.format(
            database=postgres_url, broker=redis_server.url, hook=hook.url, secret=hook.secret
        ) + "".join(
            f'[[feeds]]\nurl = "{wire.base_url}/{number}.rss"\nname = "Wire {number}"\n'
            'interval = "1s"\n'
            for number, wire in enumerate(wires)
        )
        try:
            with machines(tmp_path, config) as parts:
                for number in (1, 2):
                    parts.start(f"poller{number}", "poller")
                    parts.start(f"classify{number}", "worker", "--queues", "classify")
                    parts.start(f"deliver{number}", "worker", "--queues", "deliver")
                    parts.start(f"dashboard{number}", "dashboard")
                publishing = threading.Thread(target=_publish, args=(wires,), daemon=True)
                publishing.start()
                hook.wait_for(20, timeout=120)
                both = _parts(store)
                assert both == Counter(
                    {"poller": 2, "worker-classify": 2, "worker-deliver": 2, "dashboard": 2}
                )
                parts.signal("poller1", signal.SIGKILL)
                _freeze_within_a_transaction(parts, "classify1", postgres_url)
                parts.signal("deliver1", signal.SIGKILL)
                parts.signal("dashboard1", signal.SIGKILL)
                redis_server.client.flushall()
                publishing.join()
                hook.wait_for(FEEDS * EACH, timeout=200)
                parts.signal("classify1", signal.SIGCONT)
                assert wait_until(lambda: _settled(store), 60)
                _looks_well(parts, store)
                time.sleep(3)  # what the frozen worker still held must change nothing
            _told_once(hook)
            assert hook.faults == []
        finally:
            for wire in wires:
                wire.__exit__()
            store.close()


def _freeze_within_a_transaction(parts: Machines, name: str, postgres_url: str) -> None:
    """The worst moment: what it has locked stays locked until the database loses patience."""
    held = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND state = 'idle in transaction' AND now() - state_change > interval '0.3 s'"
    )
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        for _ in range(200):
            parts.signal(name, signal.SIGSTOP)
            time.sleep(0.4)
            [number] = connection.execute(held).fetchone() or [0]
            if number:
                return
            parts.signal(name, signal.SIGCONT)
            time.sleep(0.05)
    raise AssertionError("it was never frozen in a transaction")


def _publish(wires: list[NewsServer]) -> None:
    for start in range(0, EACH, 5):
        for number, wire in enumerate(wires):
            begin = number * EACH + start
            wire.items = [*wire.items, *map(stake_sale, range(begin, begin + 5))]
        time.sleep(2)


def _parts(store: Store) -> Counter[str]:
    return Counter(part.kind for part in store.parts())


def _settled(store: Store) -> bool:
    lines = store.reads.deliveries(DeliveryFilter(), None, 500).items
    return len(lines) == FEEDS * EACH and all(
        line.delivery.state.value == "delivered" for line in lines
    )


def _looks_well(parts: Machines, store: Store) -> None:
    """The dashboard that is left tells who is missing, and that nothing is owed."""
    secret = mint(Role.READ)
    store.add_token(
        "tok_test", "api", "read", secret.digest, secret.prefix, "test", datetime.now(UTC)
    )
    url = f"http://127.0.0.1:{parts.ports['dashboard2']}/api/v1/queues"
    headers = {"authorization": f"Bearer {secret.text}"}

    def nothing_is_owed() -> bool:
        figures = httpx.get(url, headers=headers, timeout=10).json()
        return bool(figures["deliveries_due"] == figures["items_waiting"] == 0)

    assert wait_until(nothing_is_owed, 10)
    workers = httpx.get(url.replace("queues", "workers"), headers=headers, timeout=10).json()
    up = Counter(worker["kind"] for worker in workers["items"] if worker["state"] == "up")
    assert (up["poller"], up["worker-deliver"]) == (1, 1)


def _told_once(hook: WebhookReceiver) -> None:
    bodies = {message.message_id: message.body for message in hook.received}
    for message in hook.received:
        assert bodies[message.message_id] == message.body
    titles = Counter(
        message.json["data"]["item"]["title"]
        for message in {message.message_id: message for message in hook.received}.values()
    )
    assert len(titles) == FEEDS * EACH
    assert set(titles.values()) == {1}
