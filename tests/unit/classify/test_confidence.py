"""The confidence: a stored curve over the score, and scores that add up from what is told."""

import json
import re
from pathlib import Path

import pytest

from worker.classify import load
from worker.classify.confidence import Calibration, calibration_file, read_calibration
from worker.domain.finding import FaultyInput

RULES = Path(__file__).resolve().parents[3] / "rules"
TEXT = "Renault has agreed to sell 28.4% of Nissan to Geely for 4 billion euros, it said on Monday."


def test_rises_with_the_score_and_is_half_at_the_middle() -> None:
    curve = Calibration(2.0, 0.5)
    assert curve.probability(0.5) == 0.5
    values = [curve.probability(score / 10) for score in range(-20, 30)]
    assert values == sorted(values)
    assert values[0] < 0.02 < 0.98 < values[-1]


def test_the_file_of_the_last_folder_wins(tmp_path: Path) -> None:
    assert calibration_file([tmp_path]) is None
    assert read_calibration(None) == Calibration()
    own = tmp_path / "confidence.json"
    own.write_text(json.dumps({"slope": 3, "middle": 0.25}), encoding="utf-8")
    assert read_calibration(calibration_file([RULES, tmp_path])) == Calibration(3.0, 0.25)


@pytest.mark.parametrize(
    "content", ["{", "{}", '{"slope": 0, "middle": 1}', '{"slope": "x"}', "[]"]
)
def test_a_file_that_is_no_calibration_is_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "confidence.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FaultyInput) as caught:
        read_calibration(path)
    assert caught.value.findings[0].file == path


def test_the_parts_of_a_score_add_up() -> None:
    told = load([RULES]).explain("", TEXT)
    attempts = [a for rule in told.rules for a in rule.attempts if not a.missing]
    assert attempts
    for attempt in attempts:
        parts = [float(m[0]) for n in attempt.notes if (m := re.search(r"[+-]\d+\.\d+$", n))]
        assert sum(parts) == pytest.approx(attempt.score, abs=0.06), attempt.notes
