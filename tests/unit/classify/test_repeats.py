"""The same name in two files of a folder is a fault; in a later folder it is a change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from worker import classify
from worker.domain.finding import FaultyInput
from worker.shipped import shipped_rules


@pytest.mark.parametrize(
    ("file", "copy", "key"),
    [
        ("ip-sharing.yaml", "another.yaml", "rule"),
        ("watchlists/car-alliances.yaml", "watchlists/more.yaml", "companies.nissan"),
    ],
)
def test_what_stands_twice_in_one_folder_is_a_fault(
    tmp_path: Path, file: str, copy: str, key: str
) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(shipped_rules(), folder)
    shutil.copy(folder / file, folder / copy)
    with pytest.raises(FaultyInput) as caught:
        classify.load([folder])
    found = {finding.key: finding for finding in caught.value.findings}
    assert key in found
    assert found[key].line > 0
    assert "as well" in found[key].problem
    assert {found[key].file.name, found[key].problem.split(" in ")[1].split()[0]} == {
        Path(file).name,
        Path(copy).name,
    }


def test_a_later_folder_may_change_what_ships(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    shutil.copy(shipped_rules() / "ip-sharing.yaml", folder)
    assert "ip-sharing" in classify.load([shipped_rules(), folder]).rule_names
