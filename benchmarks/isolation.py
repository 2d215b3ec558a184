"""What endpoints that hang cost the others: the same deliveries, with and without them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from aiohttp import web

from benchmarks.backends import scratch
from benchmarks.delivering import alerts, delivery_worker
from benchmarks.report import Section
from tests.support.celery import task_app
from tests.support.receivers import HttpServer, new_secret
from tests.support.redis import RedisServer
from worker import tasks
from worker.pipeline import Owed
from worker.store import Store

ENDPOINTS, HANGING = 25, 5
HANGS_FOR = 30.0
# How often an alert comes, which is a message to each endpoint.
EVERY = 0.5
_WITHIN = 60.0


class Endpoints(HttpServer):
    """Many receivers at one address: `/0`, `/1`, …; the first few hang when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.hanging = 0
        self.arrivals: dict[tuple[str, str], float] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        at, number = time.monotonic(), request.path[1:]
        body = await request.read()
        if int(number) < self.hanging:
            await asyncio.sleep(HANGS_FOR)
            return web.Response(status=503)
        self.arrivals.setdefault((json.loads(body)["data"]["id"], number), at)
        return web.Response(status=204)


def measure(section: Section, *, quick: bool) -> None:
    """Fill `section`: two runs of a fresh service each, one with endpoints that hang."""
    count = 12 if quick else 40
    section.about = (
        f"{ENDPOINTS} endpoints, a message to each of them every {EVERY} s, one delivery worker, "
        f"SQLite. Of the second run the first {HANGING} endpoints hang for {HANGS_FOR:g} s with "
        "every request. Latency counts from the publication to the queue to the receipt, at the "
        f"{ENDPOINTS - HANGING} endpoints that answer in both runs."
    )
    calm = _latencies(count, hanging=0)
    beset = _latencies(count, hanging=HANGING)
    for name, values in (("all answer", calm), (f"{HANGING} of {ENDPOINTS} hang", beset)):
        section.add(f"latency p50, {name}", _share(values, 0.5), "s", f"{len(values)} deliveries")
        section.add(f"latency p99, {name}", _share(values, 0.99), "s")
    change = _share(beset, 0.99) / _share(calm, 0.99) - 1
    section.add("p99 of the others rises by", change * 100, "%")


def _latencies(count: int, *, hanging: int) -> list[float]:
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        redis = RedisServer(stack.enter_context(scratch()))
        stack.callback(redis.stop)
        redis.start()
        receivers = stack.enter_context(Endpoints())
        config = folder / "watch.toml"
        config.write_text(_config(folder, redis.url, receivers.base_url), encoding="utf-8")
        (folder / "var").mkdir()
        store = stack.enter_context(
            closing(Store.open(f"sqlite:///{folder / 'var' / 'alliance-watch.db'}"))
        )
        owed = _by_alert(store, alerts(config, store, count))
        stack.enter_context(task_app(redis.url))
        with delivery_worker(config):
            time.sleep(3.0)
            receivers.hanging = hanging
            begun = dict(_publish(dict(list(owed.items())[:count])))
            wanted = [
                (alert, str(number)) for alert in begun for number in range(HANGING, ENDPOINTS)
            ]
            deadline = time.monotonic() + _WITHIN
            while any(key not in receivers.arrivals for key in wanted):
                if time.monotonic() > deadline:
                    raise RuntimeError("not every delivery came")
                time.sleep(0.05)
        # The first one finds connections and templates that are not there yet.
        later = [key for key in wanted if key[0] != next(iter(begun))]
        return sorted(receivers.arrivals[key] - begun[key[0]] for key in later)


def _by_alert(store: Store, owed: Sequence[Owed]) -> dict[str, list[Owed]]:
    found: dict[str, list[Owed]] = {}
    for each in owed:
        detail = store.reads.delivery(each.delivery_id)
        if detail is None or detail.alert is None:
            raise AssertionError("a delivery without its alert")
        found.setdefault(detail.alert.id, []).append(each)
    return found


def _publish(owed: dict[str, list[Owed]]) -> Iterator[tuple[str, float]]:
    for alert, deliveries in owed.items():
        yield alert, time.monotonic()
        tasks.enqueue_deliveries(deliveries)
        time.sleep(EVERY)


def _config(folder: Path, broker: str, base: str) -> str:
    secret = new_secret()
    parts = [
        f'[service]\ndata_dir = "{folder}/var"\nbroker_url = "{broker}"\n'
        '[network]\nallow = ["127.0.0.0/8"]\n'
    ]
    for number in range(ENDPOINTS):
        parts.append(
            f'[[channels]]\nname = "e{number}"\ntype = "webhook"\nurl = "{base}/{number}"\n'
            f'secret = "{secret}"\n[[subscriptions]]\nchannel = "e{number}"\n'
        )
    return "".join(parts)


def _share(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]
