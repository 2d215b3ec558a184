"""Companies that a sentence names only in passing: as somebody's owner, as a product's maker."""

from __future__ import annotations

from worker.classify.attach import breath, verbal
from worker.classify.document import Hit, Mention, Sentence

KNOWN = ("fn.", "status.", "when.", "amount.", "stake", "shares", "owned", "for-sale")
REACH = 6
ARTICLES = frozenset({"a", "an", "un", "une"})


def describes(sentence: Sentence, mention: Mention) -> bool:
    """Whether a name only describes the noun after it: "Tesla cars", "F414 engine technology"."""
    if mention.form != "name" or mention.j >= len(sentence.tokens):
        return False
    beside = sentence.mention_at(mention.j)
    if _one_of_many(sentence, mention) or (beside is not None and beside.form == "name"):
        return True
    mention = breath(sentence, mention)[-1] if mention.joined is None else mention
    if mention.j >= len(sentence.tokens):
        return False
    if any(figure.i == mention.j for figure in sentence.figures):
        return False
    after = sentence.tokens[mention.j]
    concepts = sentence.at(mention.j)
    if after.low.endswith("s") and any(c.startswith("fn.unit.") for c in concepts):
        return True  # "the Life Savers and Altoids brands"
    plain = after.text[0].islower() or after.text[0].isdigit()
    known = any(c.startswith(KNOWN) for c in concepts) or verbal(sentence, mention.j)
    return plain and not known


def _one_of_many(sentence: Sentence, mention: Mention) -> bool:
    """ "buying a new Honda", « une Renault »: after such an article a name is a product's."""
    for at in range(mention.i - 1, max(mention.i - 3, -1), -1):
        if sentence.tokens[at].low in ARTICLES:
            return True
        plain = sentence.tokens[at].low.isalpha() and sentence.tokens[at].text[0].islower()
        if not plain or any(c.startswith(("fn.", "stake")) for c in sentence.at(at)):
            return False
    return False


def aside(sentence: Sentence, mention: Mention, trigger: Hit) -> bool:
    """Whether a company has no part in what the trigger tells."""
    return secondary(sentence, mention, trigger) or _in_participle(sentence, mention, trigger)


def secondary(sentence: Sentence, mention: Mention, trigger: Hit) -> bool:
    """Whether a name only belongs to another one's description."""
    later = bool(mention.prep) or mention.i > trigger.i
    return (
        (later and describes(sentence, mention))
        or owns_apposed(sentence, mention)
        or _product(sentence, mention)
    )


def owns_apposed(sentence: Sentence, mention: Mention) -> bool:
    """ "Volkswagen's unit PowerCo", « Cariad, la filiale logicielle de Volkswagen »."""
    tokens = sentence.tokens
    if mention.possessive:
        for at in range(mention.j + 1, min(mention.j + REACH, len(tokens))):
            if any(c.startswith("fn.unit.") for c in sentence.at(at)):
                named = sentence.mention_at(at + 1)
                return named is not None and named.form == "name"
        return False
    if mention.prep != "of":
        return False
    for at in range(mention.i - 1, max(mention.i - REACH, 0), -1):
        if any(c.startswith("fn.unit.") for c in sentence.at(at)):
            before = range(max(at - 3, 0), at)
            return any(tokens[n].low == "," for n in before)
    return False


def _in_participle(sentence: Sentence, mention: Mention, trigger: Hit) -> bool:
    """« conçu avec Qualcomm », "invented by …": what another participle brings in."""
    if mention.prep not in ("by", "with"):
        return False
    for at in range(mention.i - 1, max(mention.i - REACH, 0), -1):
        if sentence.at(at) & {"fn.by", "fn.with"}:
            own = trigger.i <= at - 1 < trigger.j
            word = sentence.tokens[at - 1].low
            made = "fn.made" in sentence.at(at - 1) or any(
                h.i <= at - 1 < h.j and h.tag in ("part", "past") for h in sentence.hits
            )
            return not own and made and word.isalpha()
    return False


def _product(sentence: Sentence, mention: Mention) -> bool:
    """ "Suzuki's first electric Swift": a name on no list right after its maker's."""
    if mention.entity.known or mention.form != "name":
        return False
    for at in range(mention.i - 1, max(mention.i - 4, -1), -1):
        if sentence.tokens[at].low in ("'s", "'"):
            owner = sentence.mention_at(at - 1)
            return owner is not None and owner.entity is not mention.entity
        if any(c.startswith(("fn.kind.", "fn.unit.")) for c in sentence.at(at)):
            return False
    return False
