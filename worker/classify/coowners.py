"""Owners beside the one whose stake changes, told with what they hold.

"TSMC will then own 86.5%, Sony 6.0% and Denso 5.5%": all of them take part in the event.
"""

from __future__ import annotations

from collections.abc import Iterator

from worker.classify.attach import breath
from worker.classify.document import Document, Entity, Figure, Mention, Sentence
from worker.classify.match import Candidate

COMPANY = ("company", "unknown")
HOLDING = frozenset(
    {"owned", "owned.weak", "holds", "owned.result", "now-owned", "fn.holds", "fn.keeps"}
)
FILLERS = frozenset({"fn.between", "fn.will", "fn.have", "fn.modal", "fn.be", "fn.clitic"})
BETWEEN = 7
FOLLOWS = 2
"""How many sentences after the event's own still speak of the same shares."""


def co_owners(document: Document, chosen: Candidate, target: Entity) -> list[Mention]:
    """The mentions of companies that hold, or will hold, a percentage of the target."""
    out: list[Mention] = []
    for sentence in _near(document, chosen):
        for figure in sentence.figures:
            if figure.kind != "percent" or _of_another(sentence, figure, target):
                continue
            holder = _holder(sentence, figure)
            if holder is not None and target not in holder.entities:
                out.extend(m for m in breath(sentence, holder) if m not in out)
    return out


def _near(document: Document, chosen: Candidate) -> Iterator[Sentence]:
    if chosen.sentence.field == "title":
        yield from [s for s in document.sentences if s.field == "text"][: FOLLOWS + 1]
        return
    for sentence in document.sentences:
        if 0 <= sentence.number - chosen.sentence.number <= FOLLOWS:
            yield sentence


def _of_another(sentence: Sentence, figure: Figure, target: Entity) -> bool:
    """Whether the percentage is one of another company, or of no company at all."""
    at = figure.j
    if at >= len(sentence.tokens) or not sentence.at(at) & {"fn.of", "fn.in"}:
        return False
    later = [m for m in sentence.mentions if at <= m.i <= at + 4 or m.i <= at < m.j]
    if later:
        return target not in later[0].entities
    return not any(sentence.at(n) & {"shares", "stake"} for n in range(at, at + 4))


def _holder(sentence: Sentence, figure: Figure) -> Mention | None:
    for mention in sentence.mentions:
        if figure.j <= mention.i <= figure.j + 3 and mention.prep == "by":
            return mention  # "to be owned 51% by A and 49% by B"
    before = [m for m in sentence.mentions if m.j <= figure.i]
    if not before:
        return None
    mention = before[-1]
    between = range(mention.j, figure.i)
    if mention.possessive or mention.prep or len(between) > BETWEEN:
        return None
    if mention.entity.kind not in COMPANY or mention.form == "pronoun":
        return None
    if any(sentence.at(at) & HOLDING for at in between):
        return mention if _at_issue(sentence, mention, figure) else None
    listed = mention.i and (
        sentence.tokens[mention.i - 1].low == "," or "fn.conj" in sentence.at(mention.i - 1)
    )
    told = any(
        f is not figure and f.kind == "percent" and f.j <= mention.i for f in sentence.figures
    )
    plain = all(sentence.at(at) & FILLERS for at in between)
    return mention if listed and told and plain else None


def _at_issue(sentence: Sentence, mention: Mention, figure: Figure) -> bool:
    """Whether the holding is to come or is what is left, not one that is only recalled."""
    between = range(mention.j, figure.i)
    cues = {c for at in between for c in sentence.at(at)}
    if cues & {"fn.will", "fn.modal", "fn.keeps", "owned.result", "now-owned"}:
        return True
    return any(
        h.i in between and h.tag in ("fut", "cond") for h in sentence.of("owned", "owned.weak")
    )
