"""When and how surely a verb speaks: the verb group around a trigger."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from worker.classify.document import Hit, Sentence

Time = Literal["future", "conditional", "perfect", "pluperfect", "past", "present", "open", "noun"]
GROUP = 5
REPORTED = 6
PARTICIPLE = ("past", "part")


@dataclass(frozen=True, slots=True)
class VerbGroup:
    """`open` is an infinitive or participle whose time another word decides.

    `start` is the token at which the group begins, auxiliaries included.
    """

    time: Time
    passive: bool = False
    negated: bool = False
    start: int = 0


@dataclass(slots=True)
class _Seen:
    """The kinds of small words found while walking left from a verb."""

    concepts: set[str] = field(default_factory=set)
    start: int = 0
    negated: bool = False


def verb_group(sentence: Sentence, hit: Hit) -> VerbGroup:
    """Read the auxiliaries before a trigger."""
    if hit.tag in ("noun", "phrase") and not _auxiliary_before(sentence, hit.i):
        return VerbGroup(_phrase_time(sentence, hit), start=hit.i)
    seen = _walk(sentence, hit)
    have, be = "fn.have" in seen.concepts, "fn.be" in seen.concepts
    been = any("fn.been" in sentence.at(at) for at in range(seen.start, hit.i))
    moves = "fn.moves" in sentence.at(hit.i)  # « est passé » is active, unlike « est vendu »
    passive = be and hit.tag in PARTICIPLE and (not have or been) and not moves
    time = _time(hit, seen.concepts)
    if time == "open" and _looks_past(sentence, hit, seen.start):
        time = "past"
    if time == "pluperfect" and _reported(sentence, seen.start):
        time = "perfect"
    return VerbGroup(time, passive, seen.negated, seen.start)


def _phrase_time(sentence: Sentence, hit: Hit) -> Time:
    """A phrase may bring its own auxiliary: "has raised", "will base"."""
    first = sentence.at(hit.i) if hit.tag == "phrase" and hit.j > hit.i + 1 else set()
    if "fn.will" in first:
        return "future"
    if "fn.have" in first:
        old = "fn.had" in first and not _reported(sentence, hit.i)
        return "pluperfect" if old else "perfect"
    return "noun"


def _reported(sentence: Sentence, at: int) -> bool:
    """Indirect speech puts back the tense: "said it had raised" is "has raised"."""
    return any(at - REPORTED <= say.j <= at for say in sentence.of("fn.say"))


def _walk(sentence: Sentence, hit: Hit) -> _Seen:
    seen = _Seen(start=hit.i)
    for at in range(hit.i - 1, max(hit.i - 1 - GROUP, -1), -1):
        concepts = sentence.at(at)
        auxiliary = concepts & {"fn.have", "fn.be", "fn.will", "fn.modal"}
        if "fn.ne" in concepts:
            seen.negated = any("fn.not" in sentence.at(n) for n in range(at + 1, hit.j + 3))
            seen.start = at
        elif "fn.not" in concepts:
            seen.negated, seen.start = True, at
        if auxiliary:
            seen.concepts |= concepts
            seen.start = at
        elif not concepts & {"fn.not", "fn.ne", "fn.between", "fn.clitic"}:
            pronoun = sentence.mention_at(at)
            if pronoun is None or pronoun.form != "pronoun" or at != hit.i - 1:
                break
    return seen


def _time(hit: Hit, seen: set[str]) -> Time:
    have, be = "fn.have" in seen, "fn.be" in seen
    if hit.tag == "cond" or ("fn.would-have" in seen and hit.tag == "part"):
        return "conditional"
    if hit.tag == "fut" or "fn.will" in seen:
        return "future"
    if "fn.modal" in seen:
        return "conditional"
    if have and hit.tag in PARTICIPLE:
        return "pluperfect" if "fn.had" in seen else "perfect"
    if be and hit.tag in PARTICIPLE:
        return "perfect"
    if hit.tag == "pres" or (be and hit.tag == "ger"):
        return "present"
    if hit.tag == "past":
        return "past"
    return "noun" if hit.tag in ("noun", "phrase") else "open"


def _looks_past(sentence: Sentence, hit: Hit, start: int) -> bool:
    """ "Kering cut its interest": an infinitive in form only, when no "to" stands before it."""
    if hit.tag != "inf" or start != hit.i or sentence.field == "title":
        return False
    if hit.i and sentence.at(hit.i - 1) & {"fn.to", "fn.prep", "fn.for", "fn.of", "fn.det"}:
        return False
    before = [m for m in sentence.mentions if m.j in (hit.i, hit.i - 1)]
    return bool(before) and any(
        h.i == hit.i and h.j == hit.j and h.tag == "past" for h in sentence.of(hit.concept)
    )


def _auxiliary_before(sentence: Sentence, at: int) -> bool:
    return at > 0 and bool(sentence.at(at - 1) & {"fn.will", "fn.modal", "fn.have", "fn.be"})
