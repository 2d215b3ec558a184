"""The cheap gate: whether an item can concern a rule at all, before anything is analysed.

Two conditions, both looked up in one pass over the raw text. All concepts of one line of the
rule's `gate` have to occur near each other. And one of its patterns has to be possible: its
trigger, with everything that has to stand `near` it, as far as bare words can tell. The second is
derived from the patterns and never stricter than they are, so it costs no event.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import ahocorasick

from worker.classify.outline import HIDES, Outline, Place
from worker.classify.prospects import Prospects
from worker.classify.rulebook import Rule
from worker.classify.vocabulary import Vocabulary, normal
from worker.classify.watchlist import Watchlist

SPAN = 160
ELECTRIC = "electric"
"""The concept of which makers of electric vehicles alone are words too."""


class Gate:
    """All atoms of all rules, in one language, in one automaton."""

    def __init__(self, rules: Sequence[Rule], vocabulary: Vocabulary, watchlist: Watchlist) -> None:
        own = [rule for rule in rules if vocabulary.language in rule.languages]
        names = sorted({name for rule in own for line in rule.gate for name in line})
        self._bits = {name: HIDES << at for at, name in enumerate(names, 1)}
        self._prospects = Prospects(own, vocabulary, watchlist, len(names) + 1)
        forms = dict(self._prospects.forms)
        for form, meanings in vocabulary.forms.items():
            for concept, _ in meanings:
                _add(forms, form, self._bits.get(concept, 0))
        for alias, company in watchlist.aliases().items():
            if company.electric:
                _add(forms, alias, self._bits.get(ELECTRIC, 0))
        self._automaton = ahocorasick.Automaton()
        for form, bits in forms.items():
            hidden = self._prospects.hidden.get(form, 0)
            self._automaton.add_word(form, (len(form), bits, hidden))
        self._automaton.make_automaton()
        self._lines = {
            rule.name: [sum(self._bits[name] for name in set(line)) for line in rule.gate]
            for rule in own
        }

    def outline(self, title: str, text: str) -> Outline:
        """The atoms that occur as whole words, in order; a unit may stick to its number."""
        raw = f"{title}\n{text}"
        low = normal(raw)
        size, union, loose = len(low), 0, self._prospects.loose
        found: list[Place] = []
        for last, (length, bits, hidden) in self._automaton.iter(low):
            end = last + 1
            start = end - length
            if start and low[start - 1].isalnum() and low[start].isalnum():
                if not (bits & loose and low[start - 1].isdigit()):
                    continue
                hidden = 0
            if end < size and low[end].isalnum() and low[last].isalnum():
                if not (bits & loose and low[end].isdigit()):
                    continue
                hidden = 0
            if bits & loose:
                bits = self._prospects.figure(low, start, end, bits)
            union |= bits
            found.append((start, end, bits, hidden))
        return Outline(raw, low, found, union, len(title))

    def passing(self, outline: Outline) -> frozenset[str]:
        """The names of the rules that the item can concern."""
        possible = self._prospects.possible(outline)
        return frozenset(name for name in possible if self._gated(name, outline))

    def explain(self, outline: Outline) -> list[str]:
        """The names of the gate's concepts that occur."""
        return [name for name, bit in self._bits.items() if bit & outline.bits]

    def _gated(self, rule: str, outline: Outline) -> bool:
        return any(
            line & outline.bits == line and _together(outline.places, line)
            for line in self._lines[rule]
        )


def _add(forms: dict[str, int], form: str, bits: int) -> None:
    if bits and form:
        forms[form] = forms.get(form, 0) | bits


def _together(places: Iterable[Place], line: int) -> bool:
    """Whether the atoms of a combination occur within `SPAN` code points of each other."""
    latest: dict[int, int] = {}
    for _, at, bits, _ in places:
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
