"""What the processes of a running service take: memory and processor time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import psutil

from tests.support.service import Service

PARTS = {
    "classify": "classification worker",
    "deliver": "delivery worker",
    "redis": "embedded Redis",
    "sample-wire": "sample wire",
}


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of one process in MiB. `pss` counts shared pages by share; `None` where unknown."""

    name: str
    rss: float
    pss: float | None


def memory(service: Service) -> list[Memory]:
    """Every process of the service, the supervisor first."""
    found = []
    for name, process in _processes(service):
        with suppress(psutil.NoSuchProcess):
            full = process.memory_full_info()
            pss = getattr(full, "pss", None)
            found.append(Memory(name, full.rss / 2**20, pss / 2**20 if pss else None))
    return found


def processor_seconds(service: Service) -> dict[str, float]:
    """Processor time that each part has used until now, with the processes below it."""
    used: dict[str, float] = {}
    for name, process in _processes(service):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            part = name.partition(",")[0]
            used[part] = used.get(part, 0.0) + times.user + times.system
    return used


def _processes(service: Service) -> Iterator[tuple[str, psutil.Process]]:
    yield "supervisor", psutil.Process(service.process.pid)
    for part, process in sorted(service.parts().items()):
        name = PARTS.get(part, part)
        yield name, process
        with suppress(psutil.NoSuchProcess):
            below = process.children(recursive=True)
            kind = "parser" if part == "poller" else "process"
            for number, child in enumerate(below, 1):
                yield f"{name}, {kind} {number}", child
