"""The worked example of the documentation works as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from worker.classify import check, load

BLOCK = re.compile(r"`my-rules/([\w./-]+)`\n\n```yaml\n(.*?)```", re.S)


@pytest.fixture
def folder(tmp_path: Path, rules: Path) -> Path:
    text = (rules.parent / "docs" / "rules.md").read_text("utf-8")
    files = BLOCK.findall(text)
    assert len(files) == 3
    for name, content in files:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return tmp_path


def test_the_new_rule_passes_its_own_tests(rules: Path, folder: Path) -> None:
    assert check([rules, folder]) == ()


def test_the_new_rule_finds_what_it_was_not_written_on(rules: Path, folder: Path) -> None:
    classifier = load([rules, folder])
    assert "battery-venture" in classifier.rule_names
    text = "Toyota and Panasonic have formed a joint venture for lithium-ion batteries, they said."
    names = [event.rule for event in classifier.classify("", text, language="en").events]
    assert "battery-venture" in names


def test_the_watchlist_example_loads(rules: Path, tmp_path: Path) -> None:
    text = (rules.parent / "docs" / "rules.md").read_text("utf-8")
    (example,) = re.findall(r"```yaml\n(alliances:.*?)```", text, re.S)
    (tmp_path / "watchlists").mkdir()
    (tmp_path / "watchlists" / "example.yaml").write_text(example, "utf-8")
    assert load([rules, tmp_path]).alliances["borel-tancred"] == "Borel-Tancred"
