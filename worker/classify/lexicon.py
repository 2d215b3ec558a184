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


class Lexicon:
    """Phrases with their meanings. Phrases match whole words; text comes in normal form."""

    def __init__(self, forms: Iterable[tuple[str, Iterable[tuple[str, str]]]]) -> None:
        automaton = ahocorasick.Automaton()
        for form, meanings in forms:
            pairs = tuple(sorted(meanings))
            content = tuple(m for m in pairs if not m[0].startswith("fn."))
            function = tuple(m for m in pairs if m[0].startswith("fn."))
            automaton.add_word(form, (len(form), content, function))
        automaton.make_automaton()
        self._automaton = automaton

    def find(self, text: str) -> list[Found]:
        """Every phrase in order; of overlapping content phrases the longest wins."""
        content: list[tuple[int, int, tuple[tuple[str, str], ...]]] = []
        found: list[Found] = []
        size = len(text)
        for last, (length, meanings, functions) in self._automaton.iter(text):
            start, end = last + 1 - length, last + 1
            if start and text[start - 1].isalnum() and text[start].isalnum():
                continue
            if end < size and text[end].isalnum() and text[last].isalnum():
                continue
            if functions:
                found.append(Found(start, end, functions))
            if meanings:
                content.append((start, end, meanings))
        found.extend(_longest(content))
        found.sort(key=lambda hit: (hit.start, -hit.end))
        return found


def _longest(
    hits: list[tuple[int, int, tuple[tuple[str, str], ...]]],
) -> Iterator[Found]:
    hits.sort(key=lambda hit: (hit[0], -hit[1]))
    kept_end = -1
    for start, end, meanings in hits:
        if end <= kept_end:
            continue
        kept_end = end
        yield Found(start, end, meanings)
