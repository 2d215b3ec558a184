"""The queue as an accelerator: its address, its options, and what the dashboard reads off it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

CLASSIFY = "alliance-watch.classify"
DELIVER = "alliance-watch.deliver"
QUEUES = (CLASSIFY, DELIVER)

# A message not acknowledged for this long goes to another worker: longer than any task may run
# (`TASK_TIME_LIMIT`), or a long task would run twice at the same time.
VISIBILITY_TIMEOUT = 120
TASK_TIME_LIMIT = 90

PUBLISHED_AT = "alliance-watch-published-at"

_PRIORITY_SEPARATOR = "\x06\x16"
_PRIORITIES = (0, 3, 6, 9)


@dataclass(frozen=True, slots=True)
class QueueReading:
    """What one queue holds. `oldest_age` in seconds, `None` where the broker cannot tell."""

    name: str
    depth: int
    oldest_age: float | None = None
    in_flight: int | None = None
    consumers: int | None = None


@dataclass(frozen=True, slots=True)
class BrokerReading:
    """All queues at one moment, or why they could not be read."""

    reachable: bool
    queues: Mapping[str, QueueReading] = field(default_factory=dict)
    error: str = ""


class BrokerProbe(Protocol):
    """Reads the queues without asking any worker. `read` never raises."""

    def read(self) -> BrokerReading: ...

    def close(self) -> None: ...


def transport_options(broker_url: str) -> dict[str, Any]:
    """Kombu's options for this broker: nothing may block for long when it is down."""
    if urlsplit(broker_url).scheme.startswith("redis"):
        return {
            "visibility_timeout": VISIBILITY_TIMEOUT,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 15,
            "socket_connect_timeout": 2,
            "retry_on_timeout": False,
            "health_check_interval": 10,
            "priority_steps": list(_PRIORITIES),
        }
    return {"connect_timeout": 2, "confirm_publish": True}


def probe(broker_url: str) -> BrokerProbe:
    """The probe for this broker; connects at the first reading."""
    if urlsplit(broker_url).scheme.startswith(("redis", "unix")):
        return RedisProbe(broker_url)
    return AmqpProbe(broker_url)


class RedisProbe:
    """Reads Celery's lists on Redis: a list a queue and priority, the oldest at the tail."""

    def __init__(self, broker_url: str) -> None:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        parts = urlsplit(broker_url)
        options: dict[str, Any] = {
            "socket_timeout": 2,
            "socket_connect_timeout": 2,
            "retry": Retry(NoBackoff(), 1),  # once, for a connection that has gone stale
        }
        if parts.scheme == "redis+socket":
            database = parse_qs(parts.query).get("virtual_host", ["0"])[0]
            self._redis = redis.Redis(
                unix_socket_path=unquote(parts.path),
                db=int(database.strip("/") or 0),
                username=unquote(parts.username or "") or None,
                password=unquote(parts.password or "") or None,
                **options,
            )
        else:
            self._redis = redis.Redis.from_url(broker_url, **options)

    def read(self) -> BrokerReading:
        import redis

        try:
            return self._read()
        except (redis.RedisError, OSError) as error:
            return BrokerReading(reachable=False, error=type(error).__name__)

    def _read(self) -> BrokerReading:
        lists = [(queue, name) for queue in QUEUES for name in _priority_lists(queue)]
        pipe = self._redis.pipeline(transaction=False)
        for _, name in lists:
            pipe.llen(name)
            pipe.lindex(name, -1)
        pipe.hvals("unacked")
        *answers, unacked = pipe.execute()
        depth = dict.fromkeys(QUEUES, 0)
        oldest: dict[str, float | None] = dict.fromkeys(QUEUES)
        now = time.time()
        for (queue, _), length, tail in zip(lists, answers[::2], answers[1::2], strict=True):
            depth[queue] += int(length)
            age = _age(tail, now)
            if age is not None:
                oldest[queue] = max(age, oldest[queue] or 0.0)
        in_flight = dict.fromkeys(QUEUES, 0)
        for value in unacked:
            with suppress(ValueError, LookupError, TypeError):
                routing_key = json.loads(value)[2]
                in_flight[routing_key] = in_flight.get(routing_key, 0) + 1
        return BrokerReading(
            reachable=True,
            queues={
                queue: QueueReading(queue, depth[queue], oldest[queue], in_flight[queue])
                for queue in QUEUES
            },
        )

    def close(self) -> None:
        self._redis.close()


def _priority_lists(queue: str) -> list[str]:
    return [queue, *(f"{queue}{_PRIORITY_SEPARATOR}{step}" for step in _PRIORITIES if step)]


def _age(message: bytes | None, now: float) -> float | None:
    """Seconds since the message was published, by the header that we set ourselves."""
    if message is None:
        return None
    with suppress(ValueError, LookupError, TypeError):
        return max(0.0, now - float(json.loads(message)["headers"][PUBLISHED_AT]))
    return None


class AmqpProbe:
    """Asks the broker by passive declaration; AMQP does not tell the age of what waits."""

    def __init__(self, broker_url: str) -> None:
        from kombu import Connection

        self._connection = Connection(broker_url, connect_timeout=2)

    def read(self) -> BrokerReading:
        try:
            # Without the pauses that kombu makes between its tries.
            self._connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
            readings = {queue: self._queue(queue) for queue in QUEUES}
        except Exception as error:
            # The transports raise what they like; any of it means the broker cannot be read.
            with suppress(Exception):
                self._connection.close()
            return BrokerReading(reachable=False, error=type(error).__name__)
        return BrokerReading(reachable=True, queues=readings)

    def _queue(self, name: str) -> QueueReading:
        channel: Any = self._connection.channel()
        try:
            declared = channel.queue_declare(queue=name, passive=True)
        except self._connection.channel_errors:
            return QueueReading(name, 0, None, None, 0)  # nobody has declared it yet
        else:
            return QueueReading(name, declared.message_count, None, None, declared.consumer_count)
        finally:
            with suppress(Exception):
                channel.close()

    def close(self) -> None:
        with suppress(Exception):
            self._connection.release()
