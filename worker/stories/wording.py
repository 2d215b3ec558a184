"""The words of headlines in each language, and the little grammar that putting them together takes.

Patterns name their parts: `who` acts, `by_who` the same after "by" or « de », `do` an infinitive,
`to_do` the infinitive after "to" or « de », `done` a past participle, `what` the object.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from worker.domain.event import Status


@dataclass(frozen=True, slots=True)
class Words:
    """What a headline needs of one language.

    `verbs` gives an infinitive and a past participle; `objects` the patterns of what follows
    them. `of` puts the language's "of" before a name or verb, `noun` an article before a common
    noun that has none, `article` is the indefinite one before a percentage.
    """

    conjunction: str
    colon: str
    decimal: str
    percent: str
    somebody: str
    possessives: tuple[str, str]
    inside: str
    holding: str
    since: str
    a_unit: str
    by_status: Mapping[Status, str]
    by_status_plural: Mapping[Status, str]
    status_names: Mapping[Status, str]
    verbs: Mapping[str, tuple[str, str]]
    objects: Mapping[str, str]
    of: Callable[[str], str]
    noun: Callable[[str], str]
    unit_of: Callable[[str], str]
    article: Callable[[float | None], str]
    points: Callable[[float], str]
    _deictic: re.Pattern[str]

    def number(self, value: float) -> str:
        """A figure with the language's decimal mark and no more digits than it has."""
        return f"{value:g}".replace(".", self.decimal)

    def listed(self, names: Sequence[str]) -> str:
        """Names as a list for people: "A, B and C"."""
        if len(names) < 2:
            return "".join(names)
        return f"{', '.join(names[:-1])} {self.conjunction} {names[-1]}"

    def points_back(self, name: str) -> bool:
        """Whether a name means nothing once torn out of its sentence: "its EV arm"."""
        return self._deictic.match(name) is not None


_UNIT_NOUNS = {
    "en": r"(?:joint[ -]venture|venture|unit|entity|company|firm|subsidiary|spin-off|arm|division"
    r"|business|start-?up)",
    "fr": r"(?:co-?entreprise|joint-venture|entreprise|société|entité|filiale|unité|branche"
    r"|division|activité|start-up|structure|famille)",
    "fr_masculine": r"(?:pôle|groupe|fonds|constructeur|équipementier)",
}


def _english_noun(name: str) -> str:
    bare = re.fullmatch(rf"(?!(?:the|an?|one|[a-z]+'s)\b)[a-z].*\b{_UNIT_NOUNS['en']}\b.*|"
                        rf"{_UNIT_NOUNS['en']}\b.*", name)  # fmt: skip
    return f"the {name}" if bare else name


def _english_unit_of(owner: str) -> str:
    return f"{owner}'{'' if owner.endswith('s') else 's'} EV unit"


def _english_article(percent: float | None) -> str:
    """Gives "an" before eight, eleven, eighteen and eighty-something."""
    return "an" if re.match(r"8|1[18](?!\d)", f"{percent or 0:g}") else "a"


def _english_points(value: float) -> str:
    return f"{value:g} point{'' if value == 1 else 's'}"


_VOWEL = re.compile(r"[aeiouâàéèêëîïôûœæ]", re.IGNORECASE)


def _french_of(name: str) -> str:
    """« de » with its elision and contractions. An h counts as aspirate, as in company names."""
    if name.startswith("le "):
        return f"du {name[3:]}"
    if name.startswith("les "):
        return f"des {name[4:]}"
    return f"d'{name}" if _VOWEL.match(name) else f"de {name}"


def _french_noun(name: str) -> str:
    if re.match(rf"(?:\w+ )?{_UNIT_NOUNS['fr_masculine']}\b", name) and name[:1].islower():
        article = "le"
    elif re.match(rf"(?:\w+ )?{_UNIT_NOUNS['fr']}\b", name) and name[:1].islower():
        article = "la"
    else:
        return name
    if re.match(r"(?:les?|la|l'|l’|une?|des?|sa|son|ses|leurs?|cette|cet?)\b", name):
        return name
    return f"l'{name}" if _VOWEL.match(name) else f"{article} {name}"


def _french_points(value: float) -> str:
    return f"{value:g} point{'s' if value >= 2 else ''}".replace(".", ",")


