"""Between whom an event is, and which story it belongs to. Pure.

Names are compared as companies of the watchlist where they are listed and as normalised names
otherwise, so that French and English, nicknames and spellings fall together. A unit stands for
the company that owns it ("Ampere" for Renault) as long as that leaves two sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.domain.event import Event, RoleValue, Status
from worker.domain.story import Known, Story
from worker.stories import ledger

OPEN_FOR = timedelta(days=180)
"""A story that nobody has reported on for so long is over; what comes then is a new one."""
SETTLED_FOR = timedelta(days=45)
"""The same for one that is done or off."""
LOOSE_FOR = timedelta(days=14)
"""For how long an event that names only one side is taken for a story by its matter or figures."""

_OTHER_SIDE = "counterparty"
_MATTERS = ("target", "unit")


@dataclass(frozen=True, slots=True)
class Relation:
    """The sides of an event.

    `core` are the keys of those between whom it is. `parties` are all who take part, key to name.
    `about` is a third company, `matter` what is bought, funded or shared: the target or unit, which
    only one of the watchlist tells apart from others.
    """

    rule: str
    core: frozenset[str]
    parties: Mapping[str, str]
    about: str | None = None
    matter: str | None = None


def relation_of(event: Event, owners: Mapping[str, str]) -> Relation:
    """The sides of `event`. `owners` maps a unit's key to that of the company at its head."""
    keys = dict(zip(event.parties, event.companies or event.parties, strict=False))
    parties: dict[str, str] = {}
    for name, key in keys.items():
        parties.setdefault(owners.get(key, key), name if key not in owners else "")
    # A company that is there only through its unit goes by the unit's name.
    for name, key in keys.items():
        root = owners.get(key, key)
        parties[root] = parties[root] or name
    other = _known(event.roles.get(_OTHER_SIDE), keys, owners)
    core: set[str] = set()
    described: set[str] = set()
    for role, value in event.roles.items():
        if role != _OTHER_SIDE:
            core |= _known(value, keys, owners)
            described |= _described(value, keys, owners)
    if len(core) < 2:
        core = set(parties) or core
    if len(core) < 2:
        core |= described
    return Relation(
        event.rule,
        frozenset(core),
        parties,
        about=min(other - core, default=None),
        matter=next((m for role in _MATTERS if (m := _matter(event.roles.get(role), keys))), None),
    )


def lock_keys(events: Iterable[Event], owners: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What to lock before judging: every rule and company by which a story might be shared."""
    found: dict[tuple[str, str], None] = {}
    for event in events:
        relation = relation_of(event, owners)
        for key in sorted({*relation.core, *relation.parties}):
            found[event.rule, key] = None
    return tuple(found)


def find_story(
    relation: Relation, event: Event, at: datetime, stories: Iterable[Story]
) -> Story | None:
    """The story that the event belongs to, the best of several; `None` for a new one."""
    fits = [
        (
            any(_agreeing(event, story.ledger)),
            story.matter == relation.matter,
            set(story.core) == relation.core,
            story.reported or story.started,
            story.id,
            story,
        )
        for story in stories
        if story.rule == relation.rule and _open(story, at) and _shared(relation, event, at, story)
    ]
    return max(fits, key=lambda fit: fit[:5])[5] if fits else None


def _open(story: Story, at: datetime) -> bool:
    last = story.reported or story.started
    return abs(at - last) < (SETTLED_FOR if _settled(story) else OPEN_FOR)


def _settled(story: Story) -> bool:
    return story.status in (Status.COMPLETED, Status.DENIED)


def _shared(relation: Relation, event: Event, at: datetime, story: Story) -> bool:
    core = set(story.core)
    agrees = _agreeing(event, story.ledger)
    stranger = relation.about is not None and relation.about not in story.companies
    if event.status is Status.DENIED and stranger and not any(agrees):
        return False  # it denies something else than what this story tells
    if _another_matter(relation, story) and agrees and not any(agrees):
        return False  # the same two, about something else
    common = core & relation.core
    if core == relation.core or len(common) >= 2:
        return True
    if not common or len(relation.core) > 1:
        return False
    matter = relation.matter if not _settled(story) else None
    same_matter = matter is not None and matter == story.matter
    recent = at - (story.reported or story.started) < LOOSE_FOR
    return recent and (same_matter or any(agrees))


def _another_matter(relation: Relation, story: Story) -> bool:
    """Whether the two speak of different things, and not just of each other's stakes."""
    one, other = relation.matter, story.matter
    if one is None or other is None or one == other:
        return False
    return one not in story.core or other not in relation.core


def _agreeing(event: Event, known: Mapping[str, Known]) -> list[bool]:
    """For each percentage that both the event and the story state, whether it is the same."""
    both = [
        (name, claim)
        for name in ledger.FIGURES
        if (claim := getattr(event, name)) is not None and name in known
    ]
    return [ledger.same(name, known[name].value, claim) for name, claim in both]


def _known(value: RoleValue, keys: Mapping[str, str], owners: Mapping[str, str]) -> set[str]:
    found = set()
    for name in _several(value):
        key = keys.get(name, _normal(name))
        if name in keys or key in owners:
            found.add(owners.get(key, key))
    return found


def _described(value: RoleValue, keys: Mapping[str, str], owners: Mapping[str, str]) -> set[str]:
    names = (name for name in _several(value) if name not in keys)
    return {key for name in names if (key := _normal(name)) not in owners}


def _several(value: RoleValue) -> tuple[str, ...]:
    if not value:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _normal(name: str) -> str:
    return "-".join(name.casefold().split())


def _matter(value: RoleValue, keys: Mapping[str, str]) -> str | None:
    names = _several(value)
    return keys.get(names[0], _normal(names[0])) if names else None
