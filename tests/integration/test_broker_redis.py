"""Queue readings off a real Redis that a real Celery application has filled."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest
from celery import Celery

from tests.support.celery import messages_in, task_app
from tests.support.redis import RedisServer
from worker import broker
from worker.broker import CLASSIFY, DELIVER, RedisProbe


@pytest.fixture
def app(redis_url: str) -> Iterator[Celery]:
    with task_app(redis_url) as app:
        yield app


@pytest.fixture
def probe(redis_url: str) -> Iterator[RedisProbe]:
    probe = RedisProbe(redis_url)
    yield probe
    probe.close()


def publish(app: Celery, queue: str, *, priority: int | None = None, age: float = 0.0) -> None:
    app.send_task(
        "probe",
        args=(["item"],),
        queue=queue,
        priority=priority,
        headers={broker.PUBLISHED_AT: time.time() - age},
    )


def test_an_empty_broker(probe: RedisProbe) -> None:
    reading = probe.read()
    assert reading.reachable
    assert set(reading.queues) == {CLASSIFY, DELIVER}
    for queue in reading.queues.values():
        assert (queue.depth, queue.oldest_age, queue.in_flight) == (0, None, 0)


def test_depth_and_age_over_all_priorities(app: Celery, probe: RedisProbe) -> None:
    publish(app, CLASSIFY, age=30)
    publish(app, CLASSIFY, age=5)
    for priority in (1, 3, 5, 6, 9):
        publish(app, CLASSIFY, priority=priority, age=60 + priority)
    publish(app, DELIVER, age=2)
    reading = probe.read()
    assert reading.queues[CLASSIFY].depth == 7
    assert reading.queues[CLASSIFY].oldest_age == pytest.approx(69, abs=2)
    assert reading.queues[DELIVER].depth == 1
    assert reading.queues[DELIVER].oldest_age == pytest.approx(2, abs=2)


def test_the_oldest_is_the_one_that_is_taken_next(app: Celery, probe: RedisProbe) -> None:
    for age in (50, 40, 30):
        publish(app, CLASSIFY, age=age)
    with messages_in(app, CLASSIFY, 1):
        assert probe.read().queues[CLASSIFY].oldest_age == pytest.approx(40, abs=2)


def test_what_a_consumer_holds_is_in_flight(app: Celery, probe: RedisProbe) -> None:
    for _ in range(3):
        publish(app, CLASSIFY)
    publish(app, DELIVER)
    with messages_in(app, CLASSIFY, 2):
        reading = probe.read()
        assert (reading.queues[CLASSIFY].depth, reading.queues[CLASSIFY].in_flight) == (1, 2)
        assert (reading.queues[DELIVER].depth, reading.queues[DELIVER].in_flight) == (1, 0)


def test_rubbish_in_the_lists_is_counted_and_not_fatal(
    redis_server: RedisServer,
    probe: RedisProbe,
) -> None:
    redis_server.client.lpush(CLASSIFY, b"\xff\x00 rubbish")
    redis_server.client.hset("unacked", "a", b"not json")
    redis_server.client.hset("unacked", "b", b"[1]")
    reading = probe.read()
    assert reading.queues[CLASSIFY].depth == 1
    assert reading.queues[CLASSIFY].oldest_age is None
    assert reading.queues[CLASSIFY].in_flight == 0


def test_a_key_of_another_kind_is_a_fault_that_is_reported(
    redis_server: RedisServer,
    probe: RedisProbe,
) -> None:
    redis_server.client.set(CLASSIFY, "no list")
    reading = probe.read()
    assert not reading.reachable
    assert reading.error == "ResponseError"


def test_readings_come_back_with_the_server(
    redis_server: RedisServer,
    probe: RedisProbe,
) -> None:
    assert probe.read().reachable
    redis_server.stop(signal.SIGKILL)
    begun = time.monotonic()
    assert not probe.read().reachable
    assert time.monotonic() - begun < 5
    redis_server.start()
    assert probe.read().reachable
