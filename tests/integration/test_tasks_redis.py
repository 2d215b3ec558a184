"""Tasks through a real Redis: what a message holds, what becomes of it, what a fault costs."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker

from tests.support.celery import drain, task_app
from tests.support.redis import RedisServer
from worker import broker, tasks, timing
from worker.domain.histogram import tallied
from worker.pipeline import Owed


class Context:
    """A process's context that keeps what comes and lets a test wait for it."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self.deliveries: list[tuple[str, str]] = []
        self.crash_on = ""
        self.changed = threading.Condition()

    def classify(self, item_ids: Sequence[str]) -> list[Owed]:
        with self.changed:
            self.items += item_ids
            self.changed.notify_all()
        if self.crash_on in item_ids:
            raise ArithmeticError("a fault of ours")
        return [Owed(f"channel-{item[-1]}", f"msg-{item}") for item in item_ids]

    def deliver(self, channel: str, delivery_ids: Sequence[str]) -> None:
        with self.changed:
            self.deliveries += [(channel, delivery_id) for delivery_id in delivery_ids]
            self.changed.notify_all()

    def wait(self, *, items: int = 0, deliveries: int = 0, within: float = 20) -> None:
        with self.changed:
            assert self.changed.wait_for(
                lambda: len(self.items) >= items and len(self.deliveries) >= deliveries, within
            ), (self.items, self.deliveries)


@pytest.fixture
def app(redis_url: str) -> Iterator[Celery]:
    with task_app(redis_url) as app:
        yield app


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> Context:
    context = Context()
    monkeypatch.setattr(tasks, "_context", context)
    return context


def test_a_message_carries_ids_and_the_time(app: Celery) -> None:
    before = time.time()
    tasks.enqueue_items(["i1", "i2"])
    tasks.enqueue_deliveries([Owed("desk", "m1")])
    [classify] = drain(app, broker.CLASSIFY)
    [deliver] = drain(app, broker.DELIVER)
    assert (classify["task"], classify["args"]) == ("alliance_watch.classify", [["i1", "i2"]])
    assert (deliver["task"], deliver["args"]) == ("alliance_watch.deliver", ["desk", ["m1"]])
    for message in (classify, deliver):
        assert before <= message["headers"][broker.PUBLISHED_AT] <= time.time()
        assert message["kwargs"] == {}
        assert message["headers"]["eta"] is None
        assert message["headers"]["expires"] is None
        assert message["properties"]["delivery_mode"] == 2


def test_the_age_of_a_queue_is_read_from_our_own_messages(app: Celery, redis_url: str) -> None:
    tasks.enqueue_items(["i1"])
    time.sleep(0.3)
    probe = broker.probe(redis_url)
    reading = probe.read().queues[broker.CLASSIFY]
    probe.close()
    assert reading.depth == 1
    assert reading.oldest_age is not None
    assert 0.25 < reading.oldest_age < 10


def test_from_items_to_lanes_through_a_worker(
    app: Celery, context: Context, redis_url: str
) -> None:
    counted: Counter[str] = Counter()
    timing.report_to(lambda name, by: counted.update({name: by}))
    ids = [f"i{n}" for n in range(tasks.BATCH + 8)]
    with start_worker(app, pool="threads", concurrency=2, perform_ping_check=False,
                      queues=list(broker.QUEUES), shutdown_timeout=20):  # fmt: skip
        tasks.enqueue_items(ids)
        context.wait(items=len(ids), deliveries=len(ids))
    assert sorted(context.items) == sorted(ids)
    assert sorted(context.deliveries) == sorted((f"channel-{i[-1]}", f"msg-{i}") for i in ids)
    probe = broker.probe(redis_url)
    reading = probe.read()
    probe.close()
    for queue in reading.queues.values():
        assert (queue.depth, queue.in_flight) == (0, 0), "everything has been acknowledged"
    messages = sum(tallied(counted, "waited").counts)
    assert messages >= 2 + 10, "two of items, ten of deliveries"
    assert sum(tallied(counted, "ran").counts) == messages


def test_a_task_that_fails_is_not_tried_for_ever(app: Celery, context: Context) -> None:
    """Its items are the sweep's, with their attempts counted in the database."""
    context.crash_on = "bad"
    with start_worker(app, pool="threads", concurrency=1, perform_ping_check=False,
                      queues=[broker.CLASSIFY], shutdown_timeout=20):  # fmt: skip
        tasks.enqueue_items(["bad"])
        tasks.enqueue_items(["good"])
        context.wait(items=2)
        time.sleep(0.5)
    assert context.items == ["bad", "good"]
    assert drain(app, broker.CLASSIFY) == []


def test_a_broker_that_is_down_costs_little_time_and_no_error(
    app: Celery,
    redis_server: RedisServer,
) -> None:
    tasks.enqueue_items(["i1"])
    redis_server.stop(signal.SIGKILL)
    begun = time.monotonic()
    tasks.enqueue_items(["i2"])
    tasks.enqueue_deliveries([Owed("desk", "m1")])
    assert time.monotonic() - begun < 5
    redis_server.start()
    tasks.enqueue_items(["i3"])
    found = [message["args"] for message in drain(app, broker.CLASSIFY)]
    assert [["i3"]] in found
    assert [["i2"]] not in found


def test_a_broker_that_is_full_costs_no_error(app: Celery, redis_server: RedisServer) -> None:
    tasks.enqueue_items(["i1"])
    redis_server.client.config_set("maxmemory", 1)
    tasks.enqueue_items(["i2"])
    redis_server.client.config_set("maxmemory", 0)
    tasks.enqueue_items(["i3"])
    assert [message["args"] for message in drain(app, broker.CLASSIFY)] == [[["i1"]], [["i3"]]]


def test_an_emptied_broker_takes_new_messages(
    app: Celery, context: Context, redis_server: RedisServer
) -> None:
    with start_worker(app, pool="threads", concurrency=1, perform_ping_check=False,
                      queues=list(broker.QUEUES), shutdown_timeout=20):  # fmt: skip
        tasks.enqueue_items(["i1"])
        context.wait(deliveries=1)
        redis_server.client.flushall()
        tasks.enqueue_items(["i2"])
        context.wait(deliveries=2)
    assert context.items == ["i1", "i2"]
