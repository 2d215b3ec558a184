"""The queue on RabbitMQ, where one answers: readings, messages, and what a worker makes of them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from kombu import Connection

from tests.support.celery import drain, messages_in, task_app
from worker import broker, tasks
from worker.broker import AmqpProbe
from worker.pipeline import Owed

ROOT = Path(__file__).resolve().parents[2]
URL = os.environ.get("TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//")


def _answers() -> bool:
    parts = urlsplit(URL)
    with suppress(OSError), socket.create_connection((parts.hostname, parts.port or 5672), 1):
        return True
    return False


pytestmark = pytest.mark.skipif(
    not _answers(), reason="no RabbitMQ answers at TEST_AMQP_URL (default: 127.0.0.1:5672)"
)


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """Queues of this test's own, gone afterwards."""
    mark = uuid.uuid4().hex[:12]
    classify, deliver = f"aw-test-{mark}.classify", f"aw-test-{mark}.deliver"
    monkeypatch.setattr(broker, "CLASSIFY", classify)
    monkeypatch.setattr(broker, "DELIVER", deliver)
    monkeypatch.setattr(broker, "QUEUES", (classify, deliver))
    yield classify, deliver
    with Connection(URL) as connection:
        for name in (classify, deliver):
            channel: Any = connection.channel()
            with suppress(Exception):
                channel.queue_delete(name)
                channel.exchange_delete(name)


@pytest.fixture
def app(queues: tuple[str, str]) -> Iterator[Celery]:
    with task_app(URL) as app:
        yield app


@pytest.fixture
def probe(queues: tuple[str, str]) -> Iterator[AmqpProbe]:
    probe = AmqpProbe(URL)
    yield probe
    probe.close()


def test_queues_that_nobody_has_declared_are_empty(
    probe: AmqpProbe, queues: tuple[str, str]
) -> None:
    reading = probe.read()
    assert reading.reachable
    assert set(reading.queues) == set(queues)
    for queue in reading.queues.values():
        assert (queue.depth, queue.consumers, queue.oldest_age) == (0, 0, None)
    assert probe.read() == reading, "a refused declaration closes a channel, not the connection"


def test_depth_of_what_waits(app: Celery, probe: AmqpProbe, queues: tuple[str, str]) -> None:
    classify, deliver = queues
    tasks.enqueue_items(["i1"])
    tasks.enqueue_items(["i2"])
    tasks.enqueue_deliveries([Owed("desk", "m1")])
    reading = probe.read()
    assert {name: queue.depth for name, queue in reading.queues.items()} == {
        classify: 2,
        deliver: 1,
    }
    with messages_in(app, classify, 1):
        assert probe.read().queues[classify].depth == 1


def test_messages_are_durable_and_stamped(app: Celery, queues: tuple[str, str]) -> None:
    before = time.time()
    tasks.enqueue_items(["i1"])
    [message] = drain(app, queues[0])
    assert message["args"] == [["i1"]]
    assert message["properties"]["delivery_mode"] == 2
    assert before <= message["headers"][broker.PUBLISHED_AT] <= time.time()


def test_readings_come_back_with_the_connection(probe: AmqpProbe) -> None:
    assert probe.read().reachable
    probe._connection.transport.close_connection(probe._connection.connection)
    readings = [probe.read() for _ in range(2)]
    assert readings[-1].reachable


def test_a_wrong_password_is_a_reading_without_it() -> None:
    parts = urlsplit(URL)
    wrong = AmqpProbe(f"amqp://guest:n0t-it@{parts.hostname}:{parts.port or 5672}//")
    begun = time.monotonic()
    reading = wrong.read()
    wrong.close()
    assert not reading.reachable
    assert "n0t-it" not in reading.error
    assert time.monotonic() - begun < 10


class Context:
    def __init__(self) -> None:
        self.delivered: list[tuple[str, str]] = []
        self.changed = threading.Condition()

    def classify(self, item_ids: Sequence[str]) -> list[Owed]:
        return [Owed("desk", f"msg-{item}") for item in item_ids]

    def deliver(self, channel: str, delivery_ids: Sequence[str]) -> None:
        with self.changed:
            self.delivered += [(channel, delivery_id) for delivery_id in delivery_ids]
            self.changed.notify_all()


def test_from_items_to_lanes_through_a_worker(
    app: Celery, probe: AmqpProbe, queues: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = Context()
    monkeypatch.setattr(tasks, "_context", context)
    ids = [f"i{n}" for n in range(tasks.BATCH + 8)]
    with start_worker(
        app,
        pool="threads",
        concurrency=2,
        perform_ping_check=False,
        queues=list(queues),
        shutdown_timeout=20,
    ):
        tasks.enqueue_items(ids)
        with context.changed:
            assert context.changed.wait_for(lambda: len(context.delivered) >= len(ids), 20)
        assert probe.read().queues[queues[0]].consumers == 1
    assert sorted(context.delivered) == sorted(("desk", f"msg-{i}") for i in ids)
    assert [queue.depth for queue in probe.read().queues.values()] == [0, 0]


WORKER = """
import os, sys
os.environ["REMAP_SIGTERM"] = "SIGQUIT"
from worker import tasks
app = tasks.configure(sys.argv[1])
app.conf.worker_soft_shutdown_timeout = 1.0
app.conf.worker_enable_soft_shutdown_on_idle = True
app.Worker(pool="threads", concurrency=1, queues=[sys.argv[2]], loglevel="INFO",
           without_gossip=True, without_mingle=True, without_heartbeat=True).start()
"""


def test_an_idle_worker_stops_soon(queues: tuple[str, str], probe: AmqpProbe) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, URL, queues[0]],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    try:
        deadline = time.monotonic() + 30
        while not probe.read().queues[queues[0]].consumers:
            assert time.monotonic() < deadline, "the worker does not begin to consume"
            time.sleep(0.1)
        time.sleep(1.5)  # let it run out of things to do
        begun = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=30)
        assert time.monotonic() - begun < 3
    finally:
        worker.kill()
        worker.wait(timeout=5)


def test_a_broker_that_is_not_there_costs_little_time_and_no_error(
    queues: tuple[str, str],
) -> None:
    with task_app("amqp://guest:guest@127.0.0.1:1//"):
        begun = time.monotonic()
        tasks.enqueue_items(["i1"])
        assert time.monotonic() - begun < 6
