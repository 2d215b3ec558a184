"""Which second a poll is put into, so that no second gets many more than the others."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

Place = Callable[[datetime, datetime, datetime], datetime]
"""Given the earliest and the latest moment of a poll and the one preferred, the moment to take."""

_MOST_LOOKED_AT = 600


def as_preferred(earliest: datetime, latest: datetime, preferred: datetime) -> datetime:
    """A `Place` without regard for other polls."""
    return preferred


class Calendar:
    """How many polls are planned for each second, as far as this process knows."""

    def __init__(self) -> None:
        self._planned: Counter[int] = Counter()

    def load(self, moments: Iterable[datetime]) -> None:
        """Forget everything, and take over what all processes have planned."""
        self._planned = Counter(math.floor(moment.timestamp()) for moment in moments)

    def place(self, earliest: datetime, latest: datetime, preferred: datetime) -> datetime:
        """The emptiest second between the two moments; of several the one nearest to `preferred`.

        The poll counts as planned then. Within its second it keeps the preferred fraction, as far
        as the two moments allow.
        """
        first, last = earliest.timestamp(), latest.timestamp()
        wish = min(max(preferred.timestamp(), first), last)
        seconds = range(math.floor(first), math.floor(last) + 1)
        if len(seconds) > _MOST_LOOKED_AT:
            around = math.floor(wish) - _MOST_LOOKED_AT // 2
            around = min(max(around, seconds.start), seconds.stop - _MOST_LOOKED_AT)
            seconds = range(around, around + _MOST_LOOKED_AT)
        second = min(seconds, key=lambda each: (self._planned[each], abs(each + 0.5 - wish)))
        self._planned[second] += 1
        moment = min(max(second + wish % 1, first), last)
        return datetime.fromtimestamp(moment, UTC)
