"""The forms of a verb or a noun, from the paradigms that a vocabulary file declares.

Only the third person and the impersonal forms are made: news speaks of others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

Form = tuple[str, str]
"""A written form and its tag: inf, pres, past, part, ger, fut, cond, noun, phrase."""


@dataclass(frozen=True, slots=True)
class Paradigm:
    """How the verbs with one ending are inflected.

    `stem` takes the place of the ending (a regular expression's replacement);
    `forms` maps a tag to the endings that are put to the stem.
    """

    ending: re.Pattern[str]
    stem: str
    forms: Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class Inflector:
    """Expands dictionary forms. `irregular` maps an infinitive to its forms by tag."""

    paradigms: list[Paradigm] = field(default_factory=list)
    irregular: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    plurals: list[tuple[re.Pattern[str], str]] = field(default_factory=list)
    prefixes: tuple[str, ...] = ()

    def verb(self, entry: str) -> Iterator[Form]:
        """Every form of a verb; of several words the verb is the first, or follows a clitic."""
        prefix, verb, rest = self._split(entry)
        seen: set[Form] = set()
        for form, tag in self._forms(verb):
            for clitic in _clitics(prefix, form):
                made = (f"{clitic}{form}{rest}", tag)
                if made not in seen:
                    seen.add(made)
                    yield made

    def noun(self, entry: str) -> Iterator[Form]:
        """Singular and plural; of several words the last is put in the plural."""
        yield entry, "noun"
        for pattern, plural in self.plurals:
            made, count = pattern.subn(plural, entry)
            if count:
                yield made, "noun"
                return

    def _split(self, entry: str) -> tuple[str, str, str]:
        for prefix in self.prefixes:
            if entry.startswith(prefix):
                verb, _, rest = entry[len(prefix) :].partition(" ")
                return prefix, verb, f" {rest}" if rest else ""
        verb, _, rest = entry.partition(" ")
        return "", verb, f" {rest}" if rest else ""

    def _forms(self, verb: str) -> Iterable[Form]:
        if verb in self.irregular:
            for tag, forms in self.irregular[verb].items():
                for form in forms:
                    yield form, tag
            return
        for paradigm in self.paradigms:
            if paradigm.ending.search(verb):
                stem = paradigm.ending.sub(paradigm.stem, verb)
                for tag, endings in paradigm.forms.items():
                    for ending in endings:
                        yield _join(stem, ending), tag
                return
        yield verb, "inf"


def _join(stem: str, ending: str) -> str:
    """Put an ending to a stem; `<x>` in the ending replaces the stem's last letters by x.

    `+` doubles the stem's last letter, `-2e` cuts two letters and adds an e.
    """
    if ending.startswith("-"):
        cut = int(ending[1])
        return stem[:-cut] + ending[2:] if cut else stem + ending[2:]
    if ending.startswith("+"):
        return stem + stem[-1] + ending[1:]
    return stem + ending


def _clitics(prefix: str, form: str) -> tuple[str, ...]:
    if not prefix:
        return ("",)
    if prefix in ("se ", "s'"):
        return ("s'",) if form[:1] in "aeéèêiouhy" else ("se ",)
    return (prefix,)
