"""Which written forms of one language can be a concept, a part of a figure, or a company."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from worker.classify.attach import BREAKS
from worker.classify.lexicon import RUN
from worker.classify.rulebook import Pattern, Rule
from worker.classify.vocabulary import Vocabulary, normal
from worker.classify.watchlist import Watchlist

SPLITS = ("-", "/", "–")
FIGURE = "figure:"


class Atoms:
    """The words of one language as the gate looks for them, before anything is read.

    `speaking` are words without a capital that can speak of a company, `openers` the first words
    of all known names, `not_names` words with a capital that begin none; at a word of `breaks` a
    preposition's reach ends.
    """

    def __init__(self, vocabulary: Vocabulary, watchlist: Watchlist) -> None:
        self._language = vocabulary.language
        self._by_concept: dict[str, list[tuple[str, str]]] = {}
        for form, meanings in vocabulary.forms.items():
            for concept, tag in meanings:
                self._by_concept.setdefault(concept, []).append((form, tag))
        self.speaking = sorted(_speaking(vocabulary, watchlist, self._by_concept))
        self._pronouns = [
            normal(word)
            for name in ("dative-pronouns", "place-pronouns")
            for word in vocabulary.settings.get(name, [])
        ]
        self.breaks = frozenset(form for form in self.meaning(sorted(BREAKS)) if form.isalpha())
        self.openers = frozenset(RUN.findall(alias)[0] for alias in watchlist.aliases())
        self.not_names = _not_names(vocabulary, self.openers)

    def known(self, concept: str) -> bool:
        """Whether the language has words for a concept."""
        return concept in self._by_concept

    def triggers(self, pattern: Pattern, tags: frozenset[str]) -> Iterator[str]:
        """The forms of a pattern's trigger, or only those with some tags."""
        for concept in pattern.trigger:
            for form, tag in self._by_concept.get(concept, ()):
                if (not pattern.forms or tag in pattern.forms) and (not tags or tag in tags):
                    yield form

    def governing(self, names: Iterable[str]) -> re.Pattern[str]:
        """What finds these prepositions, and pronouns that have one in them."""
        forms = {*self._pronouns, *self.meaning(f"fn.{name}" for name in names)}
        listed = sorted(forms, key=lambda form: (-len(form), form))
        return re.compile(
            r"(?<![^\W_])(?:"
            + "|".join(re.escape(f) + (r"(?![^\W_])" if f[-1].isalnum() else "") for f in listed)
            + ")"
        )

    def verbs(self, rules: Iterable[Rule]) -> Iterator[str]:
        """The triggers of which every meaning is an English verb's bare form."""
        triggers = {c for rule in rules for pattern in rule.patterns for c in pattern.trigger}
        tags: dict[str, set[str]] = {}
        for concept in triggers if self._language == "en" else ():
            for form, tag in self._by_concept.get(concept, ()):
                tags.setdefault(form, set()).add(tag)
        for form, known in tags.items():
            if known <= {"inf", "pres"}:
                yield form

    def meaning(self, concepts: Iterable[str]) -> Iterator[str]:
        """The forms of some concepts."""
        for concept in concepts:
            for form, _ in self._by_concept.get(concept, ()):
                yield form


def figure_words(vocabulary: Vocabulary) -> dict[str, list[str]]:
    """For each kind of figure the words and signs of which it holds at least one."""
    numbers = vocabulary.values.get("numbers", {})

    def listed(*keys: str) -> list[str]:
        return [normal(word) for key in keys for word in numbers.get(key, [])]

    fractions = vocabulary.values.get("fractions", {}).values()
    return {
        "percent": listed("percent-signs", "percent-words")
        + [normal(word) for words in fractions for word in words],
        "split": list(SPLITS),
        "money": listed("currencies", "currency-signs"),
        "shares": listed("share-words"),
    }


PRONOUNS = ("singular-pronouns", "plural-pronouns", "dative-pronouns", "place-pronouns")
DESCRIBES = ("fn.kind.", "fn.unit.", "fn.pair.")


def _speaking(
    vocabulary: Vocabulary, watchlist: Watchlist, concepts: dict[str, list[tuple[str, str]]]
) -> set[str]:
    """Words without a capital that can speak of a company: descriptions, pronouns, odd names."""
    out = {
        form
        for concept, forms in concepts.items()
        if concept.startswith(DESCRIBES)
        for form, _ in forms
    }
    for name in PRONOUNS:
        out.update(map(normal, vocabulary.settings.get(name, [])))
    if vocabulary.settings.get("bare-nationals"):
        for table in ("nationalities", "countries", "multinational"):
            for words in vocabulary.values.get(table, {}).values():
                out.update(map(normal, words))
    for company in watchlist.companies.values():
        out.update(map(normal, company.nicknames.get(vocabulary.language, ())))
    out.update(a for a in watchlist.aliases() if a[0].isdigit() or a.startswith(("e&", "e ")))
    return out


def _not_names(vocabulary: Vocabulary, openers: frozenset[str]) -> frozenset[str]:
    """Words with a capital with which no name begins, those apart that open a known one."""
    out = set(vocabulary.settings.get("stop-capitals", []))
    for table in ("nationalities", "multinational"):
        for words in vocabulary.values.get(table, {}).values():
            out.update(word[:1].upper() + word[1:] for word in words)
    return frozenset(word for word in out if normal(word) not in openers)
