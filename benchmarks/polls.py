"""How fast feeds are read, beside the PyPI package `reader` on the same feeds in the same run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from benchmarks.report import Section

ROOT = Path(__file__).resolve().parents[1]
FEEDS = 200
ENTRIES = 50
LATENCY_MS = 100


def measure(section: Section, *, quick: bool) -> None:
    """Fill `section`: first poll, unchanged re-poll, re-poll under latency, memory."""
    feeds = 50 if quick else FEEDS
    section.about = (
        f"{feeds} feeds of {ENTRIES} entries, each on a loopback address of its own, with ETags; "
        "feeds, poller and its two parser children share the cores. First polls are counted until "
        "every entry is stored, from a database without any; parser children had been started. "
        f"Under latency every answer takes {LATENCY_MS} ms longer. `reader` runs with 20 workers. "
        "Memory is the largest of the process and of each child, added up."
    )
    for kind, name in (("ours", ""), ("reader", "`reader`: ")):
        with _farm(feeds) as farm, tempfile.TemporaryDirectory() as folder:
            figures = _run(kind, folder, farm)
        first, again, slow, memory = figures
        if first["entries"] != feeds * ENTRIES or any(one.get("failed") for one in figures):
            raise RuntimeError(f"{kind} did not read every feed: {figures}")
        speed = first["entries"] / first["seconds"]
        section.add(f"{name}first poll", speed, "entries/s", f"{first['seconds']:.2f} s")
        work = first["busy"] / first["entries"] * 1000
        section.add(f"{name}processor time of a first poll", work, "ms an entry")
        section.add(f"{name}unchanged re-poll", feeds / again["seconds"], "feeds/s")
        work = again["busy"] / feeds * 1000
        section.add(f"{name}processor time of a re-poll", work, "ms a feed")
        section.add(f"{name}re-poll of all under latency", slow["seconds"], "s", f"{feeds} feeds")
        section.add(f"{name}memory at most", memory["memory_mib"], "MiB")


class _Farm:
    """The feeds, in a process of their own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.urls: list[str] = json.loads(_line(process.stdout))

    def latency(self, milliseconds: float) -> None:
        """Have every answer take that much longer."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{milliseconds}\n")
        self._process.stdin.flush()
        _line(self._process.stdout)


@contextmanager
def _farm(feeds: int) -> Iterator[_Farm]:
    with _process("benchmarks.feed_farm", str(feeds), str(ENTRIES)) as process:
        yield _Farm(process)


def _run(kind: str, folder: str, farm: _Farm) -> list[dict[str, Any]]:
    """First poll, re-poll, re-poll under latency, and the memory."""
    with _process("benchmarks.pollers", kind, folder) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(farm.urls) + "\n")
        figures = []
        for latency in (0, 0, LATENCY_MS):
            farm.latency(latency)
            process.stdin.write("poll\n")
            process.stdin.flush()
            figures.append(json.loads(_line(process.stdout)))
        process.stdin.close()
        figures.append(json.loads(_line(process.stdout)))
    return figures


@contextmanager
def _process(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _line(stream: IO[str] | None) -> str:
    line = stream.readline() if stream is not None else ""
    if not line:
        raise RuntimeError("a process under measurement has ended")
    return line
