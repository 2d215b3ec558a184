"""An explanation put so that a rule's author can follow it: how far each rule came, and where.

Pure: what the classifier says goes in, what a page shows comes out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from worker.domain.event import Event, Language, Status

if TYPE_CHECKING:
    from worker.classify import Explanation
    from worker.classify.explain import Attempted, RuleExplanation

_EXCEPTION = "exception "


class Outcome(StrEnum):
    """What became of one step. `UNTRIED`: an earlier one had stopped the rule."""

    PASSED = "passed"
    STOPPED = "stopped"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True)
class Step:
    """One of the steps that a rule takes, in their order: gate, sentence, roles, score."""

    name: str
    outcome: Outcome
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule came closest. `sentence` is cut into before, trigger and after; the last two
    are empty where the trigger's words occur more than once, so that its place is not known.

    `exceptions` are those that applied; `notes` everything else that moved the score.
    """

    sentence: tuple[str, str, str]
    attempt: Attempted
    exceptions: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleAccount:
    """One rule: whether it fired, the reason in a sentence, its steps, the places it looked at."""

    rule: str
    fired: bool
    reason: str
    steps: tuple[Step, ...]
    places: tuple[Place, ...]


def accounts(explanation: Explanation) -> list[RuleAccount]:
    """Every rule's account, in the order of the rules."""
    return [
        RuleAccount(
            rule.rule,
            rule.fired,
            rule.reason,
            steps(rule, explanation.language),
            tuple(places(rule.attempts)),
        )
        for rule in explanation.rules
    ]


def events(explanation: Explanation) -> list[Event]:
    """The events that were found, the one with the best score first, as classification has them."""
    fired = [rule for rule in explanation.rules if rule.event is not None]
    fired.sort(key=lambda rule: -max((attempt.score for attempt in rule.attempts), default=0.0))
    return [rule.event for rule in fired if rule.event is not None]


def steps(rule: RuleExplanation, language: Language | None) -> tuple[Step, ...]:
    """How far a rule came. Each step names what let it pass, or what stopped it."""
    told = list(_told(rule, language))
    found = []
    stopped = False
    for name, passed, text in told:
        outcome = Outcome.PASSED if passed else Outcome.STOPPED
        found.append(Step(name, Outcome.UNTRIED, "") if stopped else Step(name, outcome, text))
        stopped = stopped or not passed
    return tuple(found)


def _told(rule: RuleExplanation, language: Language | None) -> Iterator[tuple[str, bool, str]]:
    if language is None:
        yield "Language", False, "neither French nor English"
    best = rule.attempts[0] if rule.attempts else None
    if rule.gate:
        yield "Gate", True, "its words stand near each other"
    else:  # a rule may also build on what another rule has found
        yield (
            "Gate",
            best is not None,
            "passed by way of another rule"
            if best
            else "no combination of its words stands near each other",
        )
    if best is None:
        yield "Sentence", False, "no sentence has a trigger with what must stand near it"
    else:
        yield "Sentence", True, f"“{best.trigger}”, by the pattern {best.pattern}"
    missing = best.missing if best else ()
    yield "Roles", not missing, f"missing: {', '.join(missing)}" if missing else "all filled"
    score = f"{best.score:g}" if best else ""
    lowered = f": {'; '.join(best.notes)}" if best and best.notes else ""
    yield "Score", rule.fired, f"{score} is enough" if rule.fired else f"{score} won’t do{lowered}"
    if rule.event is not None:
        yield "Status", True, _status(rule.event, rule.attempts)


def _status(event: Event, attempts: Sequence[Attempted]) -> str:
    """The event's status with the words that give it, where one of the places has them."""
    for attempt in attempts:
        status = Status.RUMOURED.value if attempt.hearsay else attempt.status
        if status == event.status.value:
            cue = f", by “{attempt.status_cue}”" if attempt.status_cue else ""
            return status + cue + (", as hearsay" if attempt.hearsay else "")
    return f"{event.status.value}, by the item as a whole"


def places(attempts: Sequence[Attempted]) -> Iterator[Place]:
    """The places of a rule, the closest first; one that looks like another is told once."""
    seen: list[Attempted] = []
    for attempt in attempts:
        if attempt in seen:
            continue
        seen.append(attempt)
        exceptions = [note for note in attempt.notes if note.startswith(_EXCEPTION)]
        yield Place(
            _cut(attempt.sentence, attempt.trigger),
            attempt,
            tuple(note.removeprefix(_EXCEPTION) for note in exceptions),
            tuple(note for note in attempt.notes if note not in exceptions),
        )


def _cut(sentence: str, trigger: str) -> tuple[str, str, str]:
    if not trigger or sentence.count(trigger) != 1:
        return sentence, "", ""
    return sentence.partition(trigger)
