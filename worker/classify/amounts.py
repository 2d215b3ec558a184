"""The money of an event: what is paid, not what a company earns, owes or is worth."""

from __future__ import annotations

from collections.abc import Iterable

from worker.classify.document import Document, Figure, Hit, Sentence
from worker.classify.match import Candidate

BEFORE, AFTER, FOLLOWING = 9, 4, 2
SMALL = 100_000


def read_amount(document: Document, chosen: Candidate, allies: Iterable[Candidate]) -> str | None:
    """The amount as written: from the event's sentence, its allies', the title, what follows."""
    at = chosen.trigger.i
    strict = not {"percent", "size"} & set(chosen.rule.figures)
    own = [f for f in _money(chosen.sentence) if not strict or _paid(chosen.sentence, f, fee=True)]
    if own:
        own.sort(key=lambda f: abs(f.i - at) + (6 if f.i < at else 0))
        return own[0].text
    number = chosen.sentence.number
    others = [c.sentence for c in allies if c.sentence is not chosen.sentence]
    others += [s for s in document.sentences if abs(s.number - number) <= FOLLOWING]
    others += [s for s in document.sentences if s.field == "title"]
    others.sort(key=lambda s: (abs(s.number - number), s.number < number))
    for sentence in others:
        if sentence is chosen.sentence:
            continue
        found = [f for f in _money(sentence) if _paid(sentence, f, fee=strict)]
        if found:
            return found[0].text
    return None


def _money(sentence: Sentence) -> list[Figure]:
    """Money that may be a price: no prices a share, no valuations, no earnings."""
    found = [f for f in sentence.figures if f.kind == "money" and not _other(sentence, f)]
    large = [f for f in found if f.value >= SMALL]
    nominal = sentence.of("amount.nominal")
    return large or [f for f in found if any(f.i - 3 <= h.i < f.j for h in nominal)]


def _other(sentence: Sentence, figure: Figure) -> bool:
    hits = [h for h in sentence.of("amount.other") if not _claimed(sentence, h, figure)]
    return any(
        figure.i - BEFORE <= h.i < figure.i or figure.j <= h.i <= figure.j + AFTER for h in hits
    )


def _claimed(sentence: Sentence, hit: Hit, figure: Figure) -> bool:
    """ "15.50 euros a share, or 2.9 billion": the first sum is the one a share, not the second."""
    return any(
        f.kind == "money" and f is not figure and f.j <= hit.i <= f.j + 1 and hit.j <= figure.i
        for f in sentence.figures
    )


def _paid(sentence: Sentence, figure: Figure, *, fee: bool) -> bool:
    concepts = ("amount.fee",) if fee else ("amount.fee", "amount.price")
    return any(figure.i - BEFORE <= h.i < figure.i for h in sentence.of(*concepts)) or any(
        figure.j <= h.i <= figure.j + AFTER for h in sentence.of("amount.after")
    )
