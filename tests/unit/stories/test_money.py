"""Sums written in two languages: the same one, or another."""

from __future__ import annotations

import pytest

from worker.stories.money import same_sum, sums


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("900 millions d'euros", {"eur": 900e6}),
        ("900 mln euros", {"eur": 900e6}),
        ("900 million euros ($1.04 billion)", {"eur": 900e6, "usd": 1.04e9}),
        ("about 60 billion yen ($390 million)", {"jpy": 60e9, "usd": 390e6}),
        ("1,9 milliard d'euros", {"eur": 1.9e9}),
        ("un milliard de dollars", {"usd": 1e9}),
        ("a billion dollars", {"usd": 1e9}),
        ("$800,000", {"usd": 800_000}),
        ("1.200.000 euros", {"eur": 1.2e6}),
        ("€1,250.5 million", {"eur": 1250.5e6}),
        ("a further $800 million", {"usd": 800e6}),
        ("une somme symbolique", {}),
    ],
)
def test_sums(text: str, found: dict[str, float]) -> None:
    assert sums(text) == pytest.approx(found)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("900 millions d'euros", "900 million euros ($1.04 billion)", True),
        ("1.04 billion dollars", "about $1 billion", False),
        ("1.02 billion dollars", "about $1 billion", True),
        ("900 million euros", "750 mln euros", False),
        ("900 million euros", "$1.04 billion", True),
        ("a symbolic sum", "A  symbolic sum", True),
        ("a symbolic sum", "an undisclosed sum", False),
        ("an undisclosed sum", "900 million euros", False),
    ],
)
def test_the_same_sum(one: str, other: str, same: bool) -> None:
    assert same_sum(one, other) is same
    assert same_sum(other, one) is same
