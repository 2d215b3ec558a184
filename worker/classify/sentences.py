"""Where sentences begin, told from the words alone.

spaCy's own component breaks at abbreviations, initials and datelines; a word count bounds what is
analysed as one sentence, however long its author made it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

ENDS = frozenset({".", "!", "?", "…"})
CLOSERS = frozenset({'"', "”", "»", ")", "'", "’"})
OPENERS = frozenset({'"', "“", "«", "("})
LAST_SIGNS = "".join(ENDS | CLOSERS)
PAUSES = frozenset({";", ":", ",", "-", "–", "—", ")"})
SPELLED = re.compile(r"(?:\w\.)+")

LONGEST = 200
"""Words of a sentence; a longer one is read in parts, since much of what follows looks at pairs
of words."""


class SentenceStarts:
    """A sentence starts after a full stop that ends one."""

    def __init__(self, abbreviations: frozenset[str], openers: frozenset[str]) -> None:
        self._abbreviations = abbreviations
        self._openers = openers

    def find(self, texts: Sequence[str], spaced: Sequence[bool]) -> set[int]:
        """The words that open a sentence; `spaced` tells which are followed by a space."""
        starts = {0}
        for at, text in enumerate(texts):
            if text[-1] not in LAST_SIGNS:
                continue
            if text in ENDS or (text[-1] == "." and len(text) > 2 and self._closes(text)):
                opens = self._next_opens(texts, at)
            elif len(text) == 2 and text[1] == "." and text[0].isupper():
                opens = (
                    at + 1 < len(texts)
                    and texts[at + 1][0].isupper()
                    and self._opener(texts, at + 1)
                )
            elif text in CLOSERS and at and texts[at - 1] in ENDS and not spaced[at - 1]:
                opens = self._next_opens(texts, at)
            else:
                continue
            if opens:
                starts.add(at + 1)
        return starts

    def _closes(self, text: str) -> bool:
        if text in self._abbreviations or SPELLED.fullmatch(text):
            return False
        return text[:-1].isalpha()

    def _opener(self, texts: Sequence[str], at: int) -> bool:
        return texts[at].lower() in self._openers

    def _next_opens(self, texts: Sequence[str], at: int) -> bool:
        if at + 1 >= len(texts):
            return False
        following = texts[at + 1]
        if following in CLOSERS and following not in OPENERS:
            return False
        before = texts[at - 1] if at else ""
        if texts[at] == "." and (f"{before}." in self._abbreviations or _initial(before)):
            return self._opener(texts, at + 1)
        if following in OPENERS:
            return at + 2 < len(texts) and _opens(texts[at + 2])
        return _opens(following)


def part(texts: Sequence[str], start: int, end: int) -> int:
    """Where to cut the words `start` to `end` when they are too many: after a pause, if any."""
    if end - start <= LONGEST:
        return end
    last = start + LONGEST
    for at in range(last, start + LONGEST // 2, -1):
        if texts[at - 1] in PAUSES:
            return at
    return last


def _initial(text: str) -> bool:
    return len(text) == 1 and text.isupper()


def _opens(text: str) -> bool:
    return text[0].isupper() or text[0].isdigit() or text[0] in "\"“«'‘($€£"
