"""`alliance-watch check` with the rules that ship and with broken ones.

Beside each `tests/data/broken_rules/NAME.yaml` stands `NAME.expected`: one finding a line, as
`line | key | part of the problem | part of the mend`. The file is checked as one more file beside
those that ship.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.cli import CommandLine
from worker.shipped import shipped_rules

FOLDER = Path(__file__).parents[1] / "data" / "broken_rules"
CASES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.yaml"))


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    return CommandLine(monkeypatch)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the rules that ship, without their examples: those are checked elsewhere."""
    folder = tmp_path / "rules"
    shutil.copytree(shipped_rules(), folder)
    for file in folder.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.partition("\ntests:")[0] + "\n", encoding="utf-8")
    return folder


def configuration(folder: Path, text: str = "") -> str:
    file = folder / "watch.toml"
    file.write_text(f'[service]\nrules = ["rules"]\n{text}', encoding="utf-8")
    return str(file)


def test_what_ships_is_in_order(cli: CommandLine) -> None:
    ran = cli("check")
    assert (ran.code, ran.out) == (0, ""), ran.out
    assert ran.err.startswith("in order: configuration ")


def test_no_finding_is_an_empty_list(cli: CommandLine, tmp_path: Path, rules: Path) -> None:
    ran = cli("check", "--json", "-c", configuration(tmp_path))
    assert (ran.code, json.loads(ran.out)) == (0, [])


@pytest.mark.parametrize("case", CASES)
def test_every_fault_of_a_rule_is_named(
    cli: CommandLine, tmp_path: Path, rules: Path, case: str
) -> None:
    broken = rules / case
    shutil.copy(FOLDER / case, broken)
    ran = cli("check", "--json", "-c", configuration(tmp_path))
    assert ran.code == 1
    found = json.loads(ran.out)
    expected = [
        [part.strip() for part in line.split("|")]
        for line in (FOLDER / case)
        .with_suffix(".expected")
        .read_text(encoding="utf-8")
        .splitlines()
    ]
    assert [[str(f["line"]), f["key"]] for f in found] == [row[:2] for row in expected]
    for finding, (_, _, problem, mend) in zip(found, expected, strict=True):
        assert finding["file"] == str(broken)
        assert problem in finding["problem"]
        assert mend in finding["mend"]


def test_faults_of_configuration_and_rules_are_named_together(
    cli: CommandLine, tmp_path: Path, rules: Path
) -> None:
    (rules / "syntax.yaml").write_bytes((FOLDER / "syntax.yaml").read_bytes())
    ran = cli("check", "-c", configuration(tmp_path, 'colour = "blue"\n'))
    assert ran.code == 1
    first, second = ran.out.splitlines()
    assert first.startswith(f"{rules}/syntax.yaml:3: ")
    assert second.startswith(f"{tmp_path}/watch.toml:3: service.colour: no such key")
    assert ran.err.startswith("2 findings: ")
    assert "Traceback" not in ran.err


def test_subscriptions_are_held_against_the_names_of_rules_and_watchlists(
    cli: CommandLine, tmp_path: Path, rules: Path
) -> None:
    text = """
[[channels]]
name = "desk"
type = "console"

[[subscriptions]]
channel = "desk"
rules = ["equity-change", "equity-chnage"]
companies = ["renault", "Nissan"]
alliances = ["renault-nissan-mitsubishi"]
"""
    found = json.loads(cli("check", "--json", "-c", configuration(tmp_path, text)).out)
    assert [(f["line"], f["key"], f["mend"]) for f in found] == [
        (10, "subscriptions[0].rules[1]", 'did you mean "equity-change"?'),
        (11, "subscriptions[0].companies[1]", 'did you mean "nissan"?'),
    ]


def test_a_missing_configuration_is_a_finding(cli: CommandLine, tmp_path: Path) -> None:
    ran = cli("check", "-c", str(tmp_path / "none.toml"))
    assert ran.code == 1
    assert "none.toml: cannot read it: no such file" in ran.out


def test_folders_without_rules_are_findings(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    ran = cli("check", "-c", configuration(tmp_path))
    assert ran.code == 1
    assert "holds no rule" in ran.out


def test_other_commands_refuse_broken_rules(cli: CommandLine, tmp_path: Path, rules: Path) -> None:
    (rules / "syntax.yaml").write_bytes((FOLDER / "syntax.yaml").read_bytes())
    ran = cli("classify", "-c", configuration(tmp_path), stdin=b"text")
    assert (ran.code, ran.out) == (2, "")
    assert "syntax.yaml:3: " in ran.err
    assert ran.err.splitlines()[-1] == "alliance-watch: not started: 1 fault in what it was given"
