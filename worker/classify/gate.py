"""The cheap gate: whether an item can concern a rule at all, before anything is analysed.

A rule names combinations of concepts; an item passes when all concepts of one combination
occur in it somewhere, in any language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import ahocorasick

from worker.classify.rulebook import Rule
from worker.classify.vocabulary import Vocabulary, normal

WATCHED = "company.watched"


class Gate:
    """All mandatory atoms of all rules in one automaton."""

    def __init__(
        self,
        rules: Sequence[Rule],
        vocabularies: Mapping[str, Vocabulary],
        aliases: Iterable[str],
    ) -> None:
        names = sorted({name for rule in rules for line in rule.gate for name in line} | {WATCHED})
        bits = {name: 1 << at for at, name in enumerate(names)}
        forms: dict[str, int] = {}
        for vocabulary in vocabularies.values():
            for form, meanings in vocabulary.forms.items():
                for concept, _ in meanings:
                    if concept in bits:
                        forms[form] = forms.get(form, 0) | bits[concept]
        for alias in aliases:
            forms[normal(alias)] = forms.get(normal(alias), 0) | bits[WATCHED]
        self._automaton = ahocorasick.Automaton()
        for form, mask in forms.items():
            self._automaton.add_word(form, (len(form), mask))
        self._automaton.make_automaton()
        self._rules = [
            (
                rule,
                [
                    sum(bits[name] for name in line)
                    | (bits[WATCHED] if rule.companies == "listed" else 0)
                    for line in rule.gate
                ],
            )
            for rule in rules
        ]
        self._names = {bit: name for name, bit in bits.items()}

    def present(self, title: str, text: str) -> int:
        """The atoms that occur, as a set of bits."""
        low = normal(f"{title}\n{text}")
        mask, size = 0, len(low)
        for last, (length, bits) in self._automaton.iter(low):
            if bits | mask == mask:
                continue
            start = last + 1 - length
            if start and low[start - 1].isalnum() and low[start].isalnum():
                continue
            if last + 1 < size and low[last + 1].isalnum() and low[last].isalnum():
                continue
            mask |= bits
        return mask

    def passing(self, present: int) -> list[Rule]:
        """The rules that these atoms let through."""
        return [
            rule for rule, lines in self._rules if any(line & present == line for line in lines)
        ]

    def explain(self, present: int) -> list[str]:
        """The names of the atoms that occur."""
        return sorted(name for bit, name in self._names.items() if bit & present)
