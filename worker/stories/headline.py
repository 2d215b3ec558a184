"""One sentence that tells an event, made from its roles and figures and not from the item's title.

A headline has a subject, a status pattern that governs an infinitive (or a participle once the
deal is done), and an object. Which verb and which object an event needs is decided here once for
every language; `wording` holds the words. A rule that has no act here (one that a user added) is
told with its parties, its name and its status.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from worker.domain.event import Event, RoleValue
from worker.stories.wording import ENGLISH, FRENCH, Words

# A verb, the pattern of its object, and the role that the object names: keys of `Words`.
_Act = tuple[str, str, str]


def headline(event: Event, language: str) -> str:
    """The event in one sentence, in French for `"fr"` and in English otherwise."""
    words = FRENCH if language == "fr" else ENGLISH
    act = _ACTS.get(event.rule)
    if act is None:
        return _plain(event, words)
    who = _subjects(event)
    pattern = words.by_status[event.status]
    if len(who) > 1:
        pattern = words.by_status_plural.get(event.status, pattern)
    verb, shape, role = act(event)
    infinitive, participle = words.verbs[verb]
    told = words.objects[shape].format_map(_values(event, words, role, several=len(who) > 1))
    sentence = pattern.format(
        who=words.listed(who) or words.somebody,
        by_who=words.listed([words.of(name) for name in who or (words.somebody,)]),
        to_do=words.of(infinitive),
        do=infinitive,
        done=participle,
        what=told.strip(),
    )
    return _capitalised(sentence)


def _plain(event: Event, words: Words) -> str:
    name = event.rule.replace("-", " ").replace("_", " ").strip() or event.rule
    told = f"{name} ({words.status_names[event.status]})"
    who = words.listed(event.parties)
    sentence = f"{who}{words.colon}{told}" if who else told
    return _capitalised(sentence)


def _capitalised(sentence: str) -> str:
    """With a capital, unless it begins with a name that has its own way: "eBay", "e&"."""
    return re.sub(r"^[^\W\d_A-Z]+(?=['’\s:])", lambda m: m[0][0].upper() + m[0][1:], sentence)


def _subjects(event: Event) -> tuple[str, ...]:
    """Who acts. Where the role was not found: the first party that has no other role."""
    role = {"equity-change": "holder", "ev-unit-investment": "investor"}.get(event.rule, "parties")
    acting = _several(event.roles.get(role))
    if acting or role == "parties":
        return acting or event.parties
    taken = {name for value in event.roles.values() for name in _several(value)}
    free = [name for name in event.parties if name not in taken]
    return tuple(free[:1])


def _several(value: RoleValue) -> tuple[str, ...]:
    if not value:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _values(event: Event, words: Words, role: str, *, several: bool) -> dict[str, str]:
    """What the patterns of objects may name; what the event does not say is empty."""
    before = _percent(event.from_pct or None, words)
    size = event.to_pct if event.pct is None else event.pct
    held = _named(event, words, role)
    return {
        "a": words.article(size),
        "its": words.possessives[several],
        "size": _percent(size, words),
        "points": words.points(event.pct or 0.0),
        "of": words.holding.format(before) if before else "",
        "since": words.since.format(before) if before else "",
        "after": _percent(event.to_pct, words),
        "inside": f" {words.inside} {held}" if held else "",
        "money": f" {event.amount}" if event.amount else "",
    }


def _named(event: Event, words: Words, role: str) -> str:
    """The company that an object names, or "" when the item only points back at it."""
    names = [
        words.noun(name)
        for name in _several(event.roles.get(role))
        if name and not words.points_back(name)
    ]
    if names or role != "unit":
        return words.listed(names)
    owners = [
        name for name in _several(event.roles.get("owner")) if name and not words.points_back(name)
    ]
    return words.unit_of(words.listed(owners)) if owners else words.a_unit


def _percent(value: float | None, words: Words) -> str:
    return "" if value is None else words.number(value) + words.percent


def _equity(event: Event) -> _Act:
    """What becomes of a stake, as far as direction and figures tell."""
    before, after, size = event.from_pct or None, event.to_pct, event.pct
    direction = event.direction
    if direction is None and before is not None and after is not None and before != after:
        direction = "increase" if after > before else "decrease"
    if direction == "decrease":
        verb, shape = _decrease(before, after, size)
    elif before is None and (after is not None or size is not None):
        taken = after is None or size is None or after == size
        verb, shape = ("take", "part") if taken else ("bring", "moved")
    elif after is not None:
        verb, shape = ("raise" if direction else "bring", "moved")
    elif direction is None:
        verb, shape = ("change", "whole")
    elif before is None:
        verb, shape = ("take or raise", "any")
    else:
        verb, shape = ("raise", "whole" if size is None else "by")
    return verb, shape, "target"


def _decrease(before: float | None, after: float | None, size: float | None) -> tuple[str, str]:
    if after == 0 or (after is None and size is not None and size == before):
        return "dispose", "whole"
    if after is not None:
        return "cut", "moved"
    if size is not None:
        return ("dispose", "part") if before is None else ("cut", "by")
    return "cut", "whole"


def _investment(event: Event) -> _Act:
    if event.amount is None and event.pct is not None:
        return "take", "part", "unit"
    return "invest", "money", "unit"


def _sharing(event: Event) -> _Act:
    return "share", "knowledge", "parties"


_ACTS: Mapping[str, Callable[[Event], _Act]] = {
    "equity-change": _equity,
    "ev-unit-investment": _investment,
    "ip-sharing": _sharing,
}
