"""What governs each mention: the preposition before it, and who is named in one breath with it."""

from __future__ import annotations

from worker.classify.document import Mention, Sentence

PREPOSITIONS = (
    "fn.in",
    "fn.from",
    "fn.by",
    "fn.with",
    "fn.for",
    "fn.on",
    "fn.prep",
    "fn.to",
    "fn.of",
)
"""In the order in which they win at one word: « auprès de », « lors de » are no mere « de »."""
BREAKS = frozenset(
    {"fn.be", "fn.have", "fn.will", "fn.modal", "fn.say", "fn.rel", "fn.sub", "fn.not"}
)
REACH = 9


def attach(sentence: Sentence) -> None:
    """Fill `prep` and `joined` of every mention of the sentence, from left to right."""
    mentions = sentence.mentions
    tokens = sentence.tokens
    for mention in mentions:
        if mention.form != "name" and mention.j < len(tokens):
            mention.possessive = tokens[mention.j].low in ("'s", "'")
        if mention.form == "name" and _names_owner(sentence, mention):
            mention.possessive = True
        if mention.form == "pronoun" and mention.prep in ("to", "in"):
            continue
        mention.prep = ""
        mention.joined = None
        before = _neighbour(sentence, mention)
        if before is not None:
            mention.joined = before
            mention.prep = before.prep
        else:
            mention.prep = _preposition(sentence, mention)
            if mention.prep == "of" and _speaks_for(sentence, mention):
                mention.prep = ""
            again = _in_brackets(sentence, mention)
            if again is not None:
                mention.prep = again.prep
        if mention.possessive and "fn.organ" in sentence.at(
            min(mention.j + 1, len(sentence.tokens) - 1)
        ):
            mention.possessive = False


def breath(sentence: Sentence, mention: Mention) -> list[Mention]:
    """All mentions of the enumeration to which this one belongs, in order."""
    first = mention
    while first.joined is not None:
        first = first.joined
    out = [first]
    for other in sentence.mentions:
        if other.joined is not None and other.joined in out:
            out.append(other)
    return out


def _names_owner(sentence: Sentence, mention: Mention) -> bool:
    """ "Cartier owner Richemont", "Zeekr parent Geely": a name that only says whose owner."""
    if "parent-company" not in sentence.at(mention.j):
        return False
    named = sentence.mention_at(mention.j + 1)
    return named is not None and named.form == "name"


def _in_brackets(sentence: Sentence, mention: Mention) -> Mention | None:
    """ "Jiangling Motors (JMCG)": the same company, just before the bracket."""
    if mention.i < 2 or sentence.tokens[mention.i - 1].low != "(":
        return None
    other = sentence.mention_at(mention.i - 2)
    return other if other is not None and other.entities == mention.entities else None


def _speaks_for(sentence: Sentence, mention: Mention) -> bool:
    """ "the board of X", « le conseil d'administration d'Engie »: the company itself acts."""
    for at in range(mention.i - 1, max(mention.i - 4, -1), -1):
        if "fn.of" in sentence.at(at):
            return at > 0 and "fn.organ" in sentence.at(at - 1)
    return False


def _neighbour(sentence: Sentence, mention: Mention) -> Mention | None:
    """The mention that stands before this one in an enumeration: "A, B and C"."""
    tokens, at = sentence.tokens, mention.i - 1
    steps = 0
    linked = False
    repeated = ""
    while at >= 0 and steps < 6:
        concepts = sentence.at(at)
        low = tokens[at].low
        if "fn.conj" in concepts:
            linked = True
        elif low == ",":
            linked = linked or _list_goes_on(sentence, mention) or _headline_pair(sentence, at)
            if not linked:
                return None
        elif low in ("/", "-") and tokens[at].end == tokens[at + 1].start:
            linked = True
        else:
            other = sentence.mention_at(at)
            if other is not None and other is not mention:
                same = not repeated or other.prep == repeated
                return other if linked and same and other.form != "pronoun" else None
            if low in ("(", ")") or low in ("'s",):
                at -= 1
                steps += 1
                continue
            again = _repeated(sentence, at, mention.i)
            if again and not linked and not repeated:
                repeated = again
                at -= 1
                continue
            if concepts & BREAKS or any(p in concepts for p in PREPOSITIONS):
                return None
            if linked and not _describes(sentence, at):
                return None
        at -= 1
        steps += 1
    return None


