"""One classifier for all tests: building it takes a second and nothing in it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.classify import Classifier, load

RULES = Path(__file__).resolve().parents[3] / "rules"


@pytest.fixture(scope="session")
def rules() -> Path:
    return RULES


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    return load([RULES])
