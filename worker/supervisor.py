"""Keeps a handful of child processes running: the whole service on one machine.

Children get a session of their own, so that Ctrl-C reaches only the supervisor, which stops them
in order; and they ask the system to be ended if the supervisor dies without stopping them.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

# Together with the killing and reading that follows, less than ten seconds.
STOP_WITHIN = 7.0
LAST_STOP_WITHIN = 1.0
DRAIN_WITHIN = 0.5
READY_WITHIN = 10.0
LOOK_EVERY = 0.1
# A child that has run for this long was healthy: its next death starts the back-off afresh.
HEALTHY_AFTER = 30.0
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
# The exit code of a child that cannot start with this configuration: trying again changes nothing.
WRONG_CONFIGURATION = 2

_COLOURS = (36, 33, 35, 34, 32, 31)
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Child:
    """What to run. `base`: others need it, so it is started first and stopped last.

    `ready` is waited for (at most ten seconds, while the child lives) before anything after it is
    started. What a child with `speaks` writes to standard output is for people and passes without
    a prefix.
    """

    name: str
    command: Sequence[str]
    base: bool = False
    speaks: bool = False
    ready: Callable[[], bool] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Running:
    child: Child
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    restart_at: float = 0.0


class Supervisor:
    """Starts `children`, restarts those that die, and stops all of them on TERM or INT."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        out: IO[str] | None = None,
        on_started: Callable[[], None] | None = None,
    ) -> None:
        self._children = [_Running(child) for child in children]
        self._out = out or sys.stdout
        self._on_started = on_started
        self._colours = self._out.isatty()
        self._width = max(len(child.name) for child in children)
        self._writing = threading.Lock()
        self._readers: list[threading.Thread] = []
        # A plain flag: the lock inside an Event could be held by the very thread that a signal
        # interrupts.
        self._stopping = False
        self._exit_code = 0

    def run(self) -> int:
        """Block until told to stop, or until a child says that it cannot start: its exit code."""
        previous = {
            name: signal.signal(name, lambda *_: self._ask_to_stop())
            for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        }
        try:
            self._start_all()
            if self._on_started is not None and not self._stopping:
                self._on_started()
            while not self._stopping:
                self._look_after()
                time.sleep(LOOK_EVERY)
        finally:
            self._stop_all()
            for name, handler in previous.items():
                signal.signal(name, handler)
        return self._exit_code

    def _ask_to_stop(self) -> None:
        self._stopping = True

    def say(self, name: str, line: str) -> None:
        """Write one line under a name, whole."""
        prefix = f"{name:<{self._width}} │ "
        if self._colours:
            names = [running.child.name for running in self._children]
            colour = _COLOURS[names.index(name) % len(_COLOURS)] if name in names else 90
            prefix = f"\x1b[{colour}m{prefix}\x1b[0m"
        self._write(f"{prefix}{line}\n")

    def _write(self, text: str) -> None:
        with self._writing, suppress(ValueError, OSError):
            self._out.write(text)
            self._out.flush()

    def _start_all(self) -> None:
        for running in self._children:
            if self._stopping:
                return
            self._start(running)
            self._wait_until_ready(running)

    def _wait_until_ready(self, running: _Running) -> None:
        ready = running.child.ready
        deadline = time.monotonic() + READY_WITHIN
        while ready is not None and time.monotonic() < deadline:
            dead = running.process is None or running.process.poll() is not None
            if dead or self._stopping or ready():
                return
            time.sleep(0.05)

    def _start(self, running: _Running) -> None:
        child = running.child
        try:
            process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
                list(child.command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, **child.environment},
                start_new_session=True,
                preexec_fn=_end_with_parent(os.getpid()) if sys.platform == "linux" else None,
            )
        except OSError as error:
            self.say(child.name, f"cannot be started: {error.strerror}")
            self._plan_restart(running)
            return
        running.process, running.started = process, time.monotonic()
        self._read(child, process.stdout, plain=child.speaks)
        self._read(child, process.stderr, plain=False)

    def _read(self, child: Child, pipe: IO[bytes] | None, *, plain: bool) -> None:
        assert pipe is not None
        reader = threading.Thread(
            target=self._forward, args=(child, pipe, plain), name=f"read-{child.name}", daemon=True
        )
        reader.start()
        self._readers = [other for other in self._readers if other.is_alive()] + [reader]

    def _forward(self, child: Child, pipe: IO[bytes], plain: bool) -> None:
        with pipe:
            for raw in pipe:
                line = raw.decode("utf-8", "replace").rstrip("\n")
                if plain:
                    self._write(line + "\n")
                else:
                    self.say(child.name, line)

    def _look_after(self) -> None:
        for running in self._children:
            if running.process is None:
                if running.restart_at and time.monotonic() >= running.restart_at:
                    running.restart_at = 0.0
                    self._start(running)
                continue
            code = running.process.poll()
            if code is None:
                continue
            _end_group(running.process)
            running.process = None
            if code == WRONG_CONFIGURATION:
                self._exit_code = code
                self._ask_to_stop()
                return
            self._plan_restart(running, code)

    def _plan_restart(self, running: _Running, code: int | None = None) -> None:
        lived = time.monotonic() - running.started
        running.deaths = 1 if code is not None and lived > HEALTHY_AFTER else running.deaths + 1
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (running.deaths - 1))
        running.restart_at = time.monotonic() + wait
        if code is not None:
            how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
            self.say(running.child.name, f"{how}; starting it again in {wait:g} s")

    def _stop_all(self) -> None:
        self._stop([r for r in self._children if not r.child.base], STOP_WITHIN)
        self._stop([r for r in self._children if r.child.base], LAST_STOP_WITHIN)
        deadline = time.monotonic() + DRAIN_WITHIN
        for reader in self._readers:
            reader.join(timeout=max(0.0, deadline - time.monotonic()))

    def _stop(self, group: Sequence[_Running], within: float) -> None:
        """Ask all of `group` to end, and end what is left of each once its time is up."""
        processes = [running.process for running in group if running.process is not None]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + within
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
        for process in processes:
            _end_group(process)
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.1, deadline + 0.5 - time.monotonic()))


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the child's session, so that no grandchild outlives it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _end_with_parent(supervisor: int) -> Callable[[], None]:
    """What runs in a child before it becomes the command, so that it ends with `supervisor`.

    Looked up beforehand: between fork and exec of a process with threads little is safe.
    """
    prctl = ctypes.CDLL(None).prctl

    def tie() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:
            os._exit(1)  # it has died in between

    return tie
