"""The money of an event: what is paid, not what a company earns, owes or is worth."""

from __future__ import annotations

from collections.abc import Sequence

from worker.classify.document import Document, Figure, Hit, Sentence
from worker.classify.match import Candidate
from worker.domain.event import Status

BEFORE, AFTER, FOLLOWING = 9, 4, 2
SMALL = 100_000


def read_amount(document: Document, chosen: Candidate, allies: Sequence[Candidate]) -> str | None:
    """The amount as written: from the event's sentence, its allies', what follows, the title."""
    at = chosen.trigger.i
    strict = not {"percent", "size"} & set(chosen.rule.figures)
    own = [f for f in _money(chosen.sentence) if not strict or _paid(chosen.sentence, f, fee=True)]
    if own:
        own.sort(key=lambda f: abs(f.i - at) + (6 if f.i < at else 0))
        return own[0].text
    for sentence in _others(document, chosen, allies):
        found = [f for f in _money(sentence) if _paid(sentence, f, fee=strict)]
        if found:
            return found[0].text
    return None


def _others(document: Document, chosen: Candidate, allies: Sequence[Candidate]) -> list[Sentence]:
    """Other sentences that may give the price, the nearest first and the title last."""
    number = chosen.sentence.number
    found = [c.sentence for c in allies if not _older(c, chosen)]
    found += [s for s in document.sentences if abs(s.number - number) <= FOLLOWING]
    found += [s for s in document.sentences if s.field == "title"]
    foreign = [c.sentence for c in allies if _older(c, chosen) or not _ours(c, chosen)]
    ours = [c.sentence for c in allies if _ours(c, chosen) and not _older(c, chosen)]
    done = chosen.reading.status is Status.COMPLETED
    found = [
        s
        for s in found
        if s is not chosen.sentence
        and (s not in foreign or s in ours)
        and not (done and s.field == "text" and s.has("fn.modal", "fn.would-have"))
        and (s in ours or not s.has("when.past"))
    ]
    return sorted(
        found, key=lambda s: (s.field == "title", abs(s.number - number), s.number < number)
    )


def _older(ally: Candidate, chosen: Candidate) -> bool:
    """Whether a sentence tells of a deal that was done long before this one."""
    return ally.score < 0 and ally.reading.status is Status.COMPLETED and ally is not chosen


def _ours(ally: Candidate, chosen: Candidate) -> bool:
    """Whether a sentence tells of the shares of one of the event's own companies."""
    roles = [r.name for r in ally.rule.roles if r.required and not r.many]
    return not roles or any(e in chosen.filled for role in roles for e in ally.entities(role))


def _money(sentence: Sentence) -> list[Figure]:
    """Money that may be a price: no prices a share, no valuations, no earnings."""
    found: list[Figure] = []
    last: Figure | None = None
    for figure in (f for f in sentence.figures if f.kind == "money"):
        continued = last is not None and figure.i - last.j <= 1 and last not in found
        if not continued and not _other(sentence, figure):
            found.append(figure)
        last = figure
    large = [f for f in found if f.value >= SMALL]
    nominal = sentence.of("amount.nominal")
    large.sort(key=lambda f: "fn.each" in sentence.at(f.j))
    whole = [f for f in large if "fn.each" not in sentence.at(f.j)]
    return whole or large or [f for f in found if any(f.i - 3 <= h.i < f.j for h in nominal)]


def _other(sentence: Sentence, figure: Figure) -> bool:
    hits = [h for h in sentence.of("amount.other") if not _claimed(sentence, h, figure)]
    return any(
        (figure.i - BEFORE <= h.i < figure.i and not _paid_between(sentence, h, figure))
        or figure.j <= h.i <= figure.j + AFTER
        for h in hits
    )


def _paid_between(sentence: Sentence, other: Hit, figure: Figure) -> bool:
    """ "abandoned a plan to invest 150 million": the verb of paying is nearer to the sum."""
    return any(
        other.j <= h.i and h.j <= figure.i and figure.i - h.j <= 2 and h.tag in ("inf", "ger")
        for h in sentence.of("amount.price", "amount.fee")
    )


def _claimed(sentence: Sentence, hit: Hit, figure: Figure) -> bool:
    """ "15.50 euros a share, or 2.9 billion": the first sum is the one a share, not the second."""
    return any(
        f.kind == "money" and f is not figure and f.j <= hit.i <= f.j + 1 and hit.j <= figure.i
        for f in sentence.figures
    )


def _paid(sentence: Sentence, figure: Figure, *, fee: bool) -> bool:
    concepts = ("amount.fee",) if fee else ("amount.fee", "amount.price")
    if any(figure.i - BEFORE <= h.i < figure.i for h in sentence.of(*concepts)):
        return True
    return not fee and any(figure.j <= h.i <= figure.j + AFTER for h in sentence.of("amount.after"))
