"""Deliveries a second from commit to receipt, against a bare loop that keeps nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from benchmarks import texts
from benchmarks.backends import Backend, embedded, scratch
from benchmarks.loopback import Receiver
from benchmarks.report import Section
from tests.support.celery import task_app
from tests.support.redis import RedisServer
from worker import classify, pipeline, tasks, wiring
from worker.channels.webhook import WebhookSettings
from worker.config import load
from worker.domain.item import Item
from worker.pipeline import Owed
from worker.shipped import shipped_rules
from worker.store import Store

ROOT = Path(__file__).resolve().parents[1]
GIVE_UP_AFTER = 60.0


def measure(section: Section, *, quick: bool) -> None:
    """Fill `section`: one delivery worker with SQLite and Redis, one endpoint."""
    count = 200 if quick else 1500
    width = WebhookSettings.model_fields["concurrency"].default
    section.about = (
        "Deliveries of real alerts that the database holds already, counted from their "
        "publication to the queue (right after the commit) to the last receipt: claim, attempt "
        f"recorded, signed, sent, settled. One delivery worker, one endpoint, {width} requests at "
        "a time, SQLite. The bare loop posts the same bytes in the same number at a time and "
        "records nothing."
    )
    with ExitStack() as stack:
        where = stack.enter_context(embedded())
        redis = RedisServer(stack.enter_context(scratch()))
        stack.callback(redis.stop)
        redis.start()
        receiver = stack.enter_context(Receiver())
        served = Backend(where.folder, broker=redis.url)
        config = where.folder / "watch.toml"
        config.write_text(served.config(receiver.url, receiver.secret), encoding="utf-8")
        (where.folder / "var").mkdir()
        store = stack.enter_context(closing(Store.open(served.database_url)))
        owed = alerts(config, store, count)[:count]
        stack.enter_context(task_app(redis.url))
        with delivery_worker(config):
            tasks.enqueue_deliveries(owed[:1])
            _wait(receiver, 1)
            time.sleep(0.5)
            began = time.monotonic()
            tasks.enqueue_deliveries(owed[1:])
            _wait(receiver, len(owed))
        receiver.check()
        took = receiver.arrivals[-1][0] - began
        rate = (len(owed) - 1) / took
        sample = [len(body) for _, _, body in receiver.arrivals]
        bare = _bare_rate(where.folder / "messages", receiver, width)
    section.add("service, commit to receipt", rate, "deliveries/s",
                f"{len(owed) - 1} alerts of {sum(sample) / len(sample):.0f} bytes")  # fmt: skip
    section.add("bare aiohttp loop to the same receiver", bare, "requests/s",
                f"the service reaches {rate / bare:.0%}")  # fmt: skip


def alerts(config: Path, store: Store, count: int) -> list[Owed]:
    """Bring `count` items that raise alerts through the real pipeline: what is owed."""
    settings = load(config, {})
    store.upgrade()
    wiring.prepare_store(settings, store)
    classifier = classify.load([shipped_rules()])
    now = wiring.now()
    items = [
        Item(id=f"item_{text.key}", feed_id="feed_none", title=text.title, text=text.text, seen=now,
             source="Wire", url=f"https://wire.example/{text.key}")
        for text in texts.deals(count)
    ]  # fmt: skip
    ids = store.store_items(items, now)
    owed = pipeline.classify(
        ids, classifier=classifier, store=store, owner="benchmark", clock=wiring.now
    )
    return owed


@contextmanager
def delivery_worker(config: Path) -> Iterator[None]:
    """A worker that delivers, in a process of its own."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ALLIANCE_WATCH_")}
    with (config.parent / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "worker.cli",
                "worker",
                "--queues",
                "deliver",
                "-c",
                str(config),
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=clean,
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


def _bare_rate(path: Path, receiver: Receiver, width: int) -> float:
    messages: Sequence[tuple[float, dict[str, str], bytes]] = list(receiver.arrivals)
    path.write_text(
        "\n".join(json.dumps([headers, body.decode()]) for _, headers, body in messages),
        encoding="utf-8",
    )
    receiver.arrivals.clear()
    subprocess.run(
        [sys.executable, "-m", "benchmarks.bare_loop", receiver.url, str(path), str(width)],
        cwd=ROOT,
        check=True,
        timeout=GIVE_UP_AFTER,
    )
    times = [at for at, _, _ in receiver.arrivals]
    if len(times) != len(messages):
        raise AssertionError(f"the bare loop brought {len(times)} of {len(messages)} messages")
    return (len(times) - 1) / (times[-1] - times[0])


def _wait(receiver: Receiver, count: int) -> None:
    deadline = time.monotonic() + GIVE_UP_AFTER
    while len(receiver.arrivals) < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{len(receiver.arrivals)} of {count} deliveries came")
        time.sleep(0.02)
