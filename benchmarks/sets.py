"""The labelled sets: those beside the project, and the project's own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "quality"
OWN = ROOT / "tests" / "data" / "labelled"
LANGUAGES = ("en", "fr")
RULES = ("equity-change", "ev-unit-investment", "ip-sharing")
PROJECT_SETS = {"own": "The project's own set", "fresh": "The project's fresh set"}


def items(name: str, folder: Path = DATA) -> Iterator[dict[str, Any]]:
    """The items of one file, as they are."""
    raw = (folder / name).read_bytes()
    text = gzip.decompress(raw) if name.endswith(".gz") else raw
    for line in text.decode("utf-8").split("\n"):
        if line:
            yield json.loads(line)
