"""Who is said to hold how much of a company, anywhere in an item.

An event's own sentence often gives one figure only; what there was before and what is left
afterwards stand in others: "Renault now has 43.4%", "the carmaker will keep 10%", « il ne lui
reste que 1,15 % du capital ».
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from worker.classify.attach import verbal
from worker.classify.document import Document, Entity, Figure, Hit, Mention, Sentence
from worker.classify.nearness import is_stake
from worker.classify.tense import verb_group

HOLDS = ("owned", "owned.weak", "fn.holds", "fn.keeps", "fn.owner")
REACH = 5
AGAINST = 8
"""Within how many tokens of what is kept the old holding stands: "will keep 30%, against 41%"."""
NEAR = 2
"""How many sentences from the event a holding may stand that does not name its company."""


When = Literal["now", "after", ""]


@dataclass(frozen=True, slots=True)
class Holding:
    """A stated holding: what is held `now`, or what is to be held `after` the change."""

    when: When
    figure: Figure
    sentence: Sentence


def holdings(
    document: Document, at: Sentence, holders: set[Entity], targets: set[Entity]
) -> Iterator[Holding]:
    """What the item says of the holders' part in the targets; `at` is the event's sentence."""
    if not holders or not targets:
        return
    for sentence in document.sentences:
        for hit in sentence.of(*HOLDS):
            if hit.concept != "fn.keeps" and "fn.keeps" in sentence.at(hit.i):
                continue
            when = _when(sentence, hit)
            figure = _held(sentence, hit)
            if when == "now" and sentence is at:
                continue
            if (
                not when
                or figure is None
                or figure.low is not None
                or parted_from(sentence, hit, figure)
            ):
                continue
            if verbal(sentence, hit.j) and hit.concept != "fn.keeps":
                continue
            apart = sentence.number - at.number - (at.field == "title")
            close = 0 <= apart <= NEAR and sentence.field == "text"
            if _whose(sentence, hit, figure, holders, targets, close=close):
                yield Holding(when, figure, sentence)
                yield from (
                    Holding("now", f, sentence)
                    for f in sentence.figures
                    if when == "after" and f.cue == "from" and figure.j <= f.i <= figure.j + AGAINST
                )


def kept(sentence: Sentence, figure: Figure) -> bool:
    """ "will keep 30%", « ne conservera que 10 % », "is left with 15%": what remains."""
    return any(
        h.j <= figure.i <= h.j + 3 and not parted_from(sentence, h, figure)
        for h in sentence.of("fn.keeps")
    )


def parted_from(sentence: Sentence, hit: Hit, figure: Figure) -> bool:
    """Whether a comma or a conjunction stands between a verb and a figure."""
    return any(
        (sentence.tokens[at].low in (",", ";") or "fn.conj" in sentence.at(at))
        and not {"fn.restated"} & (sentence.at(at) | sentence.at(at + 1))
        for at in range(hit.j, figure.i)
    )


def _when(sentence: Sentence, hit: Hit) -> When:
    if hit.concept == "fn.keeps":
        return "after"
    if hit.tag not in ("pres", "past", "phrase", "fut", "inf", "cond"):
        return ""
    time = verb_group(sentence, hit).time
    if hit.tag in ("fut", "inf"):
        return "after" if time == "future" else ""
    if hit.tag == "cond" or time in ("future", "conditional"):
        return "after" if hit.concept != "fn.holds" and hit.tag != "phrase" else ""
    if hit.i and "fn.to" in sentence.at(hit.i - 1):
        return ""
    if any(h.i >= hit.i - 2 and h.j <= hit.i for h in sentence.of("fn.will", "fn.modal")):
        return ""
    return "now"


def _held(sentence: Sentence, hit: Hit) -> Figure | None:
    """The percentage that a verb of holding speaks of: after it, or before its relative clause."""
    reach = REACH + 6 if hit.concept == "fn.keeps" and hit.tag == "phrase" else REACH
    for figure in sentence.figures:
        if figure.kind != "percent" or figure.below:
            continue
        if hit.j <= figure.i <= hit.j + reach or _relative(sentence, figure, hit):
            return figure
    return None


def _relative(sentence: Sentence, figure: Figure, hit: Hit) -> bool:
    """ "the 34% that it holds in its partner"."""
    between = range(figure.j, hit.i)
    return len(between) in (1, 2, 3) and "fn.rel" in sentence.at(figure.j)


def _whose(
    sentence: Sentence,
    hit: Hit,
    figure: Figure,
    holders: set[Entity],
    targets: set[Entity],
    *,
    close: bool,
) -> bool:
    """Whether a stated holding is the holder's in the target."""
    if not _owner(sentence, hit, holders, close=close):
        return False
    named = {e for m in sentence.mentions for e in m.entities}
    end = max(figure.j, hit.j)
    after = [m for m in sentence.mentions if end <= m.i <= end + 6]
    if after and (end == hit.j or is_stake(sentence, figure)):
        described = after[0].form != "name" and set(after[0].entities) <= holders
        return bool(set(after[0].entities) & targets) or (close and described)
    if any(figure.j <= h.i <= figure.j + 4 for h in sentence.of("own-equity")):
        return True
    if named & targets:
        return True
    return close and not _others(sentence, holders) and not _of_something(sentence, figure)


def _owner(sentence: Sentence, hit: Hit, holders: set[Entity], *, close: bool) -> bool:
    before = [m for m in sentence.mentions if m.j <= hit.i and not m.possessive and not m.prep]
    if hit.concept == "fn.keeps" and hit.tag == "phrase" and before:
        before = [m for m in before if m.form != "pronoun"]
    if before:
        return before[-1].form != "group" and bool(set(before[-1].entities) & holders)
    named = {e for m in sentence.mentions for e in m.entities}
    return bool(named & holders) or close


def _others(sentence: Sentence, holders: set[Entity]) -> list[Mention]:
    return [m for m in sentence.mentions if not set(m.entities) & holders]


def _of_something(sentence: Sentence, figure: Figure) -> bool:
    """Whether "of" follows, and not of the capital: "15% of the other", "30% of its sales"."""
    after = sentence.at(figure.j)
    return "fn.of" in after and not (after | sentence.at(figure.j + 1)) & {"stake", "shares"}
