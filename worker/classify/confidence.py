"""What the score of an event is worth: a probability, fitted on labelled items.

Two numbers, kept in `confidence.json` beside the rules, make a logistic curve of the score. They
are fitted anew by `python -m benchmarks.calibrate --write` after rules have changed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from worker.domain.finding import FaultyInput, Finding

NAME = "confidence.json"


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic curve: one half at `middle`, and the steeper the greater `slope`."""

    slope: float = 1.4
    middle: float = 1.0

    def probability(self, score: float) -> float:
        """How likely an event with this score is right, to three digits."""
        return round(1 / (1 + math.exp(-self.slope * (score - self.middle))), 3)


def calibration_file(folders: Sequence[Path]) -> Path | None:
    """The file of the last folder that has one: what a user adds wins over what is shipped."""
    found = [folder / NAME for folder in folders if (folder / NAME).is_file()]
    return found[-1] if found else None


def read_calibration(path: Path | None) -> Calibration:
    """The stored curve, or a plain one where none is stored; raises `FaultyInput`."""
    if path is None:
        return Calibration()
    try:
        data = json.loads(path.read_text("utf-8"))
        slope, middle = float(data["slope"]), float(data["middle"])
    except (ValueError, KeyError, TypeError) as error:
        wrong = Finding(path, 1, "", f"is no calibration: {error}", "give slope and middle")
        raise FaultyInput((wrong,)) from error
    if not (math.isfinite(slope) and math.isfinite(middle) and slope > 0):
        wrong = Finding(path, 1, "slope", "is not above 0", "fit it anew")
        raise FaultyInput((wrong,))
    return Calibration(slope, middle)
