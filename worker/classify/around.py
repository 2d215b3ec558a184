"""What stands around a capitalised word and tells whether it is a name, and of what."""

from __future__ import annotations

from worker.classify.document import Document, Sentence
from worker.classify.identity import Run

FINITE = frozenset({"pres", "past", "fut", "cond"})


def headed(run: Run) -> bool:
    """Whether a title opens with the name and a colon: "Ferrari: …"."""
    tokens = run.sentence.tokens
    return run.sentence.field == "title" and run.j < len(tokens) and tokens[run.j].low == ":"


def held(sentence: Sentence, i: int) -> bool:
    """Whether a name is what a stake is held in: "11% of …", « sa part dans … »."""
    at = i - 1
    if at < 1 or not sentence.at(at) & {"fn.of", "fn.in"}:
        return False
    if any(f.kind in ("percent", "split") and 0 <= at - f.j <= 2 for f in sentence.figures):
        return True
    near = sentence.at(at - 1) | sentence.at(at)
    return bool(near & {"stake", "shares", "capital-of", "fraction", "control-of"})


def venture(sentence: Sentence, i: int, j: int) -> bool:
    """Whether "the joint venture" stands right before a name or explains it after a comma."""
    after = range(j + 1, min(j + 4, len(sentence.tokens)))
    told = j < len(sentence.tokens) and sentence.tokens[j].low == ","
    return "jv" in sentence.at(i - 1) or (told and any("jv" in sentence.at(n) for n in after))


def noun(sentence: Sentence, at: int) -> bool:
    """Whether a plain noun follows, to which an adjective would belong."""
    if at >= len(sentence.tokens):
        return False
    plain = sentence.tokens[at].text[0].islower()
    return plain and not any(
        c.startswith("fn.") and not c.startswith(("fn.kind", "fn.unit")) for c in sentence.at(at)
    )


def acts(sentence: Sentence, j: int) -> bool:
    """Whether what follows a word makes it a name: a verb, "'s", or ", which"."""
    tokens = sentence.tokens
    if j >= len(tokens):
        return False
    if tokens[j].low in ("'s", "'"):
        return True
    if tokens[j].low == ",":
        return j + 1 < len(tokens) and "fn.rel" in sentence.at(j + 1)
    following = sentence.at(j)
    if following & {"fn.have", "fn.will", "fn.say", "fn.be", "fn.modal", "fn.ne"}:
        return True
    return any(h.i == j and (h.tag in FINITE or h.concept == "now-owned") for h in sentence.hits)


def lowercased(document: Document) -> set[str]:
    """Words that the item also writes small, so that their capital says nothing."""
    return {
        token.low
        for sentence in document.sentences
        if sentence.field == "text"
        for token in sentence.tokens
        if token.text[:1].islower()
    }


def title_case(sentence: Sentence) -> bool:
    """Whether a title writes most of its words with a capital."""
    words = [t.text for t in sentence.tokens if t.text[0].isalpha() and len(t.text) > 3]
    return len(words) > 3 and sum(w[0].isupper() for w in words) >= 0.8 * len(words)
