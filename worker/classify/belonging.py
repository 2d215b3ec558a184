"""Whether a share is a share of a company, or of a market, a vote, a cost, a mineral."""

from __future__ import annotations

from worker.classify.attach import verbal
from worker.classify.document import Sentence

REACH = 8
LINKS = frozenset({"fn.of", "fn.in"})
PARTS = frozenset({"stake", "shares", "percent", "fraction"})
OWNED = frozenset({"stake", "shares", "own-equity", "capital-of", "jv", "capital-raise"})
ORDINALS = frozenset(
    {"other", "autre", "former", "latter", "first", "second", "premier", "dernier", "seconde"}
)
CLOSES = frozenset({"fn.be", "fn.have", "fn.will", "fn.modal", "fn.rel", "fn.sub", "fn.conj"})
COMPANY = frozenset({"company", "unknown", "unit"})


def of_a_thing(sentence: Sentence, anchor: tuple[int, int]) -> bool:
    """ "its share of the van market", « la part du cobalt »: what follows "of" is no company."""
    end, size = anchor[1], len(sentence.tokens)
    if not any(sentence.at(at) & PARTS for at in range(anchor[0], end)):
        return False
    if sentence.at(end - 1) & LINKS:
        at = end
    elif end < size and sentence.at(end) & LINKS:
        at = end if "fn.merged" in sentence.at(end) else end + 1
    else:
        return False
    thing = False
    start = at
    while at < min(start + REACH, size):
        concepts = sentence.at(at)
        mention = sentence.mention_at(at)
        if mention is not None and mention.entity.kind == "person" and not mention.possessive:
            return True
        if thing and concepts & {"owned-by", "fn.by"}:
            break
        if mention is not None and mention.entity.kind in COMPANY:
            if not mention.possessive:
                return False
            at = mention.j + 1
            continue
        if concepts & OWNED or any(c.startswith(("fn.kind.", "fn.unit.")) for c in concepts):
            return False
        token = sentence.tokens[at]
        if token.low in ORDINALS:
            return False
        if not token.text[0].isalnum() and token.low not in ("-", '"', "'s", "«", "“"):
            break
        if at > start and (concepts & CLOSES or verbal(sentence, at)):
            break
        if token.capital:
            return False
        if not concepts & {"fn.of", "fn.in", "fn.det", "fn.between"} and token.low.isalpha():
            thing = True
        elif thing and concepts & {"fn.in"}:
            break
        at += 1
    return thing
