"""From the best candidate of a rule to its event: parties, roles, figures, evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.classify.amounts import read_amount
from worker.classify.attribution import Attribution
from worker.classify.confidence import Calibration
from worker.classify.dates import Dates, Due
from worker.classify.document import Document, Entity
from worker.classify.match import Candidate
from worker.classify.percentages import face_the_figure, read_percentages
from worker.classify.proof import figure_proof, proof, quoted_proof, span_proof
from worker.classify.sides import fill_sides, taking_part
from worker.classify.stage import stage
from worker.classify.vocabulary import normal
from worker.classify.watchlist import Watchlist
from worker.domain.event import Direction, Event, RoleValue, Status


@dataclass(slots=True)
class Assembler:
    """Builds events for one language."""

    watchlist: Watchlist
    dates: Dates
    attribution: Attribution
    calibration: Calibration = field(default_factory=Calibration)

    def event(self, document: Document, chosen: Candidate, others: list[Candidate]) -> Event:
        """The event of a rule; `others` are further candidates of the same rule."""
        allies = [c for c in others if c is not chosen and _same_matter(c, chosen)]
        status, heard = stage(document, chosen, allies)
        face_the_figure(chosen, allies)
        fill_sides(document, chosen, allies, self.watchlist)
        parties = taking_part(document, chosen, allies)
        names = tuple(written(entity) for entity in parties)
        companies = tuple(entity.key or _key(entity) for entity in parties)
        figures = (
            read_percentages(document, chosen, allies)
            if {"percent", "size"} & set(chosen.rule.figures)
            else {}
        )
        direction = chosen.pattern.direction or None
        amount = read_amount(document, chosen, allies) if "amount" in chosen.rule.figures else None
        said = self.attribution.of(document, chosen.sentence, heard)
        due = self._expected(document, chosen, status)
        sentences = [chosen.sentence, *(c.sentence for c in allies), *document.sentences]
        roles = {
            role.name: _role_value(chosen, role.name)
            for role in chosen.rule.roles
            if not role.internal
        }
        return Event(
            rule=chosen.rule.name,
            status=status,
            confidence=self.calibration.probability(chosen.score),
            parties=names,
            roles=roles,
            evidence=(
                *proof(document, chosen),
                *figure_proof(document, sentences, figures, amount),
                *quoted_proof(document, sentences, said, "attribution"),
                *(
                    [span_proof(document, due.field, due.start, due.end, "expected_date")]
                    if due
                    else []
                ),
            ),
            direction=_direction(direction, figures),
            from_pct=figures.get("from_pct"),
            to_pct=figures.get("to_pct"),
            pct=figures.get("pct"),
            amount=amount,
            attribution=said,
            expected_date=due.value if due else None,
            companies=companies,
            alliance=self.watchlist.alliance_of(c for c in companies),
            rule_version=chosen.rule.version,
        )

    def _expected(self, document: Document, chosen: Candidate, status: Status) -> Due | None:
        """When it is to happen; what has happened or will not has no such date."""
        if status in (Status.COMPLETED, Status.DENIED):
            return None
        deal = bool({"percent", "size"} & set(chosen.rule.figures))
        own = status is Status.AGREED and not deal
        return self.dates.expected(document, chosen.sentence, own=own)


def written(entity: Entity) -> str:
    """The fullest way in which the item names a company."""
    surfaces = entity.surfaces or entity.titles
    if entity.kind == "unit" or not surfaces:
        return entity.name
    return max(surfaces, key=lambda s: (len(s), -surfaces.index(s)))


def _key(entity: Entity) -> str:
    return "-".join(normal(written(entity)).replace("&", " and ").replace(".", "").split())


def _same_matter(one: Candidate, other: Candidate) -> bool:
    shared = set(one.filled) & set(other.filled)
    denied = Status.DENIED in (one.reading.status, other.reading.status)
    least = -3.0 if denied else -0.5
    return bool(shared) and not one.missing and one.score > least


def _role_value(chosen: Candidate, role: str) -> RoleValue:
    entities = chosen.entities(role)
    declared = chosen.rule.role(role)
    if declared is not None and declared.listed:
        return tuple(written(e) for e in entities)
    if not entities:
        return None
    return written(entities[0])


def _direction(direction: str | None, figures: Mapping[str, float | None]) -> Direction | None:
    before, after = figures.get("from_pct"), figures.get("to_pct")
    if before is not None and after is not None and before != after:
        return "increase" if after > before else "decrease"
    return direction if direction in ("increase", "decrease") else None  # type: ignore[return-value]
