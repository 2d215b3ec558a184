"""How the service has fared: figures at falling resolution, in bounded space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

STEPS: Mapping[timedelta, timedelta] = {
    timedelta(seconds=10): timedelta(hours=2),
    timedelta(minutes=1): timedelta(days=1),
    timedelta(minutes=15): timedelta(days=30),
}
"""How far apart points are, and for how long they are kept: some 5,000 points in all."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Point:
    """The figures of one stretch of time, which begins at `at`."""

    at: datetime
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something changed: a `version` was put in place, or another set of `rules`."""

    at: datetime
    kind: Literal["version", "rules"]
    value: str


def begin(at: datetime, step: timedelta) -> datetime:
    """The beginning of the stretch that `at` lies in; the same for every process."""
    return at - (at - _EPOCH) % step


def step_for(span: timedelta) -> timedelta:
    """The finest step that is kept for so long; the coarsest for longer spans."""
    return next((step for step, kept in STEPS.items() if kept >= span), max(STEPS))


class Gathering:
    """Readings of one stretch on their way to a point: peaks of levels, means of rates."""

    def __init__(self, step: timedelta) -> None:
        self.step = step
        self._at: datetime | None = None
        self._peaks: dict[str, float] = {}
        self._sums: dict[str, tuple[float, int]] = {}

    def add(
        self, at: datetime, levels: Mapping[str, float], rates: Mapping[str, float]
    ) -> Point | None:
        """Take a reading in; gives the point of the stretch that it has ended, if it has."""
        now = begin(at, self.step)
        done = self._point() if self._at is not None and now > self._at else None
        if self._at is None or now > self._at:
            self._at, self._peaks, self._sums = now, {}, {}
        for name, value in levels.items():
            self._peaks[name] = max(value, self._peaks.get(name, value))
        for name, value in rates.items():
            total, number = self._sums.get(name, (0.0, 0))
            self._sums[name] = (total + value, number + 1)
        return done

    def _point(self) -> Point:
        assert self._at is not None
        means = {name: total / number for name, (total, number) in self._sums.items()}
        return Point(self._at, {**self._peaks, **means})
