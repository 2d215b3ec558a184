"""Celery workers: classification in processes, delivery on one event loop.

The two have nothing in common but the queue: classifying keeps a core busy and is spread over
processes, delivering waits for other people's servers and is spread over lanes.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import resource
import signal
import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Must stand before Celery is imported: TERM then ends a worker softly, and what it has not
# finished goes back to the queue.
os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")

import structlog
from celery import Celery, signals
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from celery.worker import state as celery_state

from worker import broker, pipeline, tasks, timing, wiring
from worker.channels import ENDPOINT_TERMS, Channel, EndpointChannels, terms
from worker.config import Settings
from worker.domain.circuit import Terms
from worker.domain.delivery import Claimed, Settlement
from worker.heartbeat import Heartbeat
from worker.lanes import Lanes
from worker.pipeline import Owed
from worker.store import Store

if TYPE_CHECKING:
    from worker.classify import Classifier

log = structlog.get_logger(__name__)

QUEUES = {"classify": broker.CLASSIFY, "deliver": broker.DELIVER}
MAX_PROCESSES = 8
SOFT_STOP = 3.0
LOOKUPS = 64
OPEN_FILES = 8_192
DELIVERY_GRACE = 4.0

# How many messages one channel gets at a time from a process, where its terms do not say so: a
# terminal cannot show two at once, a mail server tires of many connections.
WIDTHS = {"email": 4, "console": 1}

_PR_SET_PDEATHSIG = 1


def main(settings: Settings, queue: str) -> int:
    """Run one worker on one queue (`classify` or `deliver`) until it is told to stop."""
    wiring.configure_part(settings, f"worker-{queue}")
    store = wiring.open_store(settings)
    wiring.require_schema(store)
    app = tasks.configure(wiring.broker_url(settings))
    app.conf.worker_soft_shutdown_timeout = SOFT_STOP
    run = {"classify": _classify, "deliver": _deliver}[queue]
    return run(app, settings, store)


def _serve(app: Celery, queue: str, pool: str, concurrency: int, heartbeat: Heartbeat) -> int:
    """Run Celery in this process until it is told to stop."""
    # Root is a risk with pickled messages; ours are JSON and nothing else is accepted.
    warnings.simplefilter("ignore", SecurityWarning)
    warnings.simplefilter("ignore", CPendingDeprecationWarning)
    # Celery announces its stop on the original standard output, which belongs to the alerts.
    sys.__stdout__ = Path(os.devnull).open("w")  # type: ignore[misc]  # noqa: SIM115
    # Logging is set up already, and is the same in the processes of the pool.
    signals.setup_logging.connect(lambda **_: None, weak=False)
    timing.report_to(heartbeat.count)
    heartbeat.start()
    log.info("worker_started", queue=queue, concurrency=concurrency)
    worker = app.Worker(
        hostname=heartbeat.id,
        pool=pool,
        concurrency=concurrency,
        queues=[QUEUES[queue]],
        loglevel="WARNING",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    try:
        worker.start()
    finally:
        heartbeat.stop()
    log.info("worker_stopped", queue=queue)
    return int(worker.exitcode or 0)


def _gauges(queue: str, concurrency: int) -> Mapping[str, float | str]:
    return {
        "queue": queue,
        "concurrency": concurrency,
        "tasks_accepted": sum(celery_state.total_count.values()),
        "tasks_active": len(celery_state.active_requests),
    }


# ── classification ────────────────────────────────────────────────────────────────────────────


class Classifying:
    """The tasks' context in a classification process. The store is opened after the fork."""

    def __init__(
        self, settings: Settings, classifier: Classifier, owners: Mapping[str, str]
    ) -> None:
        self._classifier = classifier
        self._owners = owners
        self._store = wiring.open_store(settings)
        self._owner = f"classify:{os.getpid()}"

    def classify(self, item_ids: Sequence[str]) -> list[Owed]:
        return pipeline.classify(
            item_ids,
            classifier=self._classifier,
            store=self._store,
            owner=self._owner,
            clock=wiring.now,
            owners=self._owners,
        )

    def deliver(self, channel: str, delivery_ids: Sequence[str]) -> None:
        raise RuntimeError("this process classifies; deliveries belong to the other queue")


