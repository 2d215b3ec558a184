"""The supervisor over real processes: what it prints, restarts, and leaves behind (nothing)."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]

SLEEP = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('up', flush=True)\n"
    "time.sleep(600)\n"
)


class Run:
    """A supervisor at work: its lines as they come, and every process that it has brought about."""

    def __init__(self, children: list[dict[str, Any]], constants: dict[str, float]) -> None:
        spec = json.dumps({"children": children, "constants": constants})
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tests.support.supervised", spec],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._coming: queue.Queue[str | None] = queue.Queue()
        self._known: dict[int, psutil.Process] = {}
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._coming.put(line.rstrip("\n"))
        self._coming.put(None)

    def until(self, wanted: Callable[[str], bool] | str, within: float = 20) -> str:
        """The next line that is `wanted` (or contains it)."""
        deadline = time.monotonic() + within
        while True:
            try:
                line = self._coming.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"{wanted} did not come; so far: {self.lines}") from None
            if line is None:
                raise AssertionError(f"ended without {wanted}; said: {self.lines}")
            self.lines.append(line)
            if wanted in line if isinstance(wanted, str) else wanted(line):
                return line

    def until_all(self, *wanted: str) -> None:
        """Lines that contain these, in any order."""
        while not all(any(part in line for line in self.lines) for part in wanted):
            self.until("")

    def family(self) -> list[psutil.Process]:
        """All descendants that are or were alive when this was called."""
        with suppress(psutil.NoSuchProcess):
            for process in psutil.Process(self.process.pid).children(recursive=True):
                self._known[process.pid] = process
        return list(self._known.values())

    def child(self, mark: str) -> psutil.Process:
        """The descendant with `mark` on its command line."""
        [found] = [p for p in self.family() if p.is_running() and mark in " ".join(p.cmdline())]
        return found

    def stop(self, how: int = signal.SIGTERM) -> float:
        """Seconds that an orderly stop takes."""
        self.family()
        begun = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(timeout=15)
        return time.monotonic() - begun

    def survivors(self, within: float = 5) -> list[psutil.Process]:
        """Descendants still running after at most `within` seconds."""
        _, alive = psutil.wait_procs(self._known.values(), timeout=within)
        return [p for p in alive if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]

    def rest(self) -> list[str]:
        while (line := self._coming.get(timeout=5)) is not None:
            self.lines.append(line)
        return self.lines

    def clean_up(self) -> None:
        family = self.family()
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait(timeout=5)
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()


@pytest.fixture
def run() -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(*children: dict[str, Any], **constants: float) -> Run:
        runs.append(Run(list(children), constants))
        return runs[-1]

    yield start
    for one in runs:
        one.clean_up()


def test_lines_come_whole_under_their_name(run: Callable[..., Run]) -> None:
    script = (
        "import os, sys, time\n"
        "sys.stdout.write('out ü 1\\n'); sys.stdout.flush()\n"
        "sys.stderr.write('err 1\\n'); sys.stderr.flush()\n"
        "sys.stdout.buffer.write(b'bad \\xff byte\\n'); sys.stdout.flush()\n"
        "sys.stdout.write('last without end'); sys.stdout.flush()\n"
        "os.close(1); time.sleep(600)\n"
    )
    going = run({"name": "a", "script": script}, {"name": "longer", "script": SLEEP})
    going.until_all("last without end", "longer │ up")
    assert {"a      │ out ü 1", "a      │ err 1", "a      │ bad � byte"} <= set(going.lines)
    assert "a      │ last without end" in going.lines
    assert going.stop() < 3


def test_what_a_child_speaks_is_for_people(run: Callable[..., Run]) -> None:
    script = (
        "import sys, time\n"
        "print('an alert', flush=True); print('a log line', file=sys.stderr, flush=True)\n"
        "time.sleep(600)\n"
    )
    going = run({"name": "deliver", "script": script, "speaks": True})
    going.until_all("an alert", "deliver │ a log line")
    assert "an alert" in going.lines


def test_many_lines_of_many_children_do_not_mix(run: Callable[..., Run]) -> None:
    script = "import time\nfor n in range(500): print(f'{n:04}' + 'x' * 200)\ntime.sleep(600)\n"
    going = run(*({"name": f"c{n}", "script": script} for n in range(3)))
    for _ in range(1500):
        going.until("xxx")
    printed = [line for line in going.lines if "xxx" in line]
    assert sorted(printed) == sorted(
        f"c{child} │ {n:04}{'x' * 200}" for child in range(3) for n in range(500)
    )


def test_environment_reaches_the_child(run: Callable[..., Run]) -> None:
    script = "import os, time; print(os.environ['MARK'], flush=True); time.sleep(600)"
    going = run({"name": "a", "script": script, "environment": {"MARK": "only-here"}})
    going.until("only-here")


def test_a_child_that_dies_is_started_again_later_and_later(run: Callable[..., Run]) -> None:
    going = run(
        {"name": "weak", "script": "print('up', flush=True); raise SystemExit(3)"},
        {"name": "strong", "script": SLEEP},
        FIRST_WAIT=0.05,
        LONGEST_WAIT=0.2,
    )
    waits = [
        float(going.until("ended with code 3").rsplit(" in ", 1)[1].removesuffix(" s"))
        for _ in range(5)
    ]
    assert waits == [0.05, 0.1, 0.2, 0.2, 0.2]
    assert sum("weak   │ up" in line for line in going.lines) >= 5
    assert sum("strong │ up" in line for line in going.lines) == 1


def test_after_a_healthy_life_waiting_starts_afresh(run: Callable[..., Run]) -> None:
    going = run(
        {"name": "weak", "script": "import time; time.sleep(0.4); raise SystemExit(3)"},
        FIRST_WAIT=0.05,
        HEALTHY_AFTER=0.2,
    )
    for _ in range(3):
        assert "in 0.05 s" in going.until("ended with code 3")


def test_a_killed_child_comes_back_without_what_it_left(run: Callable[..., Run]) -> None:
    script = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; mark=\"grandchild\"; "
        "time.sleep(600)'])\n"
        "print('up', flush=True)\n"
        "time.sleep(601)\n"
    )
    going = run({"name": "parent", "script": script}, FIRST_WAIT=0.05)
    going.until("up")
    before = [p for p in going.family() if "sleep(601)" not in " ".join(p.cmdline())]
    parent = going.child("sleep(601)")
    assert len(before) == 1
    parent.kill()
    assert "was ended by signal 9" in going.until("signal 9")
    going.until("up")
    psutil.wait_procs(before, timeout=5)
    assert not before[0].is_running(), "the first grandchild went with its parent's session"
    going.stop()
    assert going.survivors() == []


def test_a_command_that_is_not_there_is_tried_again(run: Callable[..., Run]) -> None:
    going = run(
        {"name": "gone", "command": ["/nowhere/at-all"]},
        {"name": "fine", "script": SLEEP},
        FIRST_WAIT=0.05,
    )
    for _ in range(3):
        assert "gone │ cannot be started: No such file" in going.until("cannot be started")
    assert going.stop() < 3
    assert going.process.returncode == 0


def test_a_child_that_refuses_the_configuration_stops_everything(run: Callable[..., Run]) -> None:
    going = run(
        {"name": "fine", "script": SLEEP},
        {
            "name": "wrong",
            "script": "import sys; print('watch.toml:3: no', file=sys.stderr); sys.exit(2)",
        },
    )
    going.until("fine  │ up")
    going.family()
    assert going.process.wait(timeout=10) == 2
    assert "wrong │ watch.toml:3: no" in going.rest()
    assert not any("starting it again" in line for line in going.lines)
    assert going.survivors() == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_an_orderly_stop(run: Callable[..., Run], how: int) -> None:
    script = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    print('finished my work', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('up', flush=True)\n"
        "time.sleep(600)\n"
    )
    going = run({"name": "a", "script": script}, {"name": "b", "script": script})
    going.until_all("a │ up", "b │ up")
    assert going.stop(how) < 3
    assert going.process.returncode == 0
    assert {"a │ finished my work", "b │ finished my work"} <= set(going.rest())
    assert not any("starting it again" in line for line in going.lines)
    assert going.survivors() == []


def test_a_stop_takes_less_than_ten_seconds_even_of_the_stubborn(run: Callable[..., Run]) -> None:
    """Stubborn children with stubborn children of their own, and a stubborn base."""
    script = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"subprocess.Popen([sys.executable, '-c', {STUBBORN!r}])\n"
        "print('up', flush=True)\n"
        "time.sleep(600)\n"
    )
    going = run(
        {"name": "base", "script": STUBBORN, "base": True},
        *({"name": f"stubborn{n}", "script": script} for n in range(3)),
    )
    for _ in range(7):
        going.until("up")
    assert len(going.family()) == 7
    assert going.stop() < 10
    assert going.survivors(within=1) == []


def test_the_base_is_started_first_and_stopped_last(
    run: Callable[..., Run], tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    base = (
        "import pathlib, signal, sys, time\n"
        "def end(*_):\n"
        "    print('base ends', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "time.sleep(0.5)\n"
        "print('base is ready', flush=True)\n"
        f"pathlib.Path({str(ready)!r}).touch()\n"
        "time.sleep(600)\n"
    )
    other = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    time.sleep(0.5); print('other ends', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('other is up', flush=True)\n"
        "time.sleep(600)\n"
    )
    going = run(
        {"name": "redis", "script": base, "base": True, "ready": str(ready)},
        {"name": "other", "script": other},
    )
    going.until("other is up")
    going.stop()
    said = [line.split(" │ ")[1] for line in going.rest()]
    assert [line for line in said if line != "started"] == [
        "base is ready",
        "other is up",
        "other ends",
        "base ends",
    ]


def test_a_dead_base_is_not_waited_for(run: Callable[..., Run], tmp_path: Path) -> None:
    going = run(
        {"name": "redis", "script": "raise SystemExit(1)", "ready": str(tmp_path / "never")},
        {"name": "other", "script": SLEEP},
    )
    going.until("other │ up", within=8)


def test_a_stop_during_the_start_is_obeyed(run: Callable[..., Run], tmp_path: Path) -> None:
    going = run(
        {"name": "slow", "script": SLEEP, "ready": str(tmp_path / "never")},
        {"name": "late", "script": SLEEP},
    )
    going.until("slow │ up")
    assert going.stop() < 3
    assert not any("late │" in line or "all" in line for line in going.rest())
    assert going.survivors() == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_children_end_when_the_supervisor_is_killed(run: Callable[..., Run]) -> None:
    going = run({"name": "a", "script": SLEEP}, {"name": "b", "script": SLEEP, "base": True})
    going.until("started")
    assert len(going.family()) == 2
    os.kill(going.process.pid, signal.SIGKILL)
    assert going.survivors() == []
