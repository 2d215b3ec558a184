"""Why each rule did or did not fire, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from worker.classify.match import Candidate
from worker.classify.rulebook import Rule
from worker.domain.event import Event, Language

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Attempted:
    """One place where a rule nearly or fully fitted. `notes` explain the score."""

    sentence: str
    field: str
    pattern: str
    trigger: str
    roles: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...]
    status: str
    status_cue: str
    hearsay: bool
    score: float
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleExplanation:
    """What became of one rule: its gate, its best fits, its event, and the reason in words."""

    rule: str
    gate: bool
    fired: bool
    reason: str
    attempts: tuple[Attempted, ...]
    event: Event | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The account of one item. `atoms` are the gate's words that occur in it."""

    language: Language | None
    atoms: tuple[str, ...]
    rules: tuple[RuleExplanation, ...]


def explain(
    rules: Sequence[Rule],
    language: Language | None,
    atoms: Sequence[str],
    passing: Sequence[Rule],
    found: Mapping[str, Sequence[Candidate]],
    events: Sequence[Event],
    threshold: float,
) -> Explanation:
    """Put an explanation together from what matching has left."""
    out = []
    for rule in rules:
        event = next((e for e in events if e.rule == rule.name), None)
        fits = sorted(found.get(rule.name, ()), key=lambda c: (bool(c.missing), -c.score))
        attempts = tuple(_attempt(c) for c in fits[:SHOWN])
        reason = _reason(rule, language, rule in passing, fits, event, threshold)
        out.append(
            RuleExplanation(rule.name, rule in passing, event is not None, reason, attempts, event)
        )
    return Explanation(language, tuple(atoms), tuple(out))


def _attempt(candidate: Candidate) -> Attempted:
    sentence = candidate.sentence
    return Attempted(
        sentence.text,
        sentence.field,
        candidate.pattern.name,
        sentence.cut(candidate.trigger.i, candidate.trigger.j),
        {role: tuple(e.name for e in candidate.entities(role)) for role in candidate.slots},
        candidate.missing,
        candidate.reading.status.value,
        candidate.reading.cue,
        candidate.reading.hearsay,
        round(candidate.score, 2),
        tuple(candidate.notes),
    )


def _reason(
    rule: Rule,
    language: Language | None,
    passed: bool,
    fits: Sequence[Candidate],
    event: Event | None,
    threshold: float,
) -> str:
    if event is not None:
        return f"fired: {event.status.value}, confidence {event.confidence}"
    if language is None:
        return "the item is neither French nor English"
    if not passed:
        return "gate: none of its combinations of words occurs"
    if not fits:
        return "no sentence has a trigger with what must stand near it"
    best = fits[0]
    if best.missing:
        return f"no company for the role {', '.join(best.missing)}"
    return f"best score {best.score:.2f} is below {threshold}: " + "; ".join(best.notes)
