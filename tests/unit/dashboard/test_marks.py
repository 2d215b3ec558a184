"""What pages say about an event beside its text."""

from __future__ import annotations

from tests.support.factories import make_event
from worker.dashboard.marks import facts, legend
from worker.domain.event import Evidence


def test_the_legend_names_the_colours_that_occur() -> None:
    event = make_event(
        evidence=(
            Evidence("text", 0, 9, "a passage"),
            Evidence("text", 0, 1, "a", "pct"),
            Evidence("text", 0, 1, "a", "holder"),
            Evidence("text", 0, 1, "a", "of-a-rule-of-ones-own"),
        )
    )
    assert legend([event]) == [("who", "who"), ("figure", "how much"), ("other", "other")]
    assert legend([]) == []


def test_facts_are_those_that_are_known_with_the_parties_first() -> None:
    event = make_event(
        roles={"holder": "Nissan", "counterparty": None},
        parties=("Nissan", "Renault"),
        direction=None,
        from_pct=0.0,
        to_pct=None,
        pct=None,
        amount=None,
        attribution=None,
        expected_date=None,
        alliance=None,
    )
    assert facts(event) == [
        ("parties", ("Nissan", "Renault")),
        ("holder", "Nissan"),
        ("from_pct", 0.0),
    ]
