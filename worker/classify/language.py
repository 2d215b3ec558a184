"""French, English, or neither: function words first, a statistical guess only when they tie."""

from __future__ import annotations

import re
from collections.abc import Mapping

from worker.domain.event import Language

WORD = re.compile(r"[^\W\d_]+")
GLANCE = 300
SAMPLE = 1500
SHORT = 12
CLEAR: Mapping[str, float] = {"en": 0.12, "fr": 0.26}
"""The share of function words that tells a language; French has many in common with Spanish."""

SURE: Mapping[str, frozenset[str]] = {
    "en": frozenset({"the", "of", "and", "to", "for", "with", "said", "has"}),
    "fr": frozenset({"et", "le", "les", "des", "du", "dans", "est", "une", "au", "aux", "pour"}),
}
"""Words of which two have to occur: few other languages have two of them."""


def detect(text: str, words: Mapping[str, frozenset[str]]) -> Language | None:
    """The language of a text; `words` gives the function words of each supported language.

    A clear majority of function words decides, among the first words if it can. Otherwise the
    text has to be taken for a supported language among all that the identifier knows; the words
    alone decide a short text.
    """
    for size in (GLANCE, SAMPLE):
        tokens = WORD.findall(text[:size].lower())
        if not tokens:
            return None
        counts = {code: sum(map(known.__contains__, tokens)) for code, known in words.items()}
        ranked = sorted(counts, key=lambda code: -counts[code])
        best, other = ranked[0], ranked[-1]
        share = counts[best] / len(tokens)
        clear = share >= CLEAR[best] and counts[best] > 2 * counts[other]
        if clear and len(tokens) >= SHORT and len(SURE[best].intersection(tokens)) > 1:
            return _checked(best)
        if len(text) <= size:
            break
    if len(tokens) < SHORT and counts[best] > counts[other]:
        return _checked(best)
    import py3langid  # a second to import, and rarely needed

    sample = text[:SAMPLE].encode("utf-8", "ignore").decode("utf-8")
    guess, _ = py3langid.classify(sample)
    if guess in words:
        return _checked(guess)
    return None


def _checked(code: str) -> Language | None:
    return code if code in ("fr", "en") else None  # type: ignore[return-value]
