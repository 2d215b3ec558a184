"""How long messages wait in a queue and how long their work takes, as the worker sees it.

Celery tells neither. The worker's main process knows when a message was published (our header),
when a process took it, and when its work was acknowledged; it counts both by bounds, and its
heartbeat carries the counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from celery.worker.request import Request

from worker import broker
from worker.domain.histogram import tally

_count: Callable[[str, float], None] = lambda name, by: None  # noqa: E731


def report_to(count: Callable[[str, float], None]) -> None:
    """Count with this function from now on: a name and by how much."""
    global _count
    _count = count


def note(name: str, seconds: float) -> None:
    """Count one length."""
    for key, by in tally(name, seconds):
        _count(key, by)


class TimedRequest(Request):
    """A message in the worker's hands, with a look at the clock."""

    def on_accepted(self, pid: Any, time_accepted: float) -> None:
        """A process has taken it."""
        super().on_accepted(pid, time_accepted)
        published = (self.message.headers or {}).get(broker.PUBLISHED_AT)
        if isinstance(published, (int, float)):
            note("waited", time.time() - published)

    def acknowledge(self) -> None:
        """Its work is done, well or not."""
        begun, again = self.time_start, self.acknowledged
        super().acknowledge()
        if begun and not again:
            note("ran", time.time() - begun)
