"""One sentence that tells an event, made from its roles and figures and not from the item's title.

A headline has a subject, a status phrase that governs an infinitive (or a participle once the
deal is done), and an act. The tables below hold the words; a rule that is not among `_ACTS`
(one that a user added) is told with its parties, its name and its status.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from worker.domain.event import Event, RoleValue, Status


@dataclass(frozen=True, slots=True)
class _Act:
    """The same act as an infinitive and as a past participle, with what follows."""

    infinitive: str
    participle: str
    rest: str


@dataclass(frozen=True, slots=True)
class _Words:
    """What a headline needs of one language."""

    conjunction: str
    decimal: str
    percent: str
    by_status: Mapping[Status, str]
    by_status_plural: Mapping[Status, str]
    status_names: Mapping[Status, str]


_EN = _Words(
    conjunction="and",
    decimal=".",
    percent="%",
    by_status={
        Status.RUMOURED: "{who} may {infinitive}{rest}, reports say",
        Status.NEGOTIATING: "{who} in talks to {infinitive}{rest}",
        Status.PLANNED: "{who} plans to {infinitive}{rest}",
        Status.AGREED: "{who} agrees to {infinitive}{rest}",
        Status.COMPLETED: "{who} has {participle}{rest}",
        Status.DENIED: "{who} will not {infinitive}{rest}",
    },
    by_status_plural={
        Status.PLANNED: "{who} plan to {infinitive}{rest}",
        Status.AGREED: "{who} agree to {infinitive}{rest}",
        Status.COMPLETED: "{who} have {participle}{rest}",
    },
    status_names={status: status.value for status in Status},
)

_FR = _Words(
    conjunction="et",
    decimal=",",
    percent=" %",
    by_status={
        Status.RUMOURED: "{who} pourrait {infinitive}{rest}, selon des informations de presse",
        Status.NEGOTIATING: "{who} en discussions pour {infinitive}{rest}",
        Status.PLANNED: "{who} prévoit de {infinitive}{rest}",
        Status.AGREED: "{who} a convenu de {infinitive}{rest}",
        Status.COMPLETED: "{who} a {participle}{rest}",
        Status.DENIED: "{who} exclut de {infinitive}{rest}",
    },
    by_status_plural={
        Status.RUMOURED: "{who} pourraient {infinitive}{rest}, selon des informations de presse",
        Status.PLANNED: "{who} prévoient de {infinitive}{rest}",
        Status.AGREED: "{who} ont convenu de {infinitive}{rest}",
        Status.COMPLETED: "{who} ont {participle}{rest}",
        Status.DENIED: "{who} excluent de {infinitive}{rest}",
    },
    status_names={
        Status.RUMOURED: "rumeur",
        Status.NEGOTIATING: "en discussions",
        Status.PLANNED: "projet",
        Status.AGREED: "accord",
        Status.COMPLETED: "réalisé",
        Status.DENIED: "démenti",
    },
)

# « sa nouvelle entité », "its EV arm": meaningless once torn out of its sentence.
_POINTS_BACK = re.compile(
    r"(?:sa|son|ses|leur|leurs|cette|ce|cet|its|their|his|her|this|that)\b", re.IGNORECASE
)


def headline(event: Event, language: str) -> str:
    """The event in one sentence, in French for `"fr"` and in English otherwise."""
    words = _FR if language == "fr" else _EN
    act = _ACTS.get((event.rule, "fr" if words is _FR else "en"))
    if act is None:
        who = _joined(event.parties, words) or event.rule
        return f"{who}: {event.rule.replace('-', ' ')} ({words.status_names[event.status]})"
    subjects = _subjects(event)
    patterns = words.by_status
    if len(subjects) > 1:
        patterns = {**patterns, **words.by_status_plural}
    made = act(event, words)
    return patterns[event.status].format(
        who=_joined(subjects, words) or "?",
        infinitive=made.infinitive,
        participle=made.participle,
        rest=f" {made.rest}" if made.rest else "",
    )


def _subjects(event: Event) -> tuple[str, ...]:
    role = {"equity-change": "holder", "ev-unit-investment": "investor"}.get(event.rule, "parties")
    return _several(event.roles.get(role)) or event.parties[:1]


def _several(value: RoleValue) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _joined(names: tuple[str, ...], words: _Words) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {words.conjunction} {names[-1]}"


def _percent(value: float, words: _Words) -> str:
    return f"{value:g}".replace(".", words.decimal) + words.percent


def _english_equity(event: Event, words: _Words) -> _Act:
    target = _joined(_several(event.roles.get("target")), words)
    tail = f" in {target}" if target else ""
    before, after, size = event.from_pct, event.to_pct, event.pct
    if event.direction == "decrease":
        verb = ("cut", "cut")
    elif before is None and (size is not None or after is not None):
        verb = ("take", "taken")
    elif event.direction == "increase":
        verb = ("raise", "raised")
    else:
        verb = ("change", "changed")
    if verb[0] == "take":
        stake = f"a {_percent(after if size is None else size, words)} stake"  # type: ignore[arg-type]
    elif before is not None and after is None:
        stake = f"its {_percent(before, words)} stake"
    else:
        stake = "its stake"
    moves = ""
    if verb[0] != "take" and after is not None:
        moves = f" from {_percent(before, words)}" if before is not None else ""
        moves += f" to {_percent(after, words)}"
    elif verb[0] != "take" and before is None and size is not None:
        moves = f" by {_percent(size, words)}"
    return _Act(verb[0], verb[1], f"{stake}{tail}{moves}")


def _french_equity(event: Event, words: _Words) -> _Act:
    target = _joined(_several(event.roles.get("target")), words)
    tail = f" dans {target}" if target else ""
    before, after, size = event.from_pct, event.to_pct, event.pct
    if event.direction == "decrease":
        verb = ("réduire", "réduit")
    elif before is None and (size is not None or after is not None):
        verb = ("prendre", "pris")
    elif event.direction == "increase":
        verb = ("relever", "relevé")
    else:
        verb = ("modifier", "modifié")
    if verb[0] == "prendre":
        stake = f"une participation de {_percent(after if size is None else size, words)}"  # type: ignore[arg-type]
    elif before is not None and after is None:
        stake = f"sa participation de {_percent(before, words)}"
    else:
        stake = "sa participation"
    moves = ""
    if verb[0] != "prendre" and after is not None:
        moves = f" de {_percent(before, words)}" if before is not None else ""
        moves += f" à {_percent(after, words)}"
    elif verb[0] != "prendre" and before is None and size is not None:
        moves = f" de {_percent(size, words)}"
    return _Act(verb[0], verb[1], f"{stake}{tail}{moves}")


def _english_investment(event: Event, words: _Words) -> _Act:
    unit = _joined(_several(event.roles.get("unit")), words)
    owner = _joined(_several(event.roles.get("owner")), words)
    if not unit or _POINTS_BACK.match(unit):
        unit = f"{owner}'s EV unit" if owner else "an EV unit"
    money = f"{event.amount} " if event.amount else ""
    return _Act("invest", "invested", f"{money}in {unit}")


def _french_investment(event: Event, words: _Words) -> _Act:
    unit = _joined(_several(event.roles.get("unit")), words)
    owner = _joined(_several(event.roles.get("owner")), words)
    if not unit or _POINTS_BACK.match(unit):
        unit = f"l'entité électrique de {owner}" if owner else "une entité électrique"
    money = f"{event.amount} " if event.amount else ""
    return _Act("investir", "investi", f"{money}dans {unit}")


def _english_sharing(event: Event, words: _Words) -> _Act:
    return _Act("share", "shared", "intellectual property or technology")


def _french_sharing(event: Event, words: _Words) -> _Act:
    return _Act("partager", "partagé", "propriété intellectuelle ou technologies")


_ACTS: Mapping[tuple[str, str], Callable[[Event, _Words], _Act]] = {
    ("equity-change", "en"): _english_equity,
    ("equity-change", "fr"): _french_equity,
    ("ev-unit-investment", "en"): _english_investment,
    ("ev-unit-investment", "fr"): _french_investment,
    ("ip-sharing", "en"): _english_sharing,
    ("ip-sharing", "fr"): _french_sharing,
}
