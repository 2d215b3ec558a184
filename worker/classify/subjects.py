"""Who acts: the company that is the subject of the verb at a trigger.

Without a parse the word order, the prepositions and the clauses that open and close decide.
"""

from __future__ import annotations

from dataclasses import dataclass

from worker.classify.attach import breath
from worker.classify.document import Hit, Mention, Sentence
from worker.classify.tense import VerbGroup

COMPANY = frozenset({"company", "unknown", "unit"})
INNER = frozenset({"of", "in", "from", "with"})
AUXILIARY = frozenset({"fn.have", "fn.be", "fn.will", "fn.modal", "fn.ne"})


@dataclass(frozen=True, slots=True)
class Frame:
    """A trigger in its sentence, with the span that anchors the slots."""

    sentence: Sentence
    trigger: Hit
    group: VerbGroup
    anchor: tuple[int, int]

    @property
    def noun(self) -> bool:
        return self.group.time == "noun"


def eligible(mention: Mention) -> bool:
    """Whether a mention may fill a slot for companies."""
    return mention.entity.kind in COMPANY


def whole(frame: Frame, mention: Mention | None) -> list[Mention]:
    if mention is None:
        return []
    return [m for m in breath(frame.sentence, mention) if eligible(m)] or [mention]


def grammatical_subject(frame: Frame) -> list[Mention]:
    """The company before the verb that no preposition and no other clause keeps from acting."""
    sentence, start = frame.sentence, frame.group.start
    before = [m for m in sentence.mentions if m.j <= start and eligible(m)]
    if not before:
        return []
    opened = start + 1 if "fn.rel" in sentence.at(start) else start
    antecedent = _relative_antecedent(sentence, opened, before)
    if antecedent is not None:
        return whole(frame, antecedent)
    if frame.trigger.tag == "inf":
        told = before[-1]
        if told.prep == "to" and all("fn.of" in sentence.at(n) for n in range(told.j, start)):
            return whole(frame, told)
    participle = frame.trigger.tag == "ger" and start and sentence.tokens[start - 1].low == ","
    for mention in before if participle else reversed(before):
        if mention.possessive or mention.prep or _inside_relative(sentence, mention, start):
            continue
        if resumes(frame) and asked(sentence, mention):
            continue
        if frame.noun and mention.j == start and not sentence.at(start) & AUXILIARY:
            continue
        return whole(frame, mention)
    agents = [m for m in before if m.prep == "by"]
    return whole(frame, agents[-1]) if agents else []


def asked(sentence: Sentence, mention: Mention) -> bool:
    """« Nissan demande que Renault descende … »: who is to do what another one asks for."""
    at = mention.i
    return (
        at > 1 and "fn.sub" in sentence.at(at - 1) and "status.negotiating" in sentence.at(at - 2)
    )


def resumes(frame: Frame) -> bool:
    """« … et investirait »: after what was asked, in the subjunctive, the main clause goes on."""
    start = frame.group.start
    later = frame.trigger.tag in ("fut", "cond")
    return later and start > 0 and "fn.conj" in frame.sentence.at(start - 1)


def asker(frame: Frame) -> list[Mention]:
    """Whose "its" is that of who asks: « X demande que Y descende à 10 % de son capital »."""
    i, j = frame.anchor
    if not any("fn.poss" in frame.sentence.at(at) for at in range(i, j)):
        return []
    before = [m for m in frame.sentence.mentions if m.j <= frame.group.start and eligible(m)]
    if not before or not asked(frame.sentence, before[-1]):
        return []
    main = [m for m in before[:-1] if not m.prep and not m.possessive]
    return whole(frame, main[-1]) if main else []


def _relative_antecedent(sentence: Sentence, start: int, before: list[Mention]) -> Mention | None:
    """The mention to which a relative pronoun just before the verb refers."""
    for at in range(start - 1, max(start - 4, -1), -1):
        if "fn.upshot" in sentence.at(at):
            return next((m for m in before if not m.prep and not m.possessive), None)
        if "fn.rel" in sentence.at(at) and at:
            left = at - 1
            if sentence.tokens[left].low == ",":
                left -= 1
            apart = sentence.tokens[at - 1].low == ","
            for mention in reversed(before):
                if mention.j - 1 <= left and left - mention.j < 8:
                    inner = mention.prep in INNER and not apart and mention.j == left + 1
                    return None if inner else mention
            return None
        if sentence.mention_at(at) is not None or not sentence.tokens[at].text[0].isalpha():
            return None
    return None


def _inside_relative(sentence: Sentence, mention: Mention, start: int) -> bool:
    """Whether a mention stands in a relative clause that has closed before the verb."""
    tokens = sentence.tokens
    if not any(tokens[at].low == "," for at in range(mention.j, start)):
        return False
    if mention.i and "fn.rel" in sentence.at(mention.i - 1):
        return True
    for at in range(mention.i - 1, 0, -1):
        if tokens[at].low == ",":
            return False
        if "fn.rel" in sentence.at(at):
            return tokens[at - 1].low == ","
    return False


def owner_before(frame: Frame, at: int) -> Mention | None:
    """The company that owns what stands at a token: "Renault's remaining stake"."""
    for mention in reversed(frame.sentence.mentions):
        if mention.j <= at and mention.possessive and eligible(mention):
            return mention if at - mention.j <= 6 else None
    return None


def antecedent_owner(frame: Frame) -> Mention | None:
    """ "its parent Embraer, whose stake slips to 78%", « Exor, dont la part passera à 23 % »."""
    sentence, i = frame.sentence, frame.anchor[0]
    for at in range(i - 1, max(i - 4, 0), -1):
        if "fn.whose" in sentence.at(at):
            before = [m for m in sentence.mentions if m.j <= at and eligible(m)]
            return before[-1] if before and at - before[-1].j <= 1 else None
    return None
