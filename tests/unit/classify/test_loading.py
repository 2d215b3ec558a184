"""Faults in rule folders: all of them, each with file, line, key and mend."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from worker.classify import check, load
from worker.domain.finding import FaultyInput, Finding


@pytest.fixture
def folder(tmp_path: Path, rules: Path) -> Path:
    return Path(shutil.copytree(rules, tmp_path / "rules"))


def faults(folder: Path) -> tuple[Finding, ...]:
    with pytest.raises(FaultyInput) as caught:
        load([folder])
    return caught.value.findings


def replace(path: Path, old: str, new: str) -> int:
    """Put `new` for the first `old`; gives the line on which it stands."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_unknown_key_is_named_with_its_line_and_the_known_ones(folder: Path) -> None:
    line = replace(folder / "ip-sharing.yaml", "version: 1", "verion: 1")
    found = faults(folder)
    assert {(f.line, f.key) for f in found} == {(line, "verion"), (1, "")}
    assert any("version" in f.mend for f in found)


def test_unknown_concept_in_a_pattern(folder: Path) -> None:
    replace(folder / "ip-sharing.yaml", "trigger: [share]", "trigger: [shaer]")
    (fault,) = faults(folder)
    assert "shaer" in fault.problem
    assert fault.file.name == "ip-sharing.yaml"
    assert fault.line > 1


def test_unknown_relation_lists_the_known_ones(folder: Path) -> None:
    replace(folder / "equity-change.yaml", "holder: [subject, by, to, before]", "holder: [subjcet]")
    (fault,) = faults(folder)
    assert "subjcet" in fault.problem
    assert "subject" in fault.mend


def test_slot_for_a_role_that_does_not_exist(folder: Path) -> None:
    replace(folder / "ip-sharing.yaml", "slots: {parties: [all]}", "slots: {partis: [all]}")
    (fault,) = faults(folder)
    assert fault.key.endswith("slots.partis")


def test_alliance_with_an_unknown_member(folder: Path) -> None:
    path = folder / "watchlists" / "car-alliances.yaml"
    line = replace(
        path, "members: [renault, nissan, mitsubishi-motors]", "members: [renault, nisan]"
    )
    (fault,) = faults(folder)
    assert (fault.line, fault.key) == (line, "alliances.renault-nissan-mitsubishi.members[1]")


def test_faults_of_several_files_come_together(folder: Path) -> None:
    replace(folder / "ip-sharing.yaml", "version: 1", "version: one")
    replace(folder / "vocabulary" / "en" / "ip.yaml", "language: en", "language: de")
    (folder / "watchlists" / "broken.yaml").write_text("companies: [", "utf-8")
    assert {f.file.name for f in faults(folder)} == {"ip-sharing.yaml", "ip.yaml", "broken.yaml"}


@pytest.mark.parametrize("content", [b"\xff\xfe", b"rule: x\n\trule: y", b"rule: a\nrule: b\n"])
def test_a_file_that_is_no_yaml(folder: Path, content: bytes) -> None:
    (folder / "more.yaml").write_bytes(content)
    (fault,) = faults(folder)
    assert fault.file.name == "more.yaml"


def test_missing_and_empty_folders(tmp_path: Path) -> None:
    assert "no folder" in faults(tmp_path / "nowhere")[0].problem
    assert "no rule" in faults(tmp_path)[0].problem


def test_a_failing_example_is_a_finding_at_its_line(folder: Path) -> None:
    path = folder / "equity-change.yaml"
    replace(
        path,
        "expect: {status: agreed, holder: Toyota Motor",
        "expect: {status: denied, holder: Honda",
    )
    found = check([folder])
    assert {f.key for f in found} == {"tests[0].expect.status", "tests[0].expect.holder"}
    assert found[0].line == path.read_text("utf-8").split("  - name: active")[0].count("\n") + 1


def test_a_later_folder_adds_an_alliance(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "watchlists").mkdir()
    (tmp_path / "watchlists" / "mine.yaml").write_text(
        "alliances:\n  borel: {name: Borel, members: [borel, tancred]}\n"
        "companies:\n  borel: {name: Borel Mobility}\n  tancred: {name: Tancred Energy}\n",
        "utf-8",
    )
    classifier = load([rules, tmp_path], companies="listed")
    assert classifier.alliances["borel"] == "Borel"
    text = "Borel Mobility has bought 12% of Tancred Energy, it said."
    (event,) = classifier.classify("", text, language="en").events
    assert (event.alliance, event.companies) == ("borel", ("borel", "tancred"))


def test_fingerprint_follows_the_content(rules: Path, folder: Path) -> None:
    before = load([rules]).fingerprint
    assert load([folder]).fingerprint == before
    replace(folder / "ip-sharing.yaml", "version: 1", "version: 2")
    assert load([folder]).fingerprint != before
