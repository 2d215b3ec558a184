"""Where the shipped files are, in a checkout and in a wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker import shipped


def test_in_a_checkout_they_are_beside_the_package() -> None:
    assert (shipped.shipped_rules() / "watchlists").is_dir()
    assert (shipped.shipped_sample() / "watch.toml").is_file()


def test_in_a_wheel_they_are_inside_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path / "worker")
    for name in ("rules", "sample"):
        (tmp_path / "worker" / "_shipped" / name).mkdir(parents=True)
    assert shipped.shipped_rules() == tmp_path / "worker" / "_shipped" / "rules"
    assert shipped.shipped_sample() == tmp_path / "worker" / "_shipped" / "sample"
