"""Percentages and money in the typographies of both languages."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from worker.classify.figures import Figures, parse_number
from worker.classify.loading import load_content
from worker.classify.text import Reader

NBSP, THIN = "\u00a0", "\u202f"


@pytest.fixture(scope="module")
def readers(rules: Path) -> dict[str, tuple[Reader, Figures]]:
    vocabularies = load_content([rules]).vocabularies
    return {code: (Reader(v), Figures(v)) for code, v in vocabularies.items()}


def figures(
    readers: dict[str, tuple[Reader, Figures]], code: str, text: str
) -> list[tuple[str, float, str]]:
    reader, finder = readers[code]
    return [(f.kind, f.value, f.cue) for s in reader.read("text", text) for f in finder.find(s)]


ENGLISH = [
    f"from {a}{x} to {b}{x}"
    for (a, b), x in product(
        [("43.4", "15"), ("43.4", "15.0")],
        ["%", " %", f"{NBSP}%", " percent", " per cent", " pct", f"{NBSP}percent", " p.c."],
    )
] + [
    f"{verb} to 15{x} from 43.4{x}"
    for verb, x in product(
        ["its stake", "the holding", "cut"],
        ["%", " %", " percent", " per cent", " pct", f"{THIN}%", " p.c.", f"{NBSP}per cent"],
    )
]
FRENCH = [
    f"{frame.format(a=f'43,4{x}', b=f'15{y}')}"
    for frame, (x, y) in product(
        [
            "de {a} à {b}",
            "passer de {a} à {b}",
            "porter de {a} à {b} sa part",
            "ramener de {a} à {b}",
        ],
        [
            ("%", "%"),
            (" %", " %"),
            (f"{NBSP}%", f"{NBSP}%"),
            (f"{THIN}%", f"{THIN}%"),
            ("", "%"),
            ("", " %"),
            (" pour cent", " pour cent"),
            ("", " pour cent"),
            (" pct", " pct"),
            (f"{NBSP}pour cent", f"{NBSP}pour cent"),
        ],
    )
]


@pytest.mark.parametrize("text", ENGLISH)
def test_english_before_and_after(readers: dict[str, tuple[Reader, Figures]], text: str) -> None:
    assert sorted(figures(readers, "en", text)) == [
        ("percent", 15.0, "to"),
        ("percent", 43.4, "from"),
    ]


@pytest.mark.parametrize("text", FRENCH)
def test_french_before_and_after(readers: dict[str, tuple[Reader, Figures]], text: str) -> None:
    assert sorted(figures(readers, "fr", text)) == [
        ("percent", 15.0, "to"),
        ("percent", 43.4, "from"),
    ]


def test_forty_variants_a_language() -> None:
    assert len(set(ENGLISH)) >= 40
    assert len(set(FRENCH)) >= 40


@pytest.mark.parametrize(
    ("code", "text", "value"),
    [
        ("en", "for $1.5 billion", 1.5e9),
        ("en", "about 600 million euros", 6e8),
        ("en", "HK$55.29", 55.29),
        ("en", "2,300 million yen", 2.3e9),
        ("en", "$534 mln", 5.34e8),
        ("en", "one rouble", 1.0),
        ("fr", "1,5 milliard d'euros", 1.5e9),
        ("fr", "1,5 Md€", 1.5e9),
        ("fr", f"600{NBSP}millions d’euros", 6e8),
        ("fr", "2.300 millions de dollars", 2.3e9),
        ("fr", "cinq milliards de yens", 5e9),
        ("fr", "35 M€", 3.5e7),
    ],
)
def test_money(
    readers: dict[str, tuple[Reader, Figures]], code: str, text: str, value: float
) -> None:
    kind, found, _ = figures(readers, code, text)[0]
    assert kind == "money"
    assert found == pytest.approx(value)


@pytest.mark.parametrize(
    ("code", "text", "value"),
    [
        ("en", "a third of the shares", 33.3),
        ("en", "half of the company", 50.0),
        ("fr", "un tiers du capital", 33.3),
        ("fr", "la moitié de la société", 50.0),
        ("en", "a 50-50 venture", 50.0),
        ("fr", "une coentreprise à 51-49", 51.0),
    ],
)
def test_fractions_and_splits(
    readers: dict[str, tuple[Reader, Figures]], code: str, text: str, value: float
) -> None:
    assert figures(readers, code, text)[0][1] == value


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "in the first half of 2025"),
        ("en", "a quarter of a billion dollars"),
        ("en", "the 2024-25 season"),
        ("fr", "au premier semestre 2025"),
        ("fr", "un tiers d'entre eux"),
    ],
)
def test_what_is_no_percentage(
    readers: dict[str, tuple[Reader, Figures]], code: str, text: str
) -> None:
    assert [f for f in figures(readers, code, text) if f[0] in ("percent", "split")] == []


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1,234.5", ".", 1234.5),
        ("1.234,5", ",", 1234.5),
        ("1 234,5", ",", 1234.5),
        ("43,4", ",", 43.4),
        ("43.4", ".", 43.4),
        ("149,028,300", ".", 149028300),
        ("41.435", ",", 41435),
        ("0.125", ".", 0.125),
        ("43,4", ".", 43.4),
        ("2.47", ",", 2.47),
    ],
)
def test_numbers(text: str, decimal: str, value: float) -> None:
    assert parse_number(text, decimal) == value