def _repeated(sentence: Sentence, at: int, i: int) -> str:
    """« les parts de Castlelake et de Lind »: the preposition said again after "and"."""
    if at < 1 or i - at > 2 or "fn.conj" not in sentence.at(at - 1):
        return ""
    return next((p.removeprefix("fn.") for p in PREPOSITIONS if p in sentence.at(at)), "")


def _describes(sentence: Sentence, at: int) -> bool:
    """A word that may stand between the parts of an enumeration: article, title, description."""
    token = sentence.tokens[at]
    return token.text[0].isalpha() or token.low in ("-",)


def _headline_pair(sentence: Sentence, comma: int) -> bool:
    """ "Honda, Nissan end talks": in a headline a comma stands for "and"."""
    if sentence.field != "title":
        return False
    left, right = sentence.mention_at(comma - 1), sentence.mention_at(comma + 1)
    return left is not None and right is not None and left.form == right.form == "name"


def _list_goes_on(sentence: Sentence, mention: Mention) -> bool:
    """Whether an enumeration that reached this mention by a comma ends in "and X" soon."""
    tokens = sentence.tokens
    at = mention.j
    while at < len(tokens) and at - mention.j < 8:
        if "fn.conj" in sentence.at(at):
            nxt = next((m for m in sentence.mentions if at < m.i <= at + 5), None)
            return nxt is not None and at + 1 <= nxt.i
        if tokens[at].low != "," and sentence.mention_at(at) is None:
            return False
        at += 1
    return False


def _preposition(sentence: Sentence, mention: Mention) -> str:
    at, steps = mention.i - 1, 0
    tokens = sentence.tokens
    own = sentence.at(mention.i)
    if mention.form in ("unit", "nominal", "group"):
        for name in PREPOSITIONS:  # the article may have swallowed it: "du groupe"
            if name in own and "fn.merged" in own:
                return name.removeprefix("fn.")
    while at >= 0 and steps < REACH:
        concepts = sentence.at(at)
        for name in PREPOSITIONS:
            if name in concepts and _within_description(sentence, at, steps):
                break
            if name in concepts:
                opened = at <= 1 and steps >= 2 and _acts(sentence, mention.j)
                return "" if opened else name.removeprefix("fn.")
        if concepts & BREAKS or "fn.conj" in concepts:
            return ""
        other = sentence.mention_at(at)
        if other is not None and not other.possessive and other.form != "unit":
            return ""
        if not (tokens[at].text[0].isalnum() or tokens[at].low in ("-", "'s", "'", '"', "«", "“")):
            return ""
        if verbal(sentence, at) and not (at and tokens[at - 1].low == "-"):
            return ""
        at -= 1
        steps += 1
    return ""


def _within_description(sentence: Sentence, at: int, steps: int) -> bool:
    """ "the maker of vans Arrival", « la société d'investissement F2i »: its own "of" is inside."""
    inner = range(at + 1, at + steps + 1)
    if not steps or not sentence.at(at) & {"fn.of", "fn.to"}:
        return False
    if any("fn.det" in sentence.at(n) or sentence.tokens[n].capital for n in inner):
        return False
    for left in range(at - 1, max(at - 6, -1), -1):
        concepts = sentence.at(left)
        if any(c.startswith("fn.kind.") for c in concepts):
            return True
        plain = sentence.tokens[left].text[0].islower() and "fn.det" not in concepts
        if not plain or verbal(sentence, left):
            return False
    return False


def _acts(sentence: Sentence, j: int) -> bool:
    """ "In the other direction Nissan has paid": before a verb a name is a subject."""
    if j >= len(sentence.tokens):
        return False
    return bool(sentence.at(j) & {"fn.have", "fn.be", "fn.will", "fn.modal", "fn.say"})


VERB_TAGS = frozenset({"pres", "past", "part", "inf", "ger", "fut", "cond"})


def verbal(sentence: Sentence, at: int) -> bool:
    """Whether a token belongs to a verb that some concept knows."""
    return any(
        hit.i <= at < hit.j and hit.tag in VERB_TAGS and not hit.concept.startswith("fn.")
        for hit in sentence.hits
    )
