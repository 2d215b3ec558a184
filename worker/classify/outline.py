"""What can be seen of an item without reading it: known words, and where sentences surely end."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence

Place = tuple[int, int, int, int]
"""Start and end in the text, the bits of what stands there, and those that a longer phrase hides.
"""
HIDES = 1
"""The bit, among those that can be hidden, of what hides what it contains."""
END = re.compile(r"[.!?\n]")
BREAK = re.compile(r"[a-zà-öø-ÿ]{2}[.!?] [A-ZÀ-ÖØ-Þ]")
WORD = re.compile(r"[^\W_]+")
LONGEST_ABBREVIATION = 24


class Outline:
    """The places of the known words in a title and its text, in order of their ends.

    `raw` is the title, a line's end and the text, `low` the same in normal form, `title` the
    length of the title; `bits` are those of all places together.
    """

    __slots__ = ("_starts", "bits", "low", "places", "raw", "shouted")

    def __init__(self, raw: str, low: str, places: Sequence[Place], bits: int, title: int) -> None:
        self.raw, self.low, self.places, self.bits = raw, low, places, bits
        self.shouted = title if raw[:title].isupper() else 0
        self._starts: list[int] = []

    def stretches(self, abbreviations: tuple[str, ...]) -> Mapping[int, Sequence[Place]]:
        """The places of each stretch, without those that a longer phrase hides.

        A stretch ends only where a sentence surely does; so it may hold several.
        """
        starts = self._starts = self._breaks(abbreviations)
        parts: dict[int, list[Place]] = {}
        for place in self._visible():
            parts.setdefault(bisect_right(starts, place[0]), []).append(place)
        return parts

    def bounds(self, stretch: int) -> tuple[int, int]:
        """Where a stretch begins and ends; after `stretches` was asked."""
        starts = self._starts
        first = starts[stretch - 1] if stretch else 0
        return first, starts[stretch] if stretch < len(starts) else len(self.raw)

    def capitals(
        self, stretch: int, not_names: frozenset[str], openers: frozenset[str]
    ) -> list[tuple[int, int]]:
        """Where words with a capital stand in a stretch, those left out that are no names.

        In a title all in capitals only those count that open a known name.
        """
        first, last = self.bounds(stretch)
        shouted = first < self.shouted
        out = []
        for match in WORD.finditer(self.raw, first, last):
            word = match.group()
            low = word.lower()
            if word != low and (low in openers if shouted else word not in not_names):
                out.append(match.span())
        return out

    def _breaks(self, abbreviations: tuple[str, ...]) -> list[int]:
        raw, out = self.raw, []
        for match in END.finditer(raw):
            at = match.start()
            if raw[at] == "\n":
                out.append(at + 1)
            elif BREAK.match(raw, at - 2) and not raw.endswith(
                abbreviations, max(0, at - LONGEST_ABBREVIATION), at + 1
            ):
                out.append(at + 2)
        return out

    def _visible(self) -> Sequence[Place]:
        """The places, without what stands within a longer phrase of the same kind."""
        out = []
        covered = -1
        for place in sorted(self.places, key=_longest_first):
            start, end, bits, hidden = place
            if hidden & HIDES and end <= covered:
                place = (start, end, bits & ~hidden, 0)
            elif hidden & HIDES:
                covered = end
            out.append(place)
        return out


def _longest_first(place: Place) -> tuple[int, int]:
    return place[0], -place[1]
