"""How a process says that it is alive and what it has done: one row in the database."""

from __future__ import annotations

import os
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import structlog

from worker import __version__
from worker.domain.part import Part
from worker.pipeline import Clock
from worker.store import Store, StoreUnavailable

log = structlog.get_logger(__name__)

INTERVAL = 2.0


class Heartbeat:
    """Writes this process's `Part` every two seconds from a thread of its own.

    `count` adds to the figures that the row carries; `gauges` gives more at each beat.
    """

    def __init__(
        self,
        store: Store,
        kind: str,
        *,
        clock: Clock,
        gauges: Callable[[], Mapping[str, float | str]] = dict,
    ) -> None:
        self._store = store
        self._clock = clock
        self._gauges = gauges
        self._counts: dict[str, float] = defaultdict(float)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._kind = kind
        self._started: datetime = clock()
        self.id = f"{kind}@{socket.gethostname()}:{os.getpid()}"

    def count(self, name: str, by: float = 1) -> None:
        """Add to a counter of this process."""
        with self._lock:
            self._counts[name] += by

    def start(self) -> Heartbeat:
        """Begin beating."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop beating and take the row back: who stops in order is not missed."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=INTERVAL)
        try:
            self._store.forget_part(self.id)
        except StoreUnavailable as error:
            log.warning("farewell_failed", error=str(error))

    def _run(self) -> None:
        away = ""
        while True:
            try:
                self._beat()
                away = ""
            except StoreUnavailable as error:
                if str(error) != away:  # once, not every two seconds of an outage
                    away = str(error)
                    log.warning("heartbeat_failed", error=away)
            except Exception:
                # One bad figure must not make a living process look dead.
                log.exception("heartbeat_failed")
            if self._stop.wait(INTERVAL):
                return

    def _beat(self) -> None:
        with self._lock:
            counts = dict(self._counts)
        part = Part(
            id=self.id,
            kind=self._kind,
            host=socket.gethostname(),
            pid=os.getpid(),
            version=__version__,
            started=self._started,
            seen=self._clock(),
            figures={**counts, **self._gauges(), "memory_bytes": memory_bytes()},
        )
        self._store.beat(part)


def memory_bytes(pid: int | str = "self") -> int:
    """Resident memory of a process, 0 where the system does not tell (no /proc)."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
