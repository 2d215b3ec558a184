"""The command line as a process: pipes, terminals, signals."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "worker.cli"]


@pytest.fixture
def environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ALLIANCE_WATCH_")}
    return {**kept, "TERM": "xterm", "COLUMNS": "100"}


def lines(count: int) -> bytes:
    item = {"id": "1", "title": "Weather", "text": "It will rain in Paris tomorrow. " * 20}
    return (json.dumps(item) + "\n").encode() * count


def test_each_line_is_answered_before_the_next_is_given(environment: dict[str, str]) -> None:
    with subprocess.Popen(
        [*COMMAND, "classify", "--jsonl"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(3):
            process.stdin.write(lines(1))
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == "1"
        process.stdin.close()
        assert process.wait(30) == 0


def test_a_reader_that_has_had_enough_is_no_crash(environment: dict[str, str]) -> None:
    with subprocess.Popen(
        [*COMMAND, "classify", "--jsonl"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(lines(1))
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write(lines(2))
        process.stdin.close()
        assert process.wait(30) == 1
        assert process.stderr.read() == b""


@pytest.mark.parametrize("is_terminal", [True, False])
def test_progress_is_shown_on_a_terminal_alone(
    environment: dict[str, str], tmp_path: Path, is_terminal: bool
) -> None:
    file = tmp_path / "items.jsonl"
    file.write_bytes(lines(300))
    seen, out = run_with_terminal(
        [*COMMAND, "classify", "--jsonl", str(file)], environment, is_terminal=is_terminal
    )
    assert (b"classifying" in seen) is is_terminal
    assert out.count(b"\n") == 300
    assert b"classifying" not in out


def run_with_terminal(
    command: list[str], environment: dict[str, str], *, is_terminal: bool
) -> tuple[bytes, bytes]:
    """Standard error (on a terminal or in a pipe) and standard output of a command."""
    reading, writing = pty.openpty() if is_terminal else os.pipe()
    seen = bytearray()

    def read() -> None:
        try:
            while part := os.read(reading, 4096):
                seen.extend(part)
        except OSError:  # how a terminal says that its other side is closed
            pass

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        ran = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=writing,
            env=environment, timeout=60,
        )  # fmt: skip
    finally:
        os.close(writing)
    reader.join(10)
    os.close(reading)
    assert ran.returncode == 0, bytes(seen)
    return bytes(seen), ran.stdout


def test_the_sample_wire_is_served_until_it_is_told_to_stop(
    environment: dict[str, str], unused_tcp_port: int
) -> None:
    import time
    import urllib.request

    url = f"http://127.0.0.1:{unused_tcp_port}/wire-en.rss"
    environment["ALLIANCE_WATCH_FEEDS__0__URL"] = url
    with subprocess.Popen(
        [*COMMAND, "sample-wire", "--pace", "0"], env=environment, stderr=subprocess.PIPE
    ) as process:
        for _ in range(100):
            try:
                with urllib.request.urlopen(url, timeout=5) as answer:
                    body = answer.read()
                break
            except OSError:
                time.sleep(0.1)
        process.terminate()
        assert process.wait(10) == 0
        assert b"<item>" in body
