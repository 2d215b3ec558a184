"""French, English, or neither: function words first, a statistical guess only when they tie."""

from __future__ import annotations

import re
from collections.abc import Mapping

from worker.domain.event import Language

WORD = re.compile(r"[^\W\d_]+")
SAMPLE = 1500
SHORT = 12
CLEAR = 0.26


def detect(text: str, words: Mapping[str, frozenset[str]]) -> Language | None:
    """The language of a text; `words` gives the function words of each supported language.

    A clear majority of function words decides. Otherwise the text has to be taken for a
    supported language among all that the identifier knows; the words alone decide a short text.
    """
    tokens = [token.lower() for token in WORD.findall(text[:SAMPLE])]
    if not tokens:
        return None
    counts = {code: sum(token in known for token in tokens) for code, known in words.items()}
    ranked = sorted(counts, key=lambda code: -counts[code])
    best, other = ranked[0], ranked[-1]
    share = counts[best] / len(tokens)
    if share >= CLEAR and counts[best] >= 2 * counts[other] + 1 and len(tokens) >= SHORT:
        return _checked(best)
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
