"""Runs the command line in this process and gives back what it printed and its exit code."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from worker.cli import main


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run of the command line came to."""

    code: int
    out: str
    err: str


class CommandLine:
    """`cli("classify", "--jsonl", stdin=b"…")`; variables of the service are not inherited."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        for name in os.environ:
            if name.startswith("ALLIANCE_WATCH_"):
                monkeypatch.delenv(name)

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Ran:
        out, err = io.BytesIO(), io.BytesIO()
        with self._streams(stdin, out, err), pytest.raises(SystemExit) as left:
            main(arguments)
        code = left.value.code
        assert isinstance(code, int)
        return Ran(code, out.getvalue().decode(), err.getvalue().decode())

    @contextmanager
    def _streams(self, stdin: bytes, out: io.BytesIO, err: io.BytesIO) -> Iterator[None]:
        streams = {
            "stdin": io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"),
            "stdout": io.TextIOWrapper(out, encoding="utf-8", write_through=True),
            "stderr": io.TextIOWrapper(err, encoding="utf-8", write_through=True),
        }
        with self._monkeypatch.context() as patch:
            for name, stream in streams.items():
                patch.setattr(f"sys.{name}", stream)
            yield
        for stream in streams.values():
            stream.detach()
