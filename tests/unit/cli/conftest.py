from __future__ import annotations

import os

import pytest

from tests.support.cli import CommandLine


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    for name in os.environ:
        if name.startswith("ALLIANCE_WATCH_"):
            monkeypatch.delenv(name)
    return CommandLine(monkeypatch)
