"""Thin Celery tasks, and the only place that puts ids into the queue.

A message carries ids and nothing else. It may be lost or arrive twice: the database knows what
is still owed (`pipeline.sweep`), and a step that runs twice does nothing the second time.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import structlog
from celery import Celery
from celery.signals import before_task_publish, worker_ready
from kombu.asynchronous import get_event_loop
from kombu.exceptions import OperationalError

from worker import broker, pipeline
from worker.pipeline import Owed
from worker.store import StoreUnavailable

log = structlog.get_logger(__name__)

# One message an item costs milliseconds of pure overhead; a hundred in one make a lost message
# or a slow item felt by too many.
BATCH = 32
# Items that came together are shared out, as long as no message gets fewer than this: alerts
# leave when their message is done, and another process may be idle.
SMALL_BATCH = 8
SHARES = 4

# A broker that takes a connection but no messages (RabbitMQ in an alarm) holds nobody for longer.
PUBLISH_WITHIN = 5.0

app = Celery("alliance-watch")
app.Task.Request = "worker.timing:TimedRequest"


class Context(Protocol):
    """What the tasks of this process work with; `worker_main` provides it."""

    def classify(self, item_ids: Sequence[str]) -> list[Owed]: ...

    def deliver(self, channel: str, delivery_ids: Sequence[str]) -> None: ...


_context: Context | None = None


def provide(context: Context) -> None:
    """Give the tasks of this process what they work with."""
    global _context
    _context = context


def configure(broker_url: str) -> Celery:
    """Set the Celery application up for this broker. Must come before anything is enqueued."""
    app.conf.update(
        broker_url=broker_url,
        broker_transport_options=broker.transport_options(broker_url),
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=2,
        task_publish_retry=False,
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_acks_on_failure_or_timeout=True,
        task_time_limit=broker.TASK_TIME_LIMIT,
        task_default_queue=broker.CLASSIFY,
        task_routes={
            "alliance_watch.classify": {"queue": broker.CLASSIFY},
            "alliance_watch.deliver": {"queue": broker.DELIVER},
        },
        task_create_missing_queues=True,
        task_serializer="json",
        accept_content=["json"],
        task_default_delivery_mode="persistent",
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_max_tasks_per_child=None,
        enable_utc=True,
    )
    options = app.conf.broker_transport_options
    if options.get("visibility_timeout", broker.VISIBILITY_TIMEOUT) <= broker.TASK_TIME_LIMIT:
        raise AssertionError("a task could outlive its message's visibility timeout")
    return app


@before_task_publish.connect
def _stamp(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Celery puts no time of publication into a message; the age of a queue is read from ours."""
    if headers is not None:
        headers.setdefault(broker.PUBLISHED_AT, time.time())


@worker_ready.connect
def _look_up(**_: Any) -> None:
    """On AMQP an idle worker would see that it is to stop only when the next message comes."""
    loop = get_event_loop()
    if loop is not None:
        loop.call_repeatedly(0.5, lambda: None)


@app.task(name="alliance_watch.classify")
def classify(item_ids: list[str]) -> None:
    """Classify items and enqueue what their alerts owe."""
    if _context is None:
        raise RuntimeError("this process has not been set up for tasks")
    try:
        owed = _context.classify(item_ids)
    except StoreUnavailable as error:
        # What has been done is in the database, deliveries too; the sweep brings back the rest.
        log.warning("classification_put_off", items=len(item_ids), error=str(error))
        return
    enqueue_deliveries(owed)


@app.task(name="alliance_watch.deliver")
def deliver(channel: str, delivery_ids: list[str]) -> None:
    """Bring deliveries to the lane of their channel."""
    if _context is None:
        raise RuntimeError("this process has not been set up for tasks")
    _context.deliver(channel, delivery_ids)


def enqueue_items(item_ids: Sequence[str]) -> None:
    """Ask for these items to be classified."""
    share = -(-len(item_ids) // SHARES)
    for batch in _batches(item_ids, min(BATCH, max(SMALL_BATCH, share))):
        _publish(classify, batch)


def enqueue_deliveries(owed: Iterable[Owed]) -> None:
    """Ask for these deliveries to be sent."""
    lanes: dict[str, list[str]] = defaultdict(list)
    for delivery in owed:
        lanes[delivery.channel].append(delivery.delivery_id)
    for channel, delivery_ids in lanes.items():
        for batch in _batches(delivery_ids):
            _publish(deliver, channel, batch)


def enqueue_overdue(overdue: pipeline.Overdue) -> None:
    """Put back what the sweep found."""
    enqueue_items(overdue.items)
    enqueue_deliveries(overdue.deliveries)


def _batches(ids: Sequence[str], size: int = BATCH) -> Iterable[list[str]]:
    for start in range(0, len(ids), size):
        yield list(ids[start : start + size])


def _publish(task: Any, *args: Any) -> None:
    """A failed publication is harmless: the sweep finds what it was about."""
    try:
        task.apply_async(args=args, timeout=PUBLISH_WITHIN, confirm_timeout=PUBLISH_WITHIN)
    except (OperationalError, OSError) as error:
        log.warning("publish_failed", task=task.name, error=type(error).__name__)
