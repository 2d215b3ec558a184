"""What is decided about a broker from its address alone, and how messages are read."""

from __future__ import annotations

import json

import pytest

from worker import broker
from worker.broker import AmqpProbe, RedisProbe


@pytest.mark.parametrize(
    "url", ["redis://h:6379/0", "rediss://h/1", "redis+socket:///tmp/r.sock?virtual_host=0"]
)
def test_redis_options_never_wait_long_and_outlast_every_task(url: str) -> None:
    options = broker.transport_options(url)
    assert options["visibility_timeout"] > broker.TASK_TIME_LIMIT
    assert options["socket_connect_timeout"] <= 2
    assert options["socket_timeout"] <= 15
    assert options["priority_steps"][0] == 0


def test_amqp_options_confirm_what_is_published() -> None:
    options = broker.transport_options("amqp://guest@h//")
    assert options["confirm_publish"] is True
    assert "visibility_timeout" not in options


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("redis://h", RedisProbe),
        ("rediss://h", RedisProbe),
        ("redis+socket:///tmp/r.sock", RedisProbe),
        ("amqp://h", AmqpProbe),
        ("amqps://h", AmqpProbe),
    ],
)
def test_the_probe_follows_the_address(url: str, kind: type) -> None:
    probe = broker.probe(url)
    assert isinstance(probe, kind)
    probe.close()


def test_a_socket_address_is_taken_apart() -> None:
    probe = RedisProbe("redis+socket://me:pa%20ss@/tmp/a%20b%3F.sock?virtual_host=/3")
    settings = probe._redis.connection_pool.connection_kwargs
    assert settings["path"] == "/tmp/a b?.sock"
    assert (settings["db"], settings["username"], settings["password"]) == (3, "me", "pa ss")


@pytest.mark.parametrize(
    ("message", "age"),
    [
        (json.dumps({"headers": {broker.PUBLISHED_AT: 90.0}}).encode(), 10.0),
        (json.dumps({"headers": {broker.PUBLISHED_AT: 110.0}}).encode(), 0.0),  # clocks differ
        (json.dumps({"headers": {}}).encode(), None),
        (json.dumps({"headers": {broker.PUBLISHED_AT: None}}).encode(), None),
        (b"[1, 2]", None),
        (b"\xff not json", None),
        (None, None),
    ],
)
def test_the_age_of_a_message(message: bytes | None, age: float | None) -> None:
    assert broker._age(message, 100.0) == age


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis+socket:///nowhere/redis.sock"])
def test_a_redis_that_is_not_there_is_a_reading_too(url: str) -> None:
    probe = broker.probe(url)
    reading = probe.read()
    assert not reading.reachable
    assert reading.error == "ConnectionError"
    assert reading.queues == {}
    probe.close()


def test_an_amqp_broker_that_is_not_there_is_a_reading_too() -> None:
    probe = broker.probe("amqp://guest:s3cret@127.0.0.1:1//")
    reading = probe.read()
    assert not reading.reachable
    assert reading.error
    assert "s3cret" not in reading.error
    probe.close()
