"""How long messages have waited and their work has taken lately, from what workers count."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from worker.domain.histogram import TASK_BOUNDS, Histogram, tallied
from worker.domain.part import Part

LATELY = timedelta(minutes=5)
SHARES = (0.5, 0.95, 0.99)
_NAMES = {0.5: "p50", 0.95: "p95", 0.99: "p99"}

# A part beats every two seconds; one that has not been seen for this long is in trouble.
PART_SILENCE = timedelta(seconds=15)

What = Literal["waited", "ran"]


@dataclass(frozen=True, slots=True)
class QueueTimes:
    """Seconds within which half, 95% and 99% of the latest messages lay; empty without any."""

    waited: tuple[float, ...] = ()
    ran: tuple[float, ...] = ()

    def told(self, what: What) -> dict[str, float] | None:
        """The same by name, for the API."""
        values = self.waited if what == "waited" else self.ran
        if not values:
            return None
        return {_NAMES[share]: value for share, value in zip(SHARES, values, strict=True)}


def summed(parts: Iterable[Part], what: What, now: datetime) -> dict[str, Histogram]:
    """What the workers of each queue that are alive have counted in all."""
    found: dict[str, Histogram] = {}
    for part in parts:
        queue = part.figures.get("queue")
        if isinstance(queue, str) and now - part.seen < PART_SILENCE:
            counted = tallied(part.figures, what)
            found[queue] = found[queue].merged(counted) if queue in found else counted
    return found


class Waits:
    """Keeps what workers had counted five minutes ago, to tell what has come since."""

    def __init__(self) -> None:
        self._past: deque[tuple[datetime, Mapping[str, Part]]] = deque()

    def update(self, now: datetime, parts: Sequence[Part]) -> dict[str, QueueTimes]:
        """Take the newest counts in; the times of each queue over the last minutes."""
        if not self._past or now - self._past[-1][0] >= LATELY / 30:
            self._past.append((now, {part.id: part for part in parts}))
        while len(self._past) > 1 and now - self._past[0][0] > LATELY:
            self._past.popleft()
        before = self._past[0][1]
        found: dict[str, dict[What, Histogram]] = {}
        for part in parts:
            queue = part.figures.get("queue")
            if not isinstance(queue, str):
                continue
            kept = found.setdefault(queue, {})
            earlier = before.get(part.id)
            for what in ("waited", "ran"):
                counted = tallied(part.figures, what)
                # The same process under the same id; a successor begins at nothing.
                if earlier is not None and earlier.started == part.started:
                    counted = counted.minus(tallied(earlier.figures, what))
                kept[what] = kept.get(what, Histogram(TASK_BOUNDS)).merged(counted)
        return {
            queue: QueueTimes(_shares(kept["waited"]), _shares(kept["ran"]))
            for queue, kept in found.items()
        }


def _shares(histogram: Histogram) -> tuple[float, ...]:
    values = [histogram.quantile(share) for share in SHARES]
    return tuple(round(value, 4) for value in values if value is not None)
