"""Every fault of a broken configuration is named with its line, key, problem and mend, at once.

Beside each `tests/data/broken/NAME.toml` stands `NAME.expected`: one finding a line, as
`line | key | part of the problem | part of the mend`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.config import KnownNames, load, read
from worker.domain.finding import FaultyInput

FOLDER = Path(__file__).parents[2] / "data" / "broken"
CASES = sorted(path.stem for path in FOLDER.glob("*.toml"))
NAMES = KnownNames(
    rules=frozenset({"equity-change", "ev-unit-investment", "ip-sharing"}),
    companies=frozenset({"renault", "nissan"}),
    alliances=frozenset({"renault-nissan-mitsubishi"}),
)
ENVIRON = {"WATCH_EMPTY": "", "WATCH_BAD_URL": "gopher hidden-word"}


def expectations(case: str) -> list[tuple[int, str, str, str]]:
    lines = (FOLDER / f"{case}.expected").read_text(encoding="utf-8").splitlines()
    expected = []
    for line in lines:
        number, key, problem, mend = (part.strip() for part in line.split("|"))
        expected.append((int(number), key, problem, mend))
    return expected


def test_there_are_at_least_twenty_cases() -> None:
    assert len(CASES) >= 20


@pytest.mark.parametrize("case", CASES)
def test_every_fault_is_named_with_its_place_and_a_mend(case: str) -> None:
    file = FOLDER / f"{case}.toml"
    settings, findings = read(file, ENVIRON, lambda _: NAMES)
    expected = expectations(case)

    assert settings is None
    assert sorted((f.line, f.key) for f in findings) == sorted((e[0], e[1]) for e in expected)
    for line, key, problem, mend in expected:
        (finding,) = (f for f in findings if (f.line, f.key) == (line, key))
        assert finding.file == file
        assert problem in finding.problem
        assert mend in finding.mend
        assert finding.problem
        assert finding.mend


@pytest.mark.parametrize("case", CASES)
def test_no_finding_gives_a_secret_away(case: str) -> None:
    _, findings = read(FOLDER / f"{case}.toml", ENVIRON, lambda _: NAMES)
    assert "hidden-word" not in "\n".join(map(str, findings))


def test_load_refuses_with_every_finding() -> None:
    with pytest.raises(FaultyInput) as caught:
        load(FOLDER / "unknown_keys.toml", {})
    assert len(caught.value.findings) == 4
    assert str(caught.value).count("\n") == 3