ENGLISH = Words(
    conjunction="and",
    colon=": ",
    decimal=".",
    percent="%",
    somebody="a company",
    possessives=("its", "their"),
    inside="in",
    holding=" {}",
    since=" from {}",
    a_unit="an EV unit",
    by_status={
        Status.RUMOURED: "{who} may {do} {what}, reports say",
        Status.NEGOTIATING: "{who} in talks to {do} {what}",
        Status.PLANNED: "{who} plans to {do} {what}",
        Status.AGREED: "{who} agrees to {do} {what}",
        Status.COMPLETED: "{who} has {done} {what}",
        Status.DENIED: "plan by {who} to {do} {what} denied or dropped",
    },
    by_status_plural={
        Status.PLANNED: "{who} plan to {do} {what}",
        Status.AGREED: "{who} agree to {do} {what}",
        Status.COMPLETED: "{who} have {done} {what}",
    },
    status_names={status: status.value for status in Status},
    verbs={
        "take": ("take", "taken"),
        "take or raise": ("take or raise", "taken or raised"),
        "raise": ("raise", "raised"),
        "bring": ("bring", "brought"),
        "change": ("change", "changed"),
        "cut": ("cut", "cut"),
        "dispose": ("dispose of", "disposed of"),
        "invest": ("invest", "invested"),
        "share": ("share", "shared"),
    },
    objects={
        "any": "a stake{inside}",
        "part": "{a} {size} stake{inside}",
        "whole": "{its}{of} stake{inside}",
        "moved": "{its} stake{inside}{since} to {after}",
        "by": "{its}{of} stake{inside} by {points}",
        "money": "{money}{inside}",
        "knowledge": "technology or intellectual property",
    },
    of=lambda name: name,
    noun=_english_noun,
    unit_of=_english_unit_of,
    article=_english_article,
    points=_english_points,
    _deictic=re.compile(r"(?:its|their|his|her|this|that|these|those)\b", re.IGNORECASE),
)

FRENCH = Words(
    conjunction="et",
    colon="\u00a0: ",
    decimal=",",
    percent="\u202f%",
    somebody="une entreprise",
    possessives=("sa", "leur"),
    inside="dans",
    holding=" de {}",
    since=" de {}",
    a_unit="une entité électrique",
    by_status={
        Status.RUMOURED: "{who} pourrait {do} {what}, selon des informations de presse",
        Status.NEGOTIATING: "{who} en discussions pour {do} {what}",
        Status.PLANNED: "{who} prévoit {to_do} {what}",
        Status.AGREED: "{who} a convenu {to_do} {what}",
        Status.COMPLETED: "{who} a {done} {what}",
        Status.DENIED: "le projet {by_who} {to_do} {what} est démenti ou abandonné",
    },
    by_status_plural={
        Status.RUMOURED: "{who} pourraient {do} {what}, selon des informations de presse",
        Status.PLANNED: "{who} prévoient {to_do} {what}",
        Status.AGREED: "{who} ont convenu {to_do} {what}",
        Status.COMPLETED: "{who} ont {done} {what}",
    },
    status_names={
        Status.RUMOURED: "rumeur",
        Status.NEGOTIATING: "en discussions",
        Status.PLANNED: "projet",
        Status.AGREED: "accord",
        Status.COMPLETED: "réalisé",
        Status.DENIED: "démenti",
    },
    verbs={
        "take": ("prendre", "pris"),
        "take or raise": ("prendre ou relever", "pris ou relevé"),
        "raise": ("relever", "relevé"),
        "bring": ("porter", "porté"),
        "change": ("modifier", "modifié"),
        "cut": ("réduire", "réduit"),
        "dispose": ("céder", "cédé"),
        "invest": ("investir", "investi"),
        "share": ("partager", "partagé"),
    },
    objects={
        "any": "une participation{inside}",
        "part": "une participation de {size}{inside}",
        "whole": "{its} participation{of}{inside}",
        "moved": "{its} participation{inside}{since} à {after}",
        "by": "{its} participation{of}{inside} de {points}",
        "money": "{money}{inside}",
        "knowledge": "des technologies ou de la propriété intellectuelle",
    },
    of=_french_of,
    noun=_french_noun,
    unit_of=lambda owner: f"l'entité électrique {_french_of(owner)}",
    article=lambda _: "une",
    points=_french_points,
    _deictic=re.compile(r"(?:sa|son|ses|leurs?|cette|cet?|ces)\b", re.IGNORECASE),
)
