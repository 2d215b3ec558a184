"""Finding every word and phrase of a vocabulary in a text.

Phrases are indexed by their first two words, so that a text costs one look-up a word. (An
automaton over all letters finds mostly parts of words, each of which has to be thrown away.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

Meanings = tuple[tuple[str, str], ...]
Parts = tuple[tuple[str, Meanings], ...]


class Found(NamedTuple):
    """One phrase in a text: code points `start` to `end`, and what it stands for."""

    start: int
    end: int
    meanings: Meanings


FAMILIES = ("fn.", "status.", "hedge.", "when.", "amount.")
"""Concepts that neither hide nor are hidden by those of another family."""
RUN = re.compile(r"[^\W_]+|[^\s\w]|_")
"""A word, or one sign."""


def family(concept: str) -> str:
    """The group within which the longest phrase wins; function words never compete."""
    return next((prefix for prefix in FAMILIES if concept.startswith(prefix)), "")


class Lexicon:
    """Phrases with their meanings. Phrases match whole words; text comes in normal form."""

    def __init__(self, forms: Iterable[tuple[str, Iterable[tuple[str, str]]]]) -> None:
        self._entries: dict[str, tuple[Parts, dict[str, list[tuple[str, Parts]]]]] = {}
        for form, meanings in forms:
            groups: dict[str, list[tuple[str, str]]] = {}
            for meaning in sorted(meanings):
                groups.setdefault(family(meaning[0]), []).append(meaning)
            parts = tuple((name, tuple(pairs)) for name, pairs in groups.items())
            runs = RUN.findall(form)
            alone, phrases = self._entries.get(runs[0] if runs else form, ((), {}))
            if len(runs) > 1:
                phrases.setdefault(runs[1], []).append((form, parts))
            else:
                alone = parts
            self._entries[runs[0] if runs else form] = (alone, phrases)

    def find(self, text: str) -> list[Found]:
        """Every phrase in order; of overlapping phrases of one family the longest wins."""
        competing: dict[str, list[Found]] = {}
        found: list[Found] = []
        size, at = len(text), 0
        runs = RUN.findall(text)
        entries = self._entries
        for number, run in enumerate(runs, 1):
            start = text.index(run, at)
            at = start + len(run)
            entry = entries.get(run)
            if entry is None:
                continue
            alone, phrases = entry
            if alone:
                _sort_in(start, at, alone, found, competing)
            if not phrases or number == len(runs):
                continue
            for form, meant in phrases.get(runs[number], ()):
                if text.startswith(form, start):
                    end = start + len(form)
                    if end == size or not (text[end].isalnum() and text[end - 1].isalnum()):
                        _sort_in(start, end, meant, found, competing)
        for hits in competing.values():
            found.extend(_longest(hits))
        found.sort(key=_place)
        return found


def _sort_in(
    start: int,
    end: int,
    parts: Parts,
    found: list[Found],
    competing: dict[str, list[Found]],
) -> None:
    """Put what stands at a place where it belongs: with what is kept, or with its rivals."""
    for name, meanings in parts:
        hit = Found(start, end, meanings)
        if name == "fn.":
            found.append(hit)
        else:
            competing.setdefault(name, []).append(hit)


def _place(hit: Found) -> tuple[int, int]:
    return hit.start, -hit.end


def _longest(hits: list[Found]) -> Iterator[Found]:
    hits.sort(key=_place)
    kept_end = -1
    for hit in hits:
        if hit.end > kept_end:
            kept_end = hit.end
            yield hit
