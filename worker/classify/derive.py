"""Events that one rule takes over from another: a stake bought in an EV unit is both rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from worker.classify.match import Candidate
from worker.classify.nearness import is_electric_unit
from worker.classify.rulebook import Derived, Rule


def derive(rule: Rule, found: Mapping[str, list[Candidate]]) -> Iterator[Candidate]:
    """The candidates of other rules that are this rule's too."""
    for source in rule.derived:
        for candidate in found.get(source.rule, ()):
            if candidate.missing or not _fits(source, candidate):
                continue
            if any(_gives_up(other, candidate, source.role) for other in found[source.rule]):
                continue
            slots = {own: candidate.slots.get(theirs, []) for own, theirs in source.slots.items()}
            made = replace(candidate, rule=rule, slots=slots, notes=list(candidate.notes))
            made.score += source.strength
            if source.strength:
                made.notes.append(f"taken over {source.strength:+.2f}")
            made.notes.append(f"taken over from {source.rule}")
            yield made


def _gives_up(other: Candidate, candidate: Candidate, role: str) -> bool:
    """Whether the same sentence tells, as surely, that the same holder gives some of it up."""
    return (
        other.sentence is candidate.sentence
        and other.pattern.direction == "decrease"
        and not other.missing
        and "status.denied" not in other.sentence.at(other.trigger.i)
        and other.score >= candidate.score - 0.3
        and other.entities(role)[:1] == candidate.entities(role)[:1]
        and bool(set(other.entities("holder")) & set(candidate.entities("holder")))
    )


def _fits(source: Derived, candidate: Candidate) -> bool:
    if source.patterns and candidate.pattern.name not in source.patterns:
        return False
    entities = candidate.entities(source.role)
    if not entities:
        return False
    if source.type == "electric-unit":
        return is_electric_unit(entities[0])
    return True
