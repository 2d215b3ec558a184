"""What has to stand near a trigger: a concept, a figure, a stake, a company or an electric unit."""

from __future__ import annotations

from collections.abc import Iterator

from worker.classify.asides import describes
from worker.classify.document import Entity, Figure, Hit, Mention, Sentence
from worker.classify.rulebook import Near

FIGURE = "figure:"
REACH = 6
HOLDING = frozenset({"owned", "owned.weak", "holds"})


def nearest(sentence: Sentence, trigger: Hit, near: Near, both: bool) -> tuple[int, int] | None:
    low = trigger.i - near.before if both else trigger.i
    high = trigger.j + near.after
    best: tuple[int, int] | None = None
    distance = 99
    for i, j in _spans(sentence, near.any):
        if i < low or i >= high or (i >= trigger.i and j <= trigger.j):
            continue
        gap = i - trigger.j if i >= trigger.j else (trigger.i - j) * 1.5
        if gap < distance and not _barrier(sentence, min(j, trigger.j), max(i, trigger.i)):
            best, distance = (i, j), gap  # type: ignore[assignment]
    return best


def _spans(sentence: Sentence, names: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for name in names:
        if name == "figure:stake":
            yield from ((f.i, f.j) for f in sentence.figures if is_stake(sentence, f))
        elif name == "figure:topic":
            yield from ((f.i, f.j) for f in sentence.figures if _of_topic(sentence, f))
        elif name.startswith(FIGURE):
            kind = name.removeprefix(FIGURE)
            yield from ((f.i, f.j) for f in sentence.figures if f.kind == kind)
        elif name == "company":
            yield from ((m.i, m.j) for m in sentence.mentions if is_company(m))
        elif name == "electric-unit":
            yield from ((m.i, m.j) for m in sentence.mentions if is_electric_unit(m.entity))
        elif name == "unit":
            yield from ((m.i, m.j) for m in sentence.mentions if m.entity.kind == "unit")
        else:
            yield from ((hit.i, hit.j) for hit in sentence.of(name))


def is_stake(sentence: Sentence, figure: Figure) -> bool:
    """Whether a percentage is a part of a company: "34% of X", "the 49% held by Y"."""
    if figure.kind not in ("percent", "split"):
        return False
    at, size = figure.j, len(sentence.tokens)
    while at < size and sentence.tokens[at].low.isalpha() and "fn.between" in sentence.at(at):
        at += 1
    paid_for = "fn.for" in sentence.at(figure.i - 1)
    units = any(c.startswith("fn.unit") for n in (1, 2) for c in sentence.at(figure.i - n))
    if units and not paid_for:
        return False
    exact = any(c.isdigit() for c in figure.text)
    if exact and any("fn.partitive" in sentence.at(figure.i - n) for n in (2, 3)):
        return True
    reach = REACH if exact else 4
    if at < size and sentence.at(at) & {"owned-by", "shares", "stake"}:
        return True
    for step in range(at, min(at + 3, size)):
        concepts = sentence.at(step)
        if "owned-by" in concepts:
            return True
        if concepts & {"fn.of", "fn.in"}:
            return any(
                is_company(m)
                and step < m.j
                and not any(sentence.tokens[n].low == "," for n in range(step, m.i))
                and m.i <= step + (REACH if _described(sentence, m) else reach)
                and (m.possessive or not describes(sentence, m))
                for m in sentence.mentions
            ) or any(
                h.i <= step + 2 and h.i >= step - 1 for h in sentence.of("stake", "own-equity")
            )
        if "fn.rel" in concepts and _held_elsewhere(sentence, step):
            return True
        if step > at and concepts & (HOLDING | {"owned", "fn.have"}):
            return True
        if not concepts & {"fn.rel", "fn.pron", "owned"}:
            return False
        if "owned" in concepts:
            return True
    return False


def _described(sentence: Sentence, mention: Mention) -> bool:
    """Whether what a company is stands right before its name: "engine maker Horse"."""
    return any(c.startswith("fn.kind.") for c in sentence.at(mention.i - 1))


def _held_elsewhere(sentence: Sentence, at: int) -> bool:
    """ "the 50% that Northvolt holds in Novo": someone's holding, told in a relative clause."""
    holder = next((m for m in sentence.mentions if at < m.i <= at + 3), None)
    if holder is None:
        return False
    return bool((sentence.at(holder.j) | sentence.at(holder.j + 1)) & (HOLDING | {"owned"}))


def _of_topic(sentence: Sentence, figure: Figure) -> bool:
    """ "Vivendi: Bollore goes to 29.9%": a percentage of the company before a title's colon."""
    if sentence.field != "title" or figure.kind != "percent":
        return False
    first = sentence.mentions[0] if sentence.mentions else None
    if first is None or first.i > 1 or sentence.tokens[min(first.j, figure.i)].low != ":":
        return False
    following = sentence.at(figure.j)
    return not following & {"fn.of", "fn.in"} or "stake" in following | sentence.at(figure.j + 1)


def _barrier(sentence: Sentence, i: int, j: int) -> bool:
    """Whether another clause begins in between, or one that only tells who holds what."""
    for at in range(i, j):
        if sentence.tokens[at].low == ";":
            return True
        if "fn.rel" in sentence.at(at) and at + 1 < j and sentence.at(at + 1) & HOLDING:
            return True
        if "fn.conj" in sentence.at(at) and at + 1 < j and "fn.say" in sentence.at(at + 1):
            return True
    return False


def is_company(mention: Mention) -> bool:
    return mention.entity.kind in ("company", "unknown", "unit")


def is_electric_unit(entity: Entity) -> bool:
    """A company or unit that makes electric vehicles and nothing else, as far as one can tell."""
    return (
        entity.electric
        and not entity.not_electric
        and entity.kind in ("company", "unit", "unknown")
    )
