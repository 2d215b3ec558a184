"""Five hundred items while queues are emptied and processes killed: every alert arrives."""

from __future__ import annotations

import shutil
import signal
import subprocess
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from tests.acceptance.conftest import NewsServer
from tests.support.news import stake_sale
from tests.support.receivers import WebhookReceiver
from tests.support.redis import RedisServer
from tests.support.service import Service, running
from worker import embedded_redis

pytestmark = pytest.mark.timeout(240)

ITEMS = 500

CONFIG = """
[service]
data_dir = "var"
database_url = "{database}"
broker_url = "{broker}"
[network]
allow = ["127.0.0.0/8"]
[delivery]
sweep_interval = "1s"
retry_waits = ["1s", "2s"]
timeout = "5s"

[[feeds]]
url = "{feed}/wire.rss"
name = "Wire"
interval = "1s"

[[channels]]
name = "one"
type = "webhook"
url = "{one}"
secret = "{one_secret}"
[[channels]]
name = "two"
type = "webhook"
url = "{two}"
secret = "{two_secret}"

[[subscriptions]]
channel = "one"
[[subscriptions]]
channel = "two"
"""


@dataclass(frozen=True)
class Backend:
    """What the service runs on, and how to lose everything that waits in its queue."""

    database: str
    broker: str
    empty: Callable[[Service], None]
    kill: Callable[[Service], object]


@contextmanager
def _embedded() -> Iterator[Backend]:
    def empty(service: Service) -> None:
        path = embedded_redis.socket_path(service.folder / "var")
        with suppress(redis.RedisError):
            redis.Redis(unix_socket_path=str(path)).flushall()

    yield Backend("", "", empty, lambda service: service.kill("redis"))


@contextmanager
def _servers(postgres_url: str, server: RedisServer) -> Iterator[Backend]:
    def kill(_service: Service) -> None:
        server.stop(signal.SIGKILL)
        time.sleep(1)
        server.start()

    yield Backend(postgres_url, server.url, lambda _: server.client.flushall(), kill)


@contextmanager
def _rabbit() -> Iterator[Backend]:
    control = shutil.which("rabbitmqctl")
    if control is None:
        pytest.skip("no RabbitMQ on this machine (rabbitmqctl is not installed)")
    vhost = f"test-{uuid.uuid4().hex[:10]}"
    made = subprocess.run([control, "-q", "add_vhost", vhost], capture_output=True, timeout=60)
    if made.returncode:
        pytest.skip("RabbitMQ is installed and does not answer rabbitmqctl")
    try:
        subprocess.run(
            [control, "-q", "set_permissions", "-p", vhost, "guest", ".*", ".*", ".*"],
            check=True,
            timeout=60,
        )

        def empty(_service: Service) -> None:
            for queue in ("alliance-watch.classify", "alliance-watch.deliver"):
                subprocess.run([control, "-q", "purge_queue", "-p", vhost, queue], timeout=60)

        yield Backend("", f"amqp://guest:guest@127.0.0.1:5672/{vhost}", empty, empty)
    finally:
        subprocess.run([control, "-q", "delete_vhost", vhost], timeout=60)


def test_embedded(tmp_path: Path, news: NewsServer) -> None:
    with _embedded() as backend:
        _all_alerts_arrive(tmp_path, news, backend)


def test_postgresql_and_redis(
    tmp_path: Path, news: NewsServer, postgres_url: str, redis_server: RedisServer
) -> None:
    with _servers(postgres_url, redis_server) as backend:
        _all_alerts_arrive(tmp_path, news, backend)


def test_rabbitmq(tmp_path: Path, news: NewsServer) -> None:
    with _rabbit() as backend:
        _all_alerts_arrive(tmp_path, news, backend)


def _all_alerts_arrive(tmp_path: Path, news: NewsServer, backend: Backend) -> None:
    with WebhookReceiver() as one, WebhookReceiver() as two:
        config = CONFIG.format(
            database=backend.database,
            broker=backend.broker,
            feed=news.base_url,
            one=one.url,
            one_secret=one.secret,
            two=two.url,
            two_secret=two.secret,
        )
        with running(tmp_path / "service", config) as service:
            publishing = threading.Thread(target=_publish, args=(news,), daemon=True)
            publishing.start()
            one.wait_for(20, timeout=60)
            backend.empty(service)
            service.kill("classify")
            one.wait_for(60, timeout=90)
            service.kill("poller")
            time.sleep(1)
            backend.kill(service)
            backend.empty(service)
            service.kill("deliver")
            one.wait_for(ITEMS, timeout=120)
            two.wait_for(ITEMS, timeout=60)
            publishing.join()
        for receiver in (one, two):
            assert receiver.faults == []
            _no_item_told_twice(receiver)


def _publish(news: NewsServer) -> None:
    for start in range(0, ITEMS, 25):
        news.items = [*news.items, *map(stake_sale, range(start, start + 25))]
        time.sleep(0.5)


def _no_item_told_twice(receiver: WebhookReceiver) -> None:
    """A repeat is allowed with the same id only: every item has one id, every id one body."""
    ids = {message.message_id for message in receiver.received}
    bodies = {(message.message_id, message.body) for message in receiver.received}
    assert len(bodies) == len(ids)
    by_item = Counter(
        message.json["data"]["item"]["title"]
        for message in {message.message_id: message for message in receiver.received}.values()
    )
    assert len(by_item) == ITEMS
    assert set(by_item.values()) == {1}
