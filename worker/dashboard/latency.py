"""How long news takes: histograms that only grow, for the metrics and for what people promise."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from worker.store import Receipt

# Upper bounds in seconds. A promise is best put on a bound, where the count is exact.
BOUNDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)

STAGES = ("seen_to_alert", "alert_to_receipt", "seen_to_receipt")


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts by bound, the last one of what lies beyond all bounds; `total` is in seconds."""

    counts: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)
    total: float = 0.0

    def plus(self, lengths: Iterable[timedelta]) -> Histogram:
        """This histogram with more lengths; one below nothing (clocks differ) counts as 0."""
        counts, total = list(self.counts), self.total
        for length in lengths:
            seconds = max(0.0, length.total_seconds())
            counts[bisect_left(BOUNDS, seconds)] += 1
            total += seconds
        return Histogram(tuple(counts), total)

    def minus(self, earlier: Histogram) -> Histogram:
        """What has come since an earlier state of this histogram."""
        counts = [now - then for now, then in zip(self.counts, earlier.counts, strict=True)]
        return Histogram(tuple(counts), self.total - earlier.total)

    def quantile(self, share: float) -> float | None:
        """Within how many seconds this share lies, read between the bounds; `None` of nothing."""
        number = sum(self.counts)
        if not number:
            return None
        wanted, reached = share * number, 0
        for low, high, count in zip((0.0, *BOUNDS), BOUNDS, self.counts, strict=False):
            if reached + count >= wanted:
                return low + (high - low) * (wanted - reached) / count
            reached += count
        return BOUNDS[-1]

    def buckets(self) -> list[tuple[str, float]]:
        """Cumulative counts under their bound, as Prometheus wants them."""
        found, reached = [], 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self.counts, strict=True):
            reached += count
            found.append((bound, float(reached)))
        return found


@dataclass(frozen=True, slots=True)
class Latencies:
    """A histogram for each stage between the sight of an item and the receipt of its alert."""

    stages: Mapping[str, Histogram] = field(
        default_factory=lambda: dict.fromkeys(STAGES, Histogram())
    )

    def plus(self, receipts: Iterable[Receipt]) -> Latencies:
        """These histograms and more receipts."""
        found = tuple(receipts)
        lengths = {
            "seen_to_alert": [r.raised - r.seen for r in found],
            "alert_to_receipt": [r.received - r.raised for r in found],
            "seen_to_receipt": [r.received - r.seen for r in found],
        }
        return Latencies({stage: self.stages[stage].plus(lengths[stage]) for stage in STAGES})
