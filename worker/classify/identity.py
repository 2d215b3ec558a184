"""Which names of an item mean one company: aliases, shorter forms, initials.

"Volvo" in an item that speaks of Volvo Cars, and of Volvo Group nowhere, is Volvo Cars.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from worker.classify.document import Entity, EntityKind, Sentence
from worker.classify.watchlist import Company


@dataclass(slots=True)
class Run:
    """A capitalised run: where it stands, and whether only its place explains the capital.

    `parent` is the company whose name a local unit of its own bears: "Renault do Brasil".
    """

    sentence: Sentence
    i: int
    j: int
    text: str
    initial: bool
    kind: EntityKind = "unknown"
    company: Company | None = None
    parents: tuple[Company, ...] = ()
    former: bool = False


def identify(runs: list[Run], names_company: Callable[[Run], bool]) -> list[tuple[Run, Entity]]:
    """Each run with its entity, in reading order.

    `names_company` tells a company's name from a product that only bears it.
    """
    _settle_short_names(runs)
    by_key: dict[str, Entity] = {}
    by_name: dict[str, Entity] = {}
    out: list[tuple[Run, Entity]] = []
    for run in sorted(runs, key=lambda r: (r.company is None, -len(r.text))):
        entity = _entity(run, by_key, by_name)
        entity.count += 1
        if run.company is None or (names_company(run) and not run.former):
            surfaces = entity.surfaces if run.sentence.field == "text" else entity.titles
            surfaces.append(run.text)
        out.append((run, entity))
    for run, entity in out:
        for parent in run.parents:
            owner = by_key.get(parent.key)
            if owner is not None and owner not in entity.owners:
                entity.owners.append(owner)
                entity.owner = entity.owner or owner
    out.sort(key=lambda pair: (pair[0].sentence.number, pair[0].i))
    return out


def _settle_short_names(runs: list[Run]) -> None:
    """Give a short alias to the company that the item names in full under the same first word."""
    full = {r.company.key for r in runs if r.company is not None and " " in r.text}
    for run in runs:
        company = run.company
        if company is None or " " in run.text or company.key in full:
            continue
        if company.name == run.text and any(
            r.company is company and r.sentence.field == "text" for r in runs
        ):
            continue
        longer = {
            r.company.key: r.company
            for r in runs
            if r.company is not None
            and r.company is not company
            and r.text.startswith(f"{run.text} ")
            and r.company.name.startswith(f"{run.text} ")
        }
        if len(longer) == 1 and company.name.startswith(run.text):
            run.company = next(iter(longer.values()))


def _entity(run: Run, by_key: dict[str, Entity], by_name: dict[str, Entity]) -> Entity:
    if run.company is not None:
        company = run.company
        entity = by_key.get(company.key)
        if entity is None:
            entity = Entity(
                company.name,
                "company",
                company.key,
                known=True,
                countries=set(company.countries),
                kinds=set(company.kinds) | ({"subsidiary"} if company.owner else set()),
                electric=company.electric,
                strong=True,
            )
            by_key[company.key] = entity
        return entity
    name = run.text.replace("’", "'")
    for other, entity in by_name.items():
        last = run.kind != "place" and _surname(other, name)
        if (_same(other, name) or last) and entity.kind in (
            run.kind,
            "unknown",
            "company",
        ):
            return entity
    for entity in by_key.values():
        known = (*entity.surfaces, *entity.titles)
        if any(_initials(surface) == name for surface in known) and len(name) > 1:
            return entity
    entity = Entity(name, run.kind, strong=run.kind == "company")
    if run.parents:
        entity.kinds.add("subsidiary")
    by_name[name] = entity
    return entity


def _same(longer: str, shorter: str) -> bool:
    """Whether the shorter name can stand for the longer one: its first words or its initials."""
    if longer == shorter or longer.startswith(f"{shorter} ") or longer.startswith(f"{shorter}-"):
        return True
    return len(shorter) > 1 and _initials(longer) == shorter


def _surname(longer: str, shorter: str) -> bool:
    """ "Yves Saint Laurent" and "Saint Laurent", "Auguste Kerckhoffs" and "Kerckhoffs"."""
    return len(shorter) > 4 and longer.endswith(f" {shorter}")


@lru_cache(maxsize=4096)
def _initials(name: str) -> str:
    words = re.findall(r"[\w&]+", name)
    if len(words) < 2:
        return ""
    return "".join(
        w if w.isupper() and len(w) <= 3 else w[0] for w in words if w[0].isupper() or w == "&"
    )