def _classify(app: Celery, settings: Settings, store: Store) -> int:
    # Loaded before the fork: the processes share the memory of rules and vocabularies.
    classifier = wiring.load_classifier(settings)
    owners = wiring.load_owners(settings)
    _warm_up(classifier)

    @signals.worker_process_init.connect(weak=False)
    def _begin(**_: Any) -> None:
        _die_with_parent()
        tasks.provide(Classifying(settings, classifier, owners))

    concurrency = max(1, min(MAX_PROCESSES, os.cpu_count() or 1))
    heartbeat = Heartbeat(
        store,
        "worker-classify",
        clock=wiring.now,
        gauges=lambda: {
            **_gauges("classify", concurrency),
            "rules": classifier.fingerprint,
        },
    )
    return _serve(app, "classify", "prefork", concurrency, heartbeat)


def _warm_up(classifier: Classifier) -> None:
    """Have everything loaded that comes in at first use, once and not in every process.

    Together seconds of work, most of it for spaCy's French, and a hundred megabytes.
    """
    classifier.analyse("Warm", "Up.", "en")
    classifier.analyse("Warm", "Up.", "fr")
    classifier.classify("", "Ein Satz in einer Sprache, die nur der Sprachenerkenner kennt.")
    # Pages that the collector does not write to stay shared.
    gc.collect()
    gc.freeze()


def _die_with_parent() -> None:
    """A worker killed hard must leave no processes behind that still hold its messages."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


# ── delivery ──────────────────────────────────────────────────────────────────────────────────


class Delivering:
    """The tasks' context in a delivery process: an event loop of its own with a lane a channel."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._kinds = {channel.name: channel.type for channel in settings.channels}
        self._terms = {channel.name: terms(channel) for channel in settings.channels}
        self._loop = asyncio.new_event_loop()
        # Names are looked up in these threads: some that hang must not keep others waiting.
        self._loop.set_default_executor(ThreadPoolExecutor(LOOKUPS, thread_name_prefix="lookup"))
        self._thread = threading.Thread(target=self._loop.run_forever, name="lanes", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(timeout=30)

    async def _open(self) -> None:
        self._out = wiring.outbound(self._settings)
        await self._out.__aenter__()
        self._channels = wiring.build_channels(self._settings, self._out)
        timeout = self._settings.delivery.timeout
        self._endpoints = EndpointChannels(
            self._out,
            wiring.seal(self._settings),
            timeout=timeout.total_seconds(),
            clock=wiring.now,
        )
        self._lanes = Lanes(
            self._store,
            self._attempt,
            width=self._width,
            lease=timeout * 2 + timedelta(seconds=30),
            clock=wiring.now,
            terms=self._agreed,
            breaker=self._settings.breaker_policy(),
        )

    def _agreed(self, channel: str) -> Terms:
        return self._terms.get(channel, ENDPOINT_TERMS)

    def _width(self, channel: str) -> int:
        known = WIDTHS.get(self._kinds.get(channel, ""), 1)
        return self._agreed(channel).concurrent or known

    def _channel_of(self, claimed: Claimed) -> Channel | None:
        if claimed.endpoint is not None:
            return self._endpoints.channel(claimed.endpoint)
        return self._channels.get(claimed.delivery.channel)

    async def _attempt(self, claimed: Claimed) -> Settlement:
        return await pipeline.deliver(
            claimed,
            channel_of=self._channel_of,
            policy=self._settings.retry_policy(),
            public_url=self._settings.service.public_url,
            clock=wiring.now,
        )

    def classify(self, item_ids: Sequence[str]) -> list[Owed]:
        raise RuntimeError("this process delivers; items belong to the other queue")

    def deliver(self, channel: str, delivery_ids: Sequence[str]) -> None:
        self._loop.call_soon_threadsafe(self._lanes.offer, channel, delivery_ids)

    def close(self) -> None:
        """Finish what is under way, hand back the rest, and end the loop."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(DELIVERY_GRACE + 3)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=1)

    async def _close(self) -> None:
        await self._lanes.close(DELIVERY_GRACE)
        for channel in self._channels.values():
            await channel.aclose()
        await self._out.__aexit__(None, None, None)


def _allow_open_files(wanted: int) -> None:
    """Endpoints that hang hold connections; the usual 1,024 files would be too few for hundreds."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def _deliver(app: Celery, settings: Settings, store: Store) -> int:
    _allow_open_files(OPEN_FILES)
    delivering = Delivering(settings, store)
    tasks.provide(delivering)
    heartbeat = Heartbeat(
        store, "worker-deliver", clock=wiring.now, gauges=lambda: _gauges("deliver", 1)
    )
    try:
        return _serve(app, "deliver", "threads", 2, heartbeat)
    finally:
        delivering.close()
