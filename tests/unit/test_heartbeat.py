"""A process's row: written at once and again, whatever goes wrong in between."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import pytest

from tests.support.factories import NOW
from worker import __version__, heartbeat
from worker.domain.part import Part
from worker.heartbeat import Heartbeat, memory_bytes
from worker.store import Store, StoreUnavailable


class FakeStore:
    """Keeps beats; raises `faults` first, one a beat."""

    def __init__(self, *faults: Exception) -> None:
        self.parts: list[Part] = []
        self.faults = list(faults)
        self.forgotten: list[str] = []
        self.changed = threading.Condition()

    def beat(self, part: Part) -> None:
        if self.faults:
            raise self.faults.pop(0)
        with self.changed:
            self.parts.append(part)
            self.changed.notify_all()

    def forget_part(self, part_id: str) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.forgotten.append(part_id)

    def wait(self, condition: Callable[[list[Part]], object]) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self.parts), 10)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "INTERVAL", 0.02)


def beating(store: FakeStore, gauges: Callable[[], Mapping[str, float | str]] = dict) -> Heartbeat:
    return Heartbeat(cast(Store, store), "poller", clock=lambda: NOW, gauges=gauges)


def test_who_stops_in_order_takes_the_row_back() -> None:
    store = FakeStore()
    beat = beating(store).start()
    store.wait(len)
    beat.stop()
    assert store.forgotten == [beat.id]


def test_a_stop_without_database_is_a_stop_all_the_same() -> None:
    store = FakeStore()
    beat = beating(store).start()
    store.wait(len)
    store.faults += [StoreUnavailable("away")] * 1_000
    beat.stop()
    assert store.forgotten == []


def test_the_row_says_who_where_and_since_when() -> None:
    store = FakeStore()
    beat = beating(store, lambda: {"queue": "classify"}).start()
    store.wait(len)
    beat.stop()
    part = store.parts[0]
    assert part.id == beat.id == f"poller@{part.host}:{os.getpid()}"
    assert (part.kind, part.pid, part.version) == ("poller", os.getpid(), __version__)
    assert part.started == part.seen == NOW
    assert part.figures["queue"] == "classify"
    assert float(part.figures["memory_bytes"]) >= 0


def test_counts_add_up_over_threads() -> None:
    store = FakeStore()
    beat = beating(store)

    def work() -> None:
        for _ in range(500):
            beat.count("polls")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    beat.count("bytes", 1.5)
    beat.start()
    store.wait(len)
    beat.stop()
    assert store.parts[-1].figures["polls"] == 2000
    assert store.parts[-1].figures["bytes"] == 1.5


def test_it_goes_on_after_any_fault() -> None:
    store = FakeStore(StoreUnavailable("away"), KeyError("a fault of ours"))
    beat = beating(store).start()
    store.wait(lambda parts: len(parts) >= 2)
    beat.stop()


def test_a_gauge_that_fails_does_not_silence_the_process() -> None:
    failures = [ZeroDivisionError()]

    def gauges() -> Mapping[str, float | str]:
        if failures:
            raise failures.pop()
        return {"fine": 1}

    store = FakeStore()
    beat = beating(store, gauges).start()
    store.wait(len)
    beat.stop()
    assert store.parts[0].figures["fine"] == 1


def test_after_a_stop_there_is_no_beat() -> None:
    store = FakeStore()
    beat = beating(store).start()
    store.wait(len)
    beat.stop()
    number = len(store.parts)
    time.sleep(0.1)
    assert len(store.parts) == number
    beating(store).stop()  # one that never began


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc on this system")
def test_memory_is_measured() -> None:
    assert 5_000_000 < memory_bytes() < 10_000_000_000
    assert memory_bytes(os.getpid()) > 5_000_000


def test_memory_of_no_process_is_nothing() -> None:
    assert memory_bytes("no-such-process") == 0
