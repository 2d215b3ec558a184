"""Finding every word and phrase of a vocabulary in a text in one pass (Aho-Corasick)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import ahocorasick


@dataclass(frozen=True, slots=True)
class Found:
    """One phrase in a text: code points `start` to `end`, and what it stands for."""

    start: int
    end: int
    meanings: tuple[tuple[str, str], ...]


FAMILIES = ("fn.", "status.", "hedge.", "when.", "amount.")
"""Concepts that neither hide nor are hidden by those of another family."""


def family(concept: str) -> str:
    """The group within which the longest phrase wins; function words never compete."""
    return next((prefix for prefix in FAMILIES if concept.startswith(prefix)), "")


class Lexicon:
    """Phrases with their meanings. Phrases match whole words; text comes in normal form."""

    def __init__(self, forms: Iterable[tuple[str, Iterable[tuple[str, str]]]]) -> None:
        automaton = ahocorasick.Automaton()
        for form, meanings in forms:
            groups: dict[str, list[tuple[str, str]]] = {}
            for meaning in sorted(meanings):
                groups.setdefault(family(meaning[0]), []).append(meaning)
            parts = tuple((name, tuple(pairs)) for name, pairs in groups.items())
            automaton.add_word(form, (len(form), parts))
        automaton.make_automaton()
        self._automaton = automaton

    def find(self, text: str) -> list[Found]:
        """Every phrase in order; of overlapping phrases of one family the longest wins."""
        competing: dict[str, list[Found]] = {}
        found: list[Found] = []
        size = len(text)
        for last, (length, parts) in self._automaton.iter(text):
            start, end = last + 1 - length, last + 1
            if start and text[start - 1].isalnum() and text[start].isalnum():
                continue
            if end < size and text[end].isalnum() and text[last].isalnum():
                continue
            for name, meanings in parts:
                hit = Found(start, end, meanings)
                if name == "fn.":
                    found.append(hit)
                else:
                    competing.setdefault(name, []).append(hit)
        for hits in competing.values():
            found.extend(_longest(hits))
        found.sort(key=lambda hit: (hit.start, -hit.end))
        return found


def _longest(hits: list[Found]) -> Iterator[Found]:
    hits.sort(key=lambda hit: (hit.start, -hit.end))
    kept_end = -1
    for hit in hits:
        if hit.end > kept_end:
            kept_end = hit.end
            yield hit
