"""Lengths of time counted by bounds: cheap to keep, to add up and to subtract."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LATENCY_BOUNDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""In seconds, for what people wait for. A promise is best put on a bound: the count is exact."""

TASK_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 600.0)
"""In seconds, for messages in a queue."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many lengths lie within each bound, the last count beyond all; `total` in seconds."""

    bounds: Sequence[float]
    counts: Sequence[float] = ()
    total: float = 0.0

    def __post_init__(self) -> None:
        if not self.counts:
            object.__setattr__(self, "counts", (0,) * (len(self.bounds) + 1))

    def plus(self, seconds: Iterable[float]) -> Histogram:
        """With more lengths; one below nothing (clocks differ) counts as 0."""
        counts, total = list(self.counts), self.total
        for length in seconds:
            counts[place(self.bounds, length)] += 1
            total += max(0.0, length)
        return Histogram(self.bounds, tuple(counts), total)

    def minus(self, earlier: Histogram) -> Histogram:
        """What has come since an earlier state."""
        counts = [now - then for now, then in zip(self.counts, earlier.counts, strict=True)]
        return Histogram(self.bounds, tuple(counts), self.total - earlier.total)

    def merged(self, other: Histogram) -> Histogram:
        """Both together."""
        counts = [one + more for one, more in zip(self.counts, other.counts, strict=True)]
        return Histogram(self.bounds, tuple(counts), self.total + other.total)

    def quantile(self, share: float) -> float | None:
        """Within how many seconds this share lies, read between the bounds; `None` of nothing."""
        number = sum(self.counts)
        if not number:
            return None
        wanted, reached = share * number, 0.0
        for low, high, count in zip((0.0, *self.bounds), self.bounds, self.counts, strict=False):
            if reached + count >= wanted:
                return low + (high - low) * (wanted - reached) / count
            reached += count
        return self.bounds[-1]

    def cumulative(self) -> list[tuple[str, float]]:
        """Counts up to each bound, as Prometheus wants them."""
        found, reached = [], 0.0
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self.counts, strict=True):
            reached += count
            found.append((bound, reached))
        return found


def place(bounds: Sequence[float], seconds: float) -> int:
    """The index of the count that a length belongs to; a bound belongs to what lies within it."""
    return bisect_left(bounds, max(0.0, seconds))


def tally(name: str, seconds: float) -> list[tuple[str, float]]:
    """The counters to add to, and by how much, for a task's length; `tallied` reads them."""
    index = place(TASK_BOUNDS, seconds)
    return [(f"{name}.{index}", 1), (f"{name}.seconds", max(0.0, seconds))]


def tallied(figures: Mapping[str, Any], name: str) -> Histogram:
    """The histogram that counters carry."""
    counts = [float(figures.get(f"{name}.{index}", 0)) for index in range(len(TASK_BOUNDS) + 1)]
    return Histogram(TASK_BOUNDS, tuple(counts), float(figures.get(f"{name}.seconds", 0)))
