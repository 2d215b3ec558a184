"""The service's Celery application on a broker of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import Celery
from kombu import pools

from worker import tasks


@contextmanager
def task_app(broker_url: str) -> Iterator[Celery]:
    """The application of `worker.tasks`, configured for this broker and let go afterwards."""
    app = tasks.configure(broker_url)
    app.set_current()
    try:
        yield app
    finally:
        pools.reset()
        _forget_pools(app)


def _forget_pools(app: Any) -> None:
    """As after a fork: the application makes new pools when it publishes again."""
    app._after_fork()


@contextmanager
def messages_in(app: Celery, queue: str, number: int) -> Iterator[list[Any]]:
    """Take `number` messages off a queue and hold them unacknowledged; give back afterwards."""
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        bound = app.amqp.queues[queue].bind(channel)
        held = [message for _ in range(number) if (message := bound.get(accept=["json"]))]
        assert len(held) == number
        yield held
        for message in held:
            message.requeue()


def drain(app: Celery, queue: str) -> list[dict[str, Any]]:
    """Take everything off a queue: for each message its task, arguments and headers."""
    found = []
    with app.connection_for_read() as connection:
        bound = app.amqp.queues[queue].bind(connection.default_channel)
        bound.declare()
        while (message := bound.get(accept=["json"], no_ack=True)) is not None:
            args, kwargs, _ = message.payload
            found.append(
                {
                    "task": message.headers["task"],
                    "args": args,
                    "kwargs": kwargs,
                    "headers": dict(message.headers),
                    "properties": dict(message.properties),
                }
            )
    return found
