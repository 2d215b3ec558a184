from __future__ import annotations

import pytest

from tests.support.factories import (
    hostile_alert,
    make_alert,
    make_event,
    make_item,
    make_notice,
    make_update,
)
from tests.support.hostile import any_hostile_text
from worker.channels.view import view_of
from worker.domain.alert import Change
from worker.domain.event import Evidence, Status
from worker.domain.story import Reason


def test_facts_stand_in_reading_order() -> None:
    view = view_of(make_notice())
    assert [label for label, _ in view.facts] == [
        "Status",
        "Parties",
        "Shareholder",
        "Shares of",
        "Stake before",
        "Stake after",
        "Expected",
        "According to",
    ]
    assert view.kicker == "Change of ownership · under negotiation"
    assert view.is_first


def test_other_rules_show_their_roles_and_figures() -> None:
    event = make_event(
        rule="ev-unit-investment",
        status=Status.DENIED,
        roles={"investor": "Nissan", "unit": "Ampere", "owner": "Renault"},
        direction=None,
        from_pct=None,
        to_pct=None,
        pct=15.0,
        amount="600 million euros",
        attribution=None,
        expected_date=None,
    )
    facts = dict(view_of(make_notice(make_alert(event=event))).facts)
    assert facts == {
        "Status": "denied or abandoned",
        "Parties": "Nissan, Mitsubishi Motors",
        "Investor": "Nissan",
        "EV unit": "Ampere",
        "Owner of the unit": "Renault",
        "Stake that moves": "15%",
        "Amount": "600 million euros",
    }


def test_a_direction_alone_is_told() -> None:
    event = make_event(from_pct=None, to_pct=None)
    assert ("Direction", "decrease") in view_of(make_notice(make_alert(event=event))).facts


def test_parties_are_not_told_twice() -> None:
    event = make_event(rule="ip-sharing", roles={"parties": ("Nissan", "Renault")})
    labels = [label for label, _ in view_of(make_notice(make_alert(event=event))).facts]
    assert labels.count("Parties") == 1


def test_changes_in_both_languages() -> None:
    changes = (Change("amount", None, "600 M€"), Change("status", "planned", "denied"))
    english = view_of(make_notice(make_update(changes=changes)))
    french = view_of(make_notice(make_update(changes=changes, language="fr")))
    assert english.changes == ("Amount: 600 M€ (new)", "Status: planned → denied or abandoned")
    assert french.changes == (
        "Montant\u00a0: 600 M€ (nouveau)",
        "Statut\u00a0: projet → démenti ou abandonné",
    )


def test_only_whole_passages_are_quoted_and_each_once() -> None:
    passage = Evidence("text", 0, 5, "whole")
    event = make_event(evidence=(passage, passage, Evidence("text", 0, 2, "34%", "from_pct")))
    view = view_of(make_notice(make_alert(item=make_item(), event=event)))
    assert (view.quotes, view.more_quotes) == (("whole",), 0)


@any_hostile_text
def test_nothing_in_a_view_is_empty_or_unbounded(text: str) -> None:
    view = view_of(make_notice(hostile_alert(text)))
    assert 0 < len(view.headline) <= 400
    for label, value in view.facts:
        assert 0 < len(label) <= 60
        assert 0 < len(value) <= 300
    assert all(0 < len(quote) <= 700 for quote in view.quotes)
    assert all(len(change) <= 500 for change in view.changes)


@pytest.mark.parametrize(
    ("language", "reason", "shown"),
    [
        ("en", Reason.UPDATE, "Change of ownership · agreed"),
        ("en", Reason.CORRECTION, "Change of ownership · agreed · correction"),
        (
            "fr",
            Reason.CONTRADICTION,
            "Changement au capital · accord conclu · contredit un démenti",
        ),
    ],
)
def test_what_is_taken_back_or_contradicted_says_so(
    language: str, reason: Reason, shown: str
) -> None:
    assert view_of(make_notice(make_update(language=language, reason=reason))).kicker == shown
