"""Units that an item both names and describes: "Zeekr" and "Geely's electric brand" are one."""

from __future__ import annotations

from collections.abc import Collection

from worker.classify.document import Document, Entity, Mention
from worker.classify.watchlist import Watchlist


def settle_units(document: Document, watchlist: Watchlist, openers: Collection[str]) -> None:
    """Let a description of a part of a company mean the one named part that it fits.

    `openers` are the articles and possessives that make a description definite: "a new venture"
    is none that has been named before.
    """
    named = [e for e in document.entities if e.kind == "company" and _part(e)]
    if not named:
        return
    for sentence in document.sentences:
        for mention in sentence.mentions:
            unit = mention.entity
            if unit.kind != "unit" or not _definite(mention, unit, sentence.field, openers):
                continue
            fits = [e for e in named if _same(unit, e, watchlist)]
            beside = {e for m in sentence.mentions for e in m.entities if m.form == "name"}
            if len(fits) == 1 and fits[0] not in beside:
                mention.entities = (fits[0],)
                _learn(fits[0], unit)


def _part(entity: Entity) -> bool:
    return bool(entity.owner or entity.owners or entity.kinds & {"subsidiary", "venture"})


def _definite(mention: Mention, unit: Entity, field: str, openers: Collection[str]) -> bool:
    if mention.form != "unit":
        return True
    first = unit.name.split()[0].lower()
    return field == "title" or first in openers or unit.name.startswith(("l'", "L'", "l’", "L’"))


def _same(unit: Entity, named: Entity, watchlist: Watchlist) -> bool:
    if unit.electric != (named.electric and not named.not_electric):
        return False
    owner = unit.owner
    if owner is named:
        return False
    if owner is not None and not _owned_by(named, owner, watchlist):
        return False
    if "venture" in unit.kinds and not (
        "venture" in named.kinds or len(named.owners) > 1 or unit.electric
    ):
        return False
    same = owner is not None and owner in (named.owner, *named.owners) and unit.own
    return (
        same or unit.electric or "venture" in unit.kinds or bool(unit.countries & named.countries)
    )


def _owned_by(named: Entity, owner: Entity, watchlist: Watchlist) -> bool:
    if owner in (named.owner, *named.owners):
        return True
    company = watchlist.companies.get(named.key)
    listed = company.owner if company is not None else ""
    if listed:
        return listed == owner.key
    return named.owner is None and not named.owners


def _learn(named: Entity, unit: Entity) -> None:
    if named.owner is None and unit.owner is not None:
        named.owner = unit.owner
    named.kinds |= unit.kinds & {"venture"}
