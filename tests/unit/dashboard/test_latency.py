"""How long news takes from stage to stage."""

from datetime import UTC, datetime, timedelta

from worker.dashboard.latency import Latencies
from worker.store import Receipt

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_receipt_counts_in_every_stage() -> None:
    receipt = Receipt(NOON, NOON + timedelta(seconds=1), NOON + timedelta(seconds=4))
    stages = Latencies().plus([receipt]).plus([]).stages
    assert {stage: histogram.total for stage, histogram in stages.items()} == {
        "seen_to_alert": 1,
        "alert_to_receipt": 3,
        "seen_to_receipt": 4,
    }
