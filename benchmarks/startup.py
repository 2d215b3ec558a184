"""How long people wait: for `--help`, for the dashboard, for the first alert of the sample."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from benchmarks.backends import scratch
from benchmarks.report import Section
from tests.support.service import Service, running

ROOT = Path(__file__).resolve().parents[1]


def measure(section: Section, *, quick: bool) -> None:
    """Fill `section` with medians."""
    times = 1 if quick else 3
    section.about = (
        "Medians; the service is `alliance-watch run` on the sample wire with an empty data "
        "directory, so migrations and the start of the embedded Redis are part of it."
    )
    helps = [_help() for _ in range(3 if quick else 7)]
    section.add("`alliance-watch --help`", statistics.median(helps), "s", f"{len(helps)} times")
    runs = [_run() for _ in range(times)]
    note = f"{times} times" if times > 1 else "once"
    for at, what in enumerate(("`/healthz` answers", "first alert delivered to the terminal")):
        section.add(f"`run` until {what}", statistics.median(run[at] for run in runs), "s", note)


def _help() -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "worker.cli", "--help"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=30,
    )
    return time.perf_counter() - began


def _run() -> tuple[float, float]:
    with scratch() as folder:
        began = time.perf_counter()
        with running(folder, None) as service:
            _until(lambda: _healthy(service), service)
            healthy = time.perf_counter() - began
            _until(lambda: _delivered(service), service)
            return healthy, time.perf_counter() - began


def _healthy(service: Service) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"{service.url}/healthz", timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def _delivered(service: Service) -> bool:
    return any(
        "delivery_attempted" in line and "outcome=delivered" in line for line in list(service.lines)
    )


def _until(done: Callable[[], bool], service: Service) -> None:
    deadline = time.monotonic() + 60
    while not done():
        if service.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the sample did not come up:\n{service.output[-2000:]}")
        time.sleep(0.02)
