"""Charts and figures of the past, on a real database."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.dashboards import Harness, beat, make_part, running
from tests.support.factories import make_alert
from tests.support.stores import record_alert
from worker.broker import CLASSIFY, BrokerReading, QueueReading
from worker.dashboard.history import SPANS, Historian
from worker.dashboard.latency import Latencies
from worker.dashboard.snapshot import Snapshot
from worker.domain.access import Role
from worker.domain.history import STEPS, Mark, Point, begin, step_for
from worker.store import Receipt, Store

TEN = timedelta(seconds=10)
START = datetime(2026, 3, 2, 12, tzinfo=UTC)


def snapshot(at: datetime, depth: int, latencies: Latencies | None = None) -> Snapshot:
    queues = {CLASSIFY: QueueReading(CLASSIFY, depth, 4.0, 1)}
    return Snapshot(
        taken=at,
        broker=BrokerReading(True, queues),
        broker_taken=at,
        latencies=latencies or Latencies(),
    )


def test_a_minute_of_snapshots_becomes_points_with_latencies(sqlite_store: Store) -> None:
    historian = Historian(sqlite_store, "1.2.3")
    receipt = Receipt(START, START, START + timedelta(seconds=1.5))
    for second in range(0, 121, 5):
        at = START + timedelta(seconds=second)
        late = Latencies().plus([receipt] * (second // 60))
        historian.note(snapshot(at, depth=second, latencies=late))
    fine = sqlite_store.points(TEN, START)
    assert [point.figures["queue_depth.classify"] for point in fine][:3] == [5, 15, 25]
    assert next(p for p in fine if "latency_p50" in p.figures).at == START + 5 * TEN
    coarse = sqlite_store.points(timedelta(minutes=1), START)
    assert [point.figures["queue_depth.classify"] for point in coarse] == [55, 115]
    assert coarse[0].figures["latency_p95"] > 1
    assert [mark.value for mark in sqlite_store.marks(START)] == ["1.2.3"]


def test_the_running_dashboard_writes_down_what_it_sees(sqlite_store: Store) -> None:
    beat(sqlite_store)
    sqlite_store.beat(make_part("worker-classify", figures={"rules": "f00d"}))
    record_alert(sqlite_store, make_alert())
    moments = [datetime.now(UTC)]
    with running(sqlite_store, clock=lambda: moments[-1]) as harness:
        headers = {"authorization": f"Bearer {harness.token(Role.READ)}"}
        deadline = time.monotonic() + 20
        while not (answer := _history(harness, headers))["times"]:
            assert time.monotonic() < deadline, answer
            if harness.app.state.sampler.latest.store_taken == moments[-1]:
                moments.append(moments[-1] + TEN)
    assert answer["series"]["items_waiting"][0] is not None
    assert {(mark["kind"], mark["value"]) for mark in answer["marks"]} >= {("rules", "f00d")}


def _history(harness: Harness, headers: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = harness.client.get("/api/v1/history", headers=headers).json()
    return found


def test_gaps_stay_gaps_and_a_restart_keeps_the_past(sqlite_store: Store) -> None:
    now = datetime.now(UTC)
    at = begin(now, TEN) - 10 * TEN
    for offset, depth in ((0, 1.0), (1, 2.0), (4, 3.0)):
        sqlite_store.add_point(TEN, Point(at + offset * TEN, {"due": depth}))
    sqlite_store.add_mark(Mark(at, "version", "0.9"))
    beat(sqlite_store)
    with running(sqlite_store) as harness:
        harness.sign_in()
        found = harness.client.get("/api/v1/history?span=2h").json()
        assert found["step_seconds"] == 10
        assert found["series"]["due"][:4] == [1.0, 2.0, None, 3.0]
        assert found["marks"][0]["value"] == "0.9"
        page = harness.client.get("/history").text
        assert "deliveries due" in page
        assert "0.9" in page
        assert harness.client.get("/history?span=nonsense").status_code == 200
        assert harness.client.get("/api/v1/history?span=nonsense").status_code == 422


def test_every_span_has_a_step_that_is_kept_long_enough() -> None:
    for length in SPANS.values():
        assert STEPS[step_for(length)] >= length
