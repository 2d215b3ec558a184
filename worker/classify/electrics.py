"""Companies on no list that the item says make electric vehicles.

« Tevva, qui construit des camions électriques », "Engine4, a young firm that designs electric
sports cars": what follows a name up to the next comma, when it speaks of electric vehicles and of
nothing that only goes into them (cells, chargers, motors).
"""

from __future__ import annotations

from itertools import pairwise

from worker.classify.document import Document, Mention, Sentence

REACH = 14
TOGETHER = 4


def learn_makers(document: Document) -> None:
    """Mark every company that is described as a maker or user of electric vehicles alone."""
    for sentence in document.sentences:
        if not sentence.has("fn.electric"):
            continue
        for mention in sentence.mentions:
            entity = mention.entity
            fits = mention.form == "name" and entity.kind in ("unknown", "company")
            if not fits or entity.known or entity.electric or entity.not_electric:
                continue
            told = _told(sentence, mention) or _adjective(sentence, mention)
            if told or _named_so(sentence, mention):
                entity.electric = entity.strong = True
                entity.kind = "company"


def housed(document: Document) -> None:
    """ "puts its electric-car business into a new company": that one is electric, too."""
    for sentence in document.sentences:
        for one, other in pairwise(sentence.mentions):
            moved = one.entity.kind == "unit" and one.entity.electric and not one.prep
            home = other.form == "unit" and other.prep in ("in", "to")
            if moved and home and 0 < other.i - one.j <= 2 and not other.entity.not_electric:
                other.entity.electric = True


def _told(sentence: Sentence, mention: Mention) -> bool:
    """ "X, which builds electric vans", « X, spécialiste des utilitaires électriques »."""
    tokens, at = sentence.tokens, mention.j
    if at >= len(tokens):
        return False
    relative = "fn.rel" in sentence.at(at)
    if tokens[at].low == ",":
        at += 1
        relative = at < len(tokens) and "fn.rel" in sentence.at(at)
    elif not relative:
        return False
    stop = _clause_end(sentence, at)
    if relative:
        makes = next((n for n in range(at, stop) if "fn.makes" in sentence.at(n)), None)
        if makes is None or makes > at + 4:
            return False
    elif sentence.at(at) & {"fn.conj", "fn.prep", "fn.have", "fn.be", "fn.say", "fn.sub"}:
        return False
    return _vehicles(sentence, at, stop)


def _named_so(sentence: Sentence, mention: Mention) -> bool:
    """ "Pro One EV": the name itself says so, and is no "Mahindra EV arm"."""
    at = mention.j
    if at >= len(sentence.tokens) or "fn.electric" not in sentence.at(at):
        return False
    following = sentence.at(at + 1)
    return sentence.tokens[at].capital and not any(c.startswith("fn.unit.") for c in following)


def _adjective(sentence: Sentence, mention: Mention) -> bool:
    """« la voiturette électrique Aixam », "the electric-bus company Switch"."""
    last = mention.i - 1
    if last < 1 or not sentence.at(last) & {"fn.electric", "fn.vehicle"}:
        return False
    return _vehicles(sentence, max(mention.i - 4, 0), mention.i)


def _clause_end(sentence: Sentence, start: int) -> int:
    """Where the description ends: at a comma, a stop, or the next name."""
    for at in range(start, min(start + REACH, len(sentence.tokens))):
        other = sentence.mention_at(at)
        named = other is not None and other.entity.kind == "company"
        if named or sentence.tokens[at].low in (",", ";", ".", ":", "(", ")"):
            return at
    return min(start + REACH, len(sentence.tokens))


def _vehicles(sentence: Sentence, start: int, stop: int) -> bool:
    """Whether a stretch speaks of electric vehicles, and not of their parts."""
    inside = range(start, stop)
    if any("not-electric-unit" in sentence.at(at) for at in inside):
        return False
    for at in inside:
        if "fn.electric" in sentence.at(at):
            beside = range(max(start, at - TOGETHER), min(stop, at + TOGETHER))
            if any("fn.vehicle" in sentence.at(n) for n in beside):
                return True
    return False
