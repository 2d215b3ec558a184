"""What moves a story's state, what does not, and that the order of arrival is no matter."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.factories import NOW
from worker.domain.alert import Change
from worker.domain.story import Known, Report
from worker.stories import ledger

DAY = timedelta(days=1)
ALL = {"renault": "Renault", "nissan": "Nissan"}


def report(
    number: int, at: datetime, *, correction: bool = False, doubtful: bool = False, **claims: Any
) -> Report:
    claims = {"status": "negotiating", "parties": ALL, **claims}
    return Report(f"evt_{number}", f"item_{number}", at, claims, correction, doubtful)


def moves(first: dict[str, Any], then: dict[str, Any], after: timedelta = DAY) -> list[Change]:
    """What the second of two reports changes."""
    one = report(1, NOW, **first)
    before = ledger.fold({}, [one])
    return list(ledger.changes(before, ledger.fold({}, [one, report(2, NOW + after, **then)])))


@pytest.mark.parametrize(
    ("first", "then", "changes"),
    [
        ({"status": "rumoured"}, {"status": "agreed"}, [Change("status", "rumoured", "agreed")]),
        ({"status": "agreed"}, {"status": "rumoured"}, []),
        ({"status": "agreed"}, {"status": "negotiating"}, []),
        ({"status": "agreed"}, {"status": "denied"}, [Change("status", "agreed", "denied")]),
        ({"to_pct": 43.0}, {"to_pct": 15.0}, [Change("to_pct", 43.0, 15.0)]),
        ({"to_pct": 43.4}, {"to_pct": 43.0}, []),
        ({"to_pct": 43.0}, {"to_pct": 43.4}, []),
        ({}, {"to_pct": 15.0}, [Change("to_pct", None, 15.0)]),
        ({"to_pct": 15.0}, {}, []),
        ({}, {"from_pct": 43.0}, []),
        (
            {},
            {"from_pct": 43.0, "to_pct": 15.0},
            [Change("from_pct", None, 43.0), Change("to_pct", None, 15.0)],
        ),
        (
            {"expected_date": "2026-04-01"},
            {"expected_date": "2026-04-06"},
            [Change("expected_date", "2026-04-01", "2026-04-06")],
        ),
        ({"expected_date": "2026-04"}, {"expected_date": "2026-04-06"}, []),
        ({"expected_date": "2026-04-06"}, {"expected_date": "2026-04"}, []),
        ({}, {"expected_date": "2025-12-01"}, []),
        ({"status": "completed"}, {"status": "completed", "expected_date": "2026-08"}, []),
        ({"amount": "900 millions d'euros"}, {"amount": "900 mln euros ($1 bln)"}, []),
        (
            {"amount": "900 millions d'euros"},
            {"amount": "750 mln euros"},
            [Change("amount", "900 millions d'euros", "750 mln euros")],
        ),
        ({}, {"parties": {"nissan": "NISSAN"}}, []),
        (
            {},
            {"parties": {**ALL, "geely": "Geely"}},
            [Change("parties", ("Renault", "Nissan"), ("Renault", "Nissan", "Geely"))],
        ),
    ],
)
def test_what_moves(first: dict[str, Any], then: dict[str, Any], changes: list[Change]) -> None:
    assert moves(first, then) == changes


@pytest.mark.parametrize(
    ("status", "after", "moved"),
    [
        ("negotiating", timedelta(hours=5), False),
        ("negotiating", 2 * DAY, True),
        ("rumoured", 2 * DAY, False),
        ("rumoured", 8 * DAY, True),
        ("agreed", timedelta(hours=1), True),
    ],
)
def test_what_goes_on_after_a_denial(status: str, after: timedelta, moved: bool) -> None:
    """An echo of what was denied is none; who goes further contradicts the denial."""
    told = [report(1, NOW - DAY), report(2, NOW, status="denied")]
    state = ledger.fold({}, [*told, report(3, NOW + after, status=status)])
    assert state["status"].value == (status if moved else "denied")


def test_what_a_denial_names_is_what_it_denies() -> None:
    told = [report(1, NOW, to_pct=15.0)]
    denial = report(2, NOW + DAY, status="denied", to_pct=10.0, parties={**ALL, "bmw": "BMW"})
    before, after = ledger.fold({}, told), ledger.fold({}, [*told, denial])
    assert ledger.changes(before, after) == (Change("status", "negotiating", "denied"),)


def test_the_agreement_that_was_called_off_is_background() -> None:
    told = [report(1, NOW, status="agreed"), report(2, NOW + DAY, status="denied")]
    state = ledger.fold({}, [*told, report(3, NOW + 2 * DAY, status="agreed")])
    assert state["status"].value == "denied"


def test_a_value_that_was_overtaken_echoes_for_a_while() -> None:
    told = [report(1, NOW, to_pct=43.0), report(2, NOW + DAY, to_pct=15.0)]
    slow, anew = report(3, NOW + 3 * DAY, to_pct=43.0), report(4, NOW + 20 * DAY, to_pct=43.0)
    assert ledger.fold({}, [*told, slow])["to_pct"].value == 15.0
    assert ledger.fold({}, [*told, anew])["to_pct"].value == 43.0


def test_a_correction_sets_what_it_states() -> None:
    told = [report(1, NOW, status="agreed", to_pct=15.4)]
    right = report(2, NOW + DAY, status="negotiating", to_pct=15.0, correction=True)
    before, after = ledger.fold({}, told), ledger.fold({}, [*told, right])
    assert after["status"] == Known("negotiating", "item_2", NOW + DAY, (("agreed", NOW + DAY),))
    assert ledger.changes(before, after)[0] == Change("status", "agreed", "negotiating")
    assert after["to_pct"].value == 15.0


def test_a_denial_about_one_who_came_in_later_leaves_the_rest() -> None:
    more = {**ALL, "geely": "Geely"}
    told = [report(1, NOW), report(2, NOW + DAY, parties=more)]
    denial = report(3, NOW + 2 * DAY, status="denied", parties=more, about="geely")
    echo = report(4, NOW + 3 * DAY, parties=more)
    state = ledger.fold({}, [*told, denial, echo])
    assert state["status"].value == "negotiating"
    assert set(state["parties"].value) == set(ALL)


def test_the_more_exact_value_stays() -> None:
    told = [
        report(1, NOW, to_pct=43.0, expected_date="2026-04"),
        report(2, NOW + DAY, to_pct=43.4, expected_date="2026-04-06"),
        report(3, NOW + 2 * DAY, to_pct=43.0, expected_date="2026-04"),
    ]
    state = ledger.fold({}, told)
    assert (state["to_pct"].value, state["expected_date"].value) == (43.4, "2026-04-06")


def test_what_is_doubtful_counts_for_nothing_beside_what_is_sure() -> None:
    sure, doubt = report(1, NOW), report(2, NOW + DAY, status="completed", doubtful=True)
    assert ledger.fold({}, [sure, doubt]) == ledger.fold({}, [sure])
    assert ledger.fold({}, [doubt])["status"].value == "completed"


def test_every_value_names_the_item_that_proves_it() -> None:
    state = ledger.fold({}, [report(1, NOW), report(2, NOW + DAY, status="agreed", pct=3.0)])
    assert {name: known.item_id for name, known in state.items()} == {
        "status": "item_2",
        "pct": "item_2",
        "parties": "item_1",
    }


def test_the_state_follows_from_the_reports_in_any_order() -> None:
    draw = random.Random(7)
    statuses = ["rumoured", "negotiating", "planned", "agreed", "completed", "denied"]
    for _ in range(60):
        told = [
            report(
                number,
                NOW + timedelta(hours=draw.randrange(400), minutes=number),
                status=draw.choice(statuses),
                correction=draw.random() < 0.1,
                to_pct=draw.choice([None, None, 10.0, 15.0, 15.4]),
            )
            for number in range(12)
        ]
        expected = ledger.fold({}, told)
        shuffled = draw.sample(told, len(told))
        assert ledger.fold({}, shuffled) == expected


def test_a_report_from_before_what_was_folded_in_only_fills_gaps() -> None:
    base = ledger.fold({}, [report(1, NOW, status="agreed", to_pct=15.0)])
    late = report(2, NOW - DAY, status="completed", to_pct=43.0, pct=28.0)
    state = ledger.fold(base, [late])
    assert (state["status"].value, state["to_pct"].value, state["pct"].value) == (
        "agreed", 15.0, 28.0,
    )  # fmt: skip
