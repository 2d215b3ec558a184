"""How far each rule came, told from what the classifier says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.factories import make_event
from worker.classify.explain import Attempted, Explanation, RuleExplanation
from worker.dashboard.account import Outcome, accounts, events, steps
from worker.domain.event import Event, Status


def attempted(**overrides: Any) -> Attempted:
    values: dict[str, Any] = {
        "sentence": "Nissan cut its stake in Renault.",
        "field": "text",
        "pattern": "lowers-stake",
        "trigger": "cut",
        "roles": {"holder": ("Nissan",), "target": ("Renault",)},
        "missing": (),
        "status": "completed",
        "status_cue": "past",
        "hearsay": False,
        "score": 1.4,
        "notes": ("place +1.0",),
    }
    return Attempted(**{**values, **overrides})


def explained(
    *attempts: Attempted, gate: bool = True, event: Event | None = None, rule: str = "equity-change"
) -> RuleExplanation:
    return RuleExplanation(rule, gate, event is not None, "why", attempts, event)


def outcomes(rule: RuleExplanation, language: Any = "en") -> dict[str, str]:
    return {step.name: step.outcome.value for step in steps(rule, language)}


def test_a_rule_that_fired_has_passed_every_step() -> None:
    found = steps(explained(attempted(), event=make_event()), "en")
    assert {step.outcome for step in found} == {Outcome.PASSED}
    assert [step.name for step in found] == ["Gate", "Sentence", "Roles", "Score", "Status"]
    assert [step.text for step in found][1] == "“cut”, by the pattern lowers-stake"


@pytest.mark.parametrize(
    ("rule", "stopped"),
    [
        (explained(gate=False), "Gate"),
        (explained(), "Sentence"),
        (explained(attempted(missing=("target", "companies"))), "Roles"),
        (explained(attempted(score=-7.6, notes=("exception buy-back -9.0",))), "Score"),
    ],
)
def test_a_rule_stops_at_one_step_and_the_later_ones_are_not_tried(
    rule: RuleExplanation, stopped: str
) -> None:
    found = outcomes(rule)
    names = list(found)
    at = names.index(stopped)
    assert set(found.values()) <= {"passed", "stopped", "untried"}
    assert [found[name] for name in names[:at]] == ["passed"] * at
    assert found[stopped] == "stopped"
    assert [found[name] for name in names[at + 1 :]] == ["untried"] * (len(names) - at - 1)


def test_what_lowered_a_score_stands_beside_it() -> None:
    notes = ("place +0.4", "exception buy-back -9.0")
    found = steps(explained(attempted(score=-7.6, notes=notes)), "en")
    assert found[3].text == "-7.6 won’t do: place +0.4; exception buy-back -9.0"


def test_the_status_names_its_cue_and_whether_it_is_hearsay() -> None:
    heard = attempted(status="negotiating", status_cue="in talks", hearsay=True)
    found = steps(explained(heard, event=make_event(status=Status.RUMOURED)), "en")
    assert found[-1].text == "rumoured, by “in talks”, as hearsay"


def test_a_status_that_no_place_gives_is_put_down_to_none() -> None:
    found = steps(explained(attempted(), event=make_event(status=Status.AGREED)), "en")
    assert found[-1].text == "agreed, by the item as a whole"


def test_in_another_language_nothing_is_tried() -> None:
    found = outcomes(explained(gate=True), None)
    assert found.pop("Language") == "stopped"
    assert set(found.values()) == {"untried"}


def test_a_rule_may_pass_by_way_of_another() -> None:
    rule = explained(attempted(notes=("taken over from equity-change",)), gate=False)
    assert outcomes(rule)["Gate"] == "passed"


def test_exceptions_stand_apart_from_what_else_moved_the_score() -> None:
    notes = ("place +1.0", "exception buy-back -9.0", "background (past year) -1.5")
    [account] = accounts(Explanation("en", (), (explained(attempted(notes=notes)),)))
    [place] = account.places
    assert place.exceptions == ("buy-back -9.0",)
    assert place.notes == ("place +1.0", "background (past year) -1.5")


def test_places_that_look_the_same_are_told_once() -> None:
    other = attempted(trigger="stake")
    rule = explained(attempted(), attempted(), other)
    [account] = accounts(Explanation("en", (), (rule,)))
    assert [place.attempt.trigger for place in account.places] == ["cut", "stake"]


@pytest.mark.parametrize(
    ("sentence", "trigger", "cut"),
    [
        ("Nissan cut its stake.", "cut", ("Nissan ", "cut", " its stake.")),
        # Which of two is the trigger is not known: none is shown as if it were.
        ("A cut after the cut.", "cut", ("A cut after the cut.", "", "")),
        ("Nissan.", "sold", ("Nissan.", "", "")),
        ("Nissan.", "", ("Nissan.", "", "")),
    ],
)
def test_a_trigger_is_marked_where_its_place_is_certain(
    sentence: str, trigger: str, cut: tuple[str, str, str]
) -> None:
    rule = explained(attempted(sentence=sentence, trigger=trigger))
    [account] = accounts(Explanation("en", (), (rule,)))
    assert account.places[0].sentence == cut


def test_the_event_with_the_best_score_comes_first() -> None:
    weak, strong = make_event(rule="equity-change"), make_event(rule="ip-sharing")
    found = Explanation(
        "en",
        (),
        (
            explained(attempted(score=1.1), event=weak),
            explained(attempted(score=3.0), event=strong, rule="ip-sharing"),
            explained(attempted(score=9.0), rule="ev-unit-investment"),
        ),
    )
    assert events(found) == [strong, weak]
