"""From a feed to the receipt of a webhook, through the service as people run it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from benchmarks import texts
from benchmarks.backends import Backend, embedded
from benchmarks.loopback import SHOWN, Feeds, Receiver
from benchmarks.processes import Memory, memory, processor_seconds
from benchmarks.report import Section, percentile
from benchmarks.texts import Text
from tests.support.service import Service, running
from worker.store import Store

LATENCY_INTERVAL = 1.0
SATURATION_INTERVAL = 5.0
BATCH, PAUSE = 5, 0.45
RELEVANT_SHARE = 0.02
GIVE_UP_AFTER = 60.0
SURELY = 0.98  # of all items, at least so many are news of their own


def measure(
    section: Section, backend: Callable[[], AbstractContextManager[Backend]], *, quick: bool
) -> None:
    """Fill `section`: latencies at a gentle pace, then two loads at once."""
    section.about = (
        "One feed polled every second for the latencies, which count from the release of an item "
        "in its feed and therefore hold the wait for the next poll; "
        f"{BATCH} items every {PAUSE:g} s, each raising one or two alerts. "
        f"At saturation: feeds of {SHOWN} items each, all released and made due at once, until the "
        "last item is classified and its alerts have arrived. "
        "Feeds and receiver run on the same cores."
    )
    with backend() as where:
        _latency(section, where, batches=12 if quick else 60)
    with backend() as where:
        deals = texts.deals(400 if quick else 2000)
        _saturation(section, where, deals, "every item raises alerts")
    if texts.NOISE.is_file():
        with backend() as where:
            mixed = texts.wire(RELEVANT_SHARE)[: 800 if quick else 4000]
            _saturation(section, where, mixed, f"{RELEVANT_SHARE:.0%} of the items relevant")


def measure_memory(section: Section, *, quick: bool) -> None:
    """Fill `section` with what each process takes right after a load, on the embedded default."""
    items = texts.deals(200 if quick else 800)
    section.about = (
        f"Right after {len(items)} items that raise alerts, on the embedded default. RSS counts "
        "shared pages in every process, PSS by share (where the system tells)."
    )
    with embedded() as where:
        found = _saturation(Section("", ""), where, items, "")
    for entry in found:
        pss = "" if entry.pss is None else f"PSS {entry.pss:.0f} MiB"
        section.add(entry.name, entry.rss, "MiB RSS", pss)
    shares = [entry.pss for entry in found if entry.pss is not None]
    if len(shares) == len(found):
        section.add("together", sum(shares), "MiB PSS")


def _latency(section: Section, where: Backend, *, batches: int) -> None:
    items = texts.deals(batches * BATCH + 1)
    draw = random.Random(3)
    with Feeds() as feeds, Receiver() as receiver:
        config = where.config(receiver.url, receiver.secret, feeds.urls, LATENCY_INTERVAL)
        with running(where.folder, config) as service:
            _warm_up(service, feeds, receiver, items[-1:])
            for at in range(0, batches * BATCH, BATCH):
                feeds.release([items[at : at + BATCH]])
                # Out of step with the polls, so that waits of every length occur.
                time.sleep(PAUSE * draw.uniform(0.5, 1.5))
            _wait(service, receiver, lambda: len(receiver.first_receipts()) >= len(items))
        receipts = receiver.first_receipts()
        receiver.check()
    keys = [item.key for item in items[:-1]]
    whole = [receipts[key] - feeds.released[key] for key in keys]
    inside = [receipts[key] - feeds.fetched[key] for key in keys]
    section.add("latency p50, release in the feed to receipt", percentile(whole, 0.5), "s",
                f"{len(whole)} items")  # fmt: skip
    section.add("latency p99", percentile(whole, 0.99), "s")
    section.add("of it after the poll that brought the item, p50", percentile(inside, 0.5), "s")
    section.add("of it after the poll that brought the item, p99", percentile(inside, 0.99), "s")


def _saturation(section: Section, where: Backend, items: Sequence[Text], kind: str) -> list[Memory]:
    """Release all items at once and wait until all is done; the memory of each process then."""
    pages = texts.pages(items, SHOWN)
    # Not one of those that are measured: the same news twice would be one item.
    [warm] = texts.deals(len(items) + 1)[-1:]
    with Feeds(len(pages)) as feeds, Receiver() as receiver:
        config = where.config(receiver.url, receiver.secret, feeds.urls, SATURATION_INTERVAL)
        with (
            running(where.folder, config) as service,
            closing(Store.open(where.database_url)) as store,
        ):
            _warm_up(service, feeds, receiver, [replace(warm, key="warm")])
            before, sent = processor_seconds(service), len(receiver.arrivals)
            began = time.monotonic()
            feeds.release(pages)
            for feed, _ in store.feeds():
                store.poll_soon(feed.id, datetime.now(UTC))
            ended = _until_done(service, receiver, store, len(items))
            after = processor_seconds(service)
            used = memory(service)
        receiver.check()
    alerts = len(receiver.arrivals) - sent
    section.add(f"items/s at saturation, {kind}", len(items) / (ended - began), "items/s",
                f"{len(items)} items, {alerts} alerts")  # fmt: skip
    section.add(f"alerts/s received, {kind}", alerts / (ended - began), "alerts/s")
    for part, seconds in sorted(after.items()):
        spent = seconds - before.get(part, 0.0)
        if spent / (ended - began) > 0.03:
            section.add(f"  processor time, {part}", 1000 * spent / len(items), "ms an item")
    return used


def _warm_up(service: Service, feeds: Feeds, receiver: Receiver, items: Sequence[Text]) -> None:
    """Wait until the first alert has come through: every part is up."""
    feeds.release([items])
    _wait(service, receiver, lambda: bool(receiver.arrivals))
    time.sleep(1.0)


def _until_done(service: Service, receiver: Receiver, store: Store, items: int) -> float:
    """When the last item was classified or the last alert received, whichever was later.

    The service takes the same news twice for one item: of `items` a few may be missing.
    """
    classified, stored = 0.0, 0

    def done() -> bool:
        nonlocal classified, stored
        now, before = datetime.now(UTC), stored
        stored = store.reads.count_items()
        if stored < SURELY * items or stored > before or store.reads.items_waiting(now).count:
            return False
        classified = classified or time.monotonic()
        return len(receiver.arrivals) >= store.reads.throughput(now, timedelta(hours=1)).alerts

    _wait(service, receiver, done)
    return max(classified, receiver.arrivals[-1][0])


def _wait(service: Service, receiver: Receiver, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GIVE_UP_AFTER
    while not done():
        if service.process.poll() is not None:
            raise RuntimeError(f"the service has ended:\n{service.output[-2000:]}")
        if time.monotonic() > deadline:
            came = f"{len(receiver.arrivals)} alerts came"
            last = "\n".join(service.lines[-10:])
            raise RuntimeError(f"not done within {GIVE_UP_AFTER:g} s; {came}:\n{last}")
        time.sleep(0.2)
