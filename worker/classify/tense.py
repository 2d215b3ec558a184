"""When and how surely a verb speaks: the verb group around a trigger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from worker.classify.document import Hit, Sentence

Time = Literal["future", "conditional", "perfect", "pluperfect", "past", "present", "open", "noun"]
GROUP = 5
VERBS = frozenset({"inf", "pres", "past", "part", "ger", "fut", "cond"})


@dataclass(frozen=True, slots=True)
class VerbGroup:
    """`open` is an infinitive or participle whose time another word decides.

    `start` is the token at which the group begins, auxiliaries included.
    """

    time: Time
    passive: bool = False
    negated: bool = False
    start: int = 0


def verb_group(sentence: Sentence, hit: Hit) -> VerbGroup:
    """Read the auxiliaries before a trigger, or around it when it is inverted."""
    if hit.tag in ("noun", "phrase") and not _auxiliary_before(sentence, hit.i):
        return VerbGroup("noun", start=hit.i)
    have = be = will = modal = negated = past_have = cond_have = fut_aux = False
    at = hit.i - 1
    start = hit.i
    steps = 0
    while at >= 0 and steps < GROUP:
        concepts = sentence.at(at)
        low = sentence.tokens[at].low
        if "fn.ne" in concepts:
            negated = any("fn.not" in sentence.at(n) for n in range(at + 1, hit.j + 3))
            start = at
        if "fn.not" in concepts:
            negated, start = True, at
        if "fn.have" in concepts:
            have, start = True, at
            past_have = past_have or "fn.had" in concepts
            cond_have = cond_have or "fn.would-have" in concepts
            if "fn.not" not in (sentence.at(at - 1) if at else set()) and not have:
                break
        elif "fn.be" in concepts:
            be, start = True, at
        elif "fn.will" in concepts:
            will, start = True, at
            fut_aux = True
        elif "fn.modal" in concepts:
            modal, start = True, at
        elif concepts & {"fn.not", "fn.ne"} or low in SKIP or low.endswith(("ly", "ment")):
            pass
        elif "fn.pron" in concepts and low in CLITICS:
            pass
        elif sentence.mention_at(at) is not None and (sentence.mention_at(at).form == "pronoun" and at == hit.i - 1):  # type: ignore[union-attr]
            pass
        else:
            break
        at -= 1
        steps += 1
    passive = be and hit.tag in ("past", "part") and not (have and not _been(sentence, start, hit.i))
    time: Time
    if hit.tag == "cond" or (cond_have and hit.tag == "part"):
        time = "conditional"
    elif hit.tag == "fut" or will or fut_aux:
        time = "future"
    elif modal:
        time = "conditional"
    elif have and hit.tag in ("past", "part"):
        time = "pluperfect" if past_have else "perfect"
    elif be and hit.tag == "ger":
        time = "present"
    elif be and hit.tag in ("past", "part"):
        time = "perfect"
    elif hit.tag == "past":
        time = "past"
    elif hit.tag == "pres":
        time = "present"
    elif hit.tag in ("noun", "phrase"):
        time = "noun"
    else:
        time = "open"
    return VerbGroup(time, passive, negated, start)


def _auxiliary_before(sentence: Sentence, at: int) -> bool:
    return at > 0 and bool(sentence.at(at - 1) & {"fn.will", "fn.modal", "fn.have", "fn.be"})


def _been(sentence: Sentence, i: int, j: int) -> bool:
    return any(sentence.tokens[at].low in ("been", "été") for at in range(i, j))


SKIP = frozenset(
    "also already now then still just ever even jointly together each both since since déjà aussi "
    "désormais encore ainsi tout bien y en se lui leur l' le la les s' été been".split()
)
CLITICS = frozenset({"il", "elle", "ils", "elles", "it", "they", "en", "y"})
