"""What is news in an item and what only its background: where it stands, and when it was."""

from __future__ import annotations

import re

from worker.classify.document import Document, Hit, Sentence
from worker.classify.tense import VerbGroup

YEAR = re.compile(r"(?:19|20)\d\d")
PAST = frozenset({"past", "perfect", "pluperfect"})


def place(document: Document, sentence: Sentence) -> float:
    """How much a sentence's place speaks for it: titles and leads tell what is new."""
    if sentence.field == "title":
        return 0.4
    first = next((s.number for s in document.sentences if s.field == "text"), 0)
    rank = sentence.number - first
    if rank == 0:
        return 1.0
    if rank <= 2 or sentence.paragraph <= 1:
        return 0.4
    return 0.1


def past(
    document: Document, sentence: Sentence, trigger: Hit, group: VerbGroup
) -> tuple[float, str]:
    """How much the words around a trigger speak of the past, and which."""
    if sentence.field == "title":
        return 0.0, ""
    lead = place(document, sentence) >= 1.0
    if group.time == "pluperfect" and not _reported(sentence, group.start):
        return (1.5 if lead else 3.0), "pluperfect"
    year = _old_year(document, sentence, trigger)
    if year and group.time in (PAST if lead else PAST | {"noun", "open", "present"}):
        return (2.0 if lead else 3.0), f"{year}"
    cue = _past_cue(sentence, trigger)
    if cue and group.time in PAST | {"noun", "open"}:
        return (1.5 if lead else 2.5), cue
    if not lead and group.time in ("past", "perfect") and sentence.paragraph >= 1:
        fresh = any("fn.weekday" in sentence.at(at) for at in range(len(sentence.tokens)))
        relative = any(
            "fn.rel" in sentence.at(at) for at in range(max(group.start - 3, 0), group.start)
        )
        if relative:
            return 2.5, "relative clause"
        if not fresh:
            recent = 0.4 if group.time == "perfect" else 0.6
            return (recent if _closing(document) else 1.8), "past tense without a day"
    pending = sentence.has("status.negotiating", "status.planned", "status.agreed", "status.denied")
    if not lead and group.time == "noun" and sentence.paragraph >= 2 and not pending:
        return 0.4, "a noun far from the lead"
    return 0.0, ""


def _closing(document: Document) -> bool:
    """Whether the title or the lead tells that something is done, of which the rest is part."""
    opening = [s for s in document.sentences if s.field == "title" or s.paragraph == 0]
    return any(s.has("status.completed", "now-owned") for s in opening)


def _old_year(document: Document, sentence: Sentence, trigger: Hit) -> int:
    current = document.published.year if document.published else 0
    for at in range(max(trigger.i - 9, 0), min(trigger.j + 12, len(sentence.tokens))):
        text = sentence.tokens[at].text
        if YEAR.fullmatch(text):
            year = int(text)
            if (current and year < current) or (not current and year <= 2022):
                return year
    return 0


def _past_cue(sentence: Sentence, trigger: Hit) -> str:
    for hit in sentence.of("when.past"):
        if trigger.i - 10 <= hit.i <= trigger.j + 12 and not _compares(sentence, hit):
            return sentence.cut(hit.i, hit.j)
    return ""


def _compares(sentence: Sentence, past: Hit) -> bool:
    """ "compared with 15% a year ago": the past is only what the news is measured against."""
    return any(
        f.kind == "percent" and f.cue == "from" and past.i - 4 <= f.j <= past.i
        for f in sentence.figures
    )


def _reported(sentence: Sentence, start: int) -> bool:
    """ "said it had sold", « a annoncé qu'il avait cédé »: the pluperfect of reported speech."""
    return any(
        hit.j <= start <= hit.j + 9 and hit.tag in ("past", "part") for hit in sentence.of("fn.say")
    )
