"""The cheap gate: whether an item can concern a rule at all, before anything is analysed.

A rule names combinations of concepts; an item passes when all concepts of one combination
occur near each other in it, in one language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ahocorasick

from worker.classify.rulebook import Rule
from worker.classify.vocabulary import Vocabulary, normal

SPAN = 160
Atoms = list[tuple[int, int]]
"""Places in the text with the bits of what stands there."""


class Gate:
    """All mandatory atoms of all rules in one automaton."""

    def __init__(
        self,
        rules: Sequence[Rule],
        vocabularies: Mapping[str, Vocabulary],
        names: Mapping[str, Sequence[str]],
    ) -> None:
        """`names` gives further words of a concept that are the same in every language."""
        bits: dict[tuple[str, str], int] = {}
        for rule in rules:
            for language in rule.languages:
                for name in {name for line in rule.gate for name in line}:
                    bits.setdefault((name, language), 1 << len(bits))
        forms: dict[str, int] = {}
        for language, vocabulary in vocabularies.items():
            for form, meanings in vocabulary.forms.items():
                for concept, _ in meanings:
                    bit = bits.get((concept, language), 0)
                    if bit:
                        forms[form] = forms.get(form, 0) | bit
            for concept, words in names.items():
                for word in words:
                    bit = bits.get((concept, language), 0)
                    forms[normal(word)] = forms.get(normal(word), 0) | bit
        self._automaton = ahocorasick.Automaton()
        for form, mask in forms.items():
            self._automaton.add_word(form, (len(form), mask))
        self._automaton.make_automaton()
        self._rules = [
            (
                rule,
                [
                    sum(bits[name, language] for name in line)
                    for language in rule.languages
                    for line in rule.gate
                ],
            )
            for rule in rules
        ]
        self._names = {bit: name for (name, _), bit in bits.items()}

    def present(self, title: str, text: str) -> Atoms:
        """The atoms that occur, in order, each with the place where it ends."""
        low = normal(f"{title}\n{text}")
        size = len(low)
        found: Atoms = []
        for last, (length, bits) in self._automaton.iter(low):
            start = last + 1 - length
            if start and low[start - 1].isalnum() and low[start].isalnum():
                continue
            if last + 1 < size and low[last + 1].isalnum() and low[last].isalnum():
                continue
            found.append((last, bits))
        return found

    def passing(self, present: Atoms) -> list[Rule]:
        """The rules of which all atoms of one combination stand near each other."""
        if not present:
            return []
        mask = 0
        for _, bits in present:
            mask |= bits
        out = []
        for rule, lines in self._rules:
            possible = [line for line in lines if line & mask == line]
            if any(_together(present, line) for line in possible):
                out.append(rule)
        return out

    def explain(self, present: Atoms) -> list[str]:
        """The names of the atoms that occur."""
        mask = 0
        for _, bits in present:
            mask |= bits
        return sorted({name for bit, name in self._names.items() if bit & mask})


def _together(present: Atoms, line: int) -> bool:
    """Whether the atoms of a combination occur within `SPAN` code points of each other."""
    latest: dict[int, int] = {}
    for at, bits in present:
        shared = bits & line
        if not shared:
            continue
        latest[shared] = at
        mask = 0
        for known, place in latest.items():
            if at - place <= SPAN:
                mask |= known
        if mask & line == line:
            return True
    return False
