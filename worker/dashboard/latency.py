"""How long news takes: histograms that only grow, for the metrics and for what people promise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from worker.domain.histogram import LATENCY_BOUNDS, Histogram
from worker.store import Receipt

STAGES = ("seen_to_alert", "alert_to_receipt", "seen_to_receipt")


@dataclass(frozen=True, slots=True)
class Latencies:
    """A histogram for each stage between the sight of an item and the receipt of its alert."""

    stages: Mapping[str, Histogram] = field(
        default_factory=lambda: dict.fromkeys(STAGES, Histogram(LATENCY_BOUNDS))
    )

    def plus(self, receipts: Iterable[Receipt]) -> Latencies:
        """These histograms and more receipts."""
        found = tuple(receipts)
        lengths = {
            "seen_to_alert": [r.raised - r.seen for r in found],
            "alert_to_receipt": [r.received - r.raised for r in found],
            "seen_to_receipt": [r.received - r.seen for r in found],
        }
        return Latencies(
            {
                stage: self.stages[stage].plus(length.total_seconds() for length in lengths[stage])
                for stage in STAGES
            }
        )
