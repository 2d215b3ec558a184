"""Whom an event is between: owners and partners that its pattern did not reach, and all parties."""

from __future__ import annotations

from collections.abc import Iterable

from worker.classify.coowners import co_owners
from worker.classify.counterparts import other_side
from worker.classify.document import Document, Entity, Mention
from worker.classify.match import Candidate
from worker.classify.watchlist import Watchlist

JOINS = 1.4


def fill_sides(
    document: Document, chosen: Candidate, allies: list[Candidate], watchlist: Watchlist
) -> None:
    """Fill the roles that are still empty: whose unit it is, who the other side is."""
    _share_venture(document, chosen)
    _not_itself(chosen)
    _owners(document, chosen, watchlist)
    for role in chosen.rule.roles:
        if role.owner_of and not role.internal and not chosen.slots.get(role.name):
            chosen.slots[role.name] = other_side(document, chosen, allies, role) or _left(
                document, chosen
            )
        if role.owner_of and not role.internal:
            _extend(chosen, role.name)


def _left(document: Document, chosen: Candidate) -> list[Mention]:
    """ "Its partner Brilliance keeps 25%": who else stays an owner."""
    target = _target(chosen)
    if target is None:
        return []
    taken = set(chosen.filled)
    if not _shared(target) and not any(
        "partner" in e.kinds for m in co_owners(document, chosen, target) for e in m.entities
    ):
        return []
    others = [m for m in co_owners(document, chosen, target) if not taken & set(m.entities)]
    return others[:1] if len({e for m in others for e in m.entities}) == 1 else []


def _extend(chosen: Candidate, name: str) -> None:
    """ "the 45% that belongs to A and the 10% in the hands of B": every owner who sells."""
    sentence, held = chosen.sentence, chosen.slots[name]
    hits = sentence.of("owned-by")
    if len(hits) < 2 or not held or chosen.pattern.percent != "buy":
        return
    for hit in hits:
        for mention in sentence.mentions:
            if hit.j <= mention.i <= hit.j + 5 and mention.entity.kind in ("company", "unknown"):
                if not set(mention.entities) & set(chosen.filled):
                    chosen.slots[name] = [*chosen.slots[name], mention]
                break


def _share_venture(document: Document, chosen: Candidate) -> None:
    """ "The Chinese partner will own 51% and the French group 49%": both, the first named first."""
    target = _target(chosen)
    if target is None or chosen.pattern.percent != "hold":
        return
    if target.kind != "unit" and "venture" not in target.kinds and not target.owners:
        return
    for role in chosen.rule.roles:
        if not role.many or not role.required or role.listed:
            continue
        held = list(chosen.slots.get(role.name, ()))
        known = {e for m in held for e in m.entities}
        for mention in co_owners(document, chosen, target):
            if not known & set(mention.entities):
                held.append(mention)
                known.update(mention.entities)
        if len(known) > 1:
            first = order(document)
            held.sort(key=lambda m: min(first.get(e, len(first)) for e in m.entities))
            chosen.slots[role.name] = held
        entities = chosen.entities(role.name)
        other = next((r for r in chosen.rule.roles if role.name in r.differs and r.many), None)
        if len(entities) == 2 and other is not None and not chosen.slots.get(other.name):
            chosen.slots[role.name] = [Mention((entities[0],), "name", 0, 0)]
            chosen.slots[other.name] = [Mention((entities[1],), "name", 0, 0)]


def _not_itself(chosen: Candidate) -> None:
    """Nobody buys a company's shares from the company as its owner; a sale back to it may be."""
    if chosen.pattern.percent == "sell":
        return
    for role in chosen.rule.roles:
        if role.owner_of and role.owner_of in chosen.slots:
            own = set(chosen.entities(role.owner_of))
            kept = [m for m in chosen.slots.get(role.name, ()) if not own & set(m.entities)]
            if role.name in chosen.slots:
                chosen.slots[role.name] = kept


def _owners(document: Document, chosen: Candidate, watchlist: Watchlist) -> None:
    """Fill roles that are the owner of another role's unit, when the item names it."""
    for role in chosen.rule.roles:
        if not role.owner_of or chosen.slots.get(role.name):
            continue
        taken = {e for name in role.differs for e in chosen.entities(name)}
        for entity in chosen.entities(role.owner_of)[:1]:
            owner = _owner(document, entity, watchlist)
            if owner is not None and any(
                _owner(document, e, watchlist) is owner for e in taken - {entity}
            ):
                continue  # both sides belong to it: it is no side of its own
            if entity.own and owner in taken:
                owner = _other_subject(chosen, taken)
            others = [e for e in entity.owners if e not in taken and e is not owner]
            if owner is None or owner in taken:
                owner, others = (others[0], others[1:]) if others else (None, [])
            if owner is not None and owner is not entity:
                chosen.slots[role.name] = [Mention((owner, *others), "name", 0, 0)]


def _owner(document: Document, entity: Entity, watchlist: Watchlist) -> Entity | None:
    if entity.owner is not None:
        return entity.owner
    company = watchlist.companies.get(entity.key)
    if company is None or not company.owner:
        return None
    return next((e for e in document.entities if e.key == company.owner), None)


def _other_subject(chosen: Candidate, taken: set[Entity]) -> Entity | None:
    """Whose "its" unit is when the one who acts cannot own it: the sentence's first company."""
    for mention in chosen.sentence.mentions:
        if mention.entity.kind == "company" and mention.entity not in taken:
            return mention.entity
    return None


def _shared(target: Entity) -> bool:
    """Whether a company is a venture or a part of another one, with owners to be told."""
    part = bool(target.kinds & {"venture", "subsidiary", "newco"})
    return part or target.owner is not None or bool(target.owners)


def _target(chosen: Candidate) -> Entity | None:
    for role in chosen.rule.roles:
        if role.required and not role.many:
            return next(iter(chosen.entities(role.name)), None)
    return None


def taking_part(document: Document, chosen: Candidate, allies: Iterable[Candidate]) -> list[Entity]:
    """Every company that the event is between, in the order in which the text names them."""
    found = [e for e in chosen.filled if e.kind != "unit" and not e.unnamed]
    for entity in chosen.filled:
        if entity.kind == "unit" and entity.owner is not None and entity.owner not in found:
            found.append(entity.owner)
    target = _target(chosen)
    if target is not None and _shared(target):
        held = [e for m in co_owners(document, chosen, target) for e in m.entities]
        found += [e for e in held if e not in found and e.kind == "company" and not e.unnamed]
    for ally in allies:
        same = target is not None and target is _target(ally)
        if ally.score >= JOINS and same and ally.sentence.field == "text":
            found += [
                e for e in ally.filled if e not in found and e.kind == "company" and not e.unnamed
            ]
    first = order(document)
    return sorted(found, key=lambda e: first.get(e, len(first)))


def order(document: Document) -> dict[Entity, int]:
    """Each entity's place in the order in which the text names them first."""
    out: dict[Entity, int] = {}
    for sentence in document.sentences:
        if sentence.field == "text" or len(document.sentences) == 1:
            for mention in sentence.mentions:
                for entity in mention.entities:
                    out.setdefault(entity, len(out))
    return out
