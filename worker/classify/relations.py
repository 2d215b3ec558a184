"""Who does what to whom: the company that fills a slot, found from a trigger or an anchor.

Without a parse the word order, the prepositions and the voice decide. Each relation is a small
function from a sentence, the trigger and the anchor (the stake, the unit …) to mentions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from worker.classify.attach import breath
from worker.classify.document import Hit, Mention, Sentence
from worker.classify.tense import VerbGroup

COMPANY = frozenset({"company", "unknown", "unit"})
KNOWN = ("fn.", "status.", "when.", "amount.", "stake", "shares")
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


Relation = Callable[[Frame], list[Mention]]


def eligible(mention: Mention) -> bool:
    """Whether a mention may fill a slot for companies."""
    return mention.entity.kind in COMPANY


def _whole(frame: Frame, mention: Mention | None) -> list[Mention]:
    if mention is None:
        return []
    return [m for m in breath(frame.sentence, mention) if eligible(m)] or [mention]


def subject(frame: Frame) -> list[Mention]:
    """Who acts: the subject of an active verb, the agent of a passive one, a noun's owner."""
    if frame.group.passive:
        return by(frame)
    if frame.noun:
        owner = _owner_before(frame, frame.trigger.i)
        if owner is not None:
            return _whole(frame, owner)
        agent = by(frame)
        if agent:
            return agent
    return _grammatical_subject(frame)


def patient(frame: Frame) -> list[Mention]:
    """What is acted on: the subject of a passive verb, otherwise the direct object."""
    if frame.group.passive:
        return _grammatical_subject(frame)
    return direct_object(frame)


def _grammatical_subject(frame: Frame) -> list[Mention]:
    sentence, start = frame.sentence, frame.group.start
    before = [m for m in sentence.mentions if m.j <= start and eligible(m)]
    if not before:
        return []
    antecedent = _relative_antecedent(sentence, start, before)
    if antecedent is not None:
        return _whole(frame, antecedent)
    if frame.trigger.tag == "inf":
        told = before[-1]
        if told.prep == "to" and all("fn.of" in sentence.at(n) for n in range(told.j, start)):
            return _whole(frame, told)
    for mention in reversed(before):
        if mention.possessive or mention.prep or _inside_relative(sentence, mention, start):
            continue
        if frame.noun and mention.j == start and not sentence.at(start) & AUXILIARY:
            continue
        return _whole(frame, mention)
    agents = [m for m in before if m.prep == "by"]
    return _whole(frame, agents[-1]) if agents else []


def _relative_antecedent(sentence: Sentence, start: int, before: list[Mention]) -> Mention | None:
    """The mention to which a relative pronoun just before the verb refers."""
    for at in range(start - 1, max(start - 4, -1), -1):
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
    """Whether a mention is the subject of a relative clause that has closed before the verb."""
    if mention.i == 0 or "fn.rel" not in sentence.at(mention.i - 1):
        return False
    return any(sentence.tokens[at].low == "," for at in range(mention.j, start))


def direct_object(frame: Frame) -> list[Mention]:
    """The first mention after the verb that no preposition governs."""
    for mention in frame.sentence.mentions:
        if mention.i >= frame.trigger.j and eligible(mention):
            own = mention.prep == "" or (frame.noun and mention.prep == "of")
            if own or _governed_by_trigger(frame, mention):
                return _whole(frame, mention) if mention.i - frame.trigger.j < 14 else []
            return []
    return []


def _governed_by_trigger(frame: Frame, mention: Mention) -> bool:
    """ "mettre la main sur Cora": the preposition is the verb's own last word."""
    last = frame.trigger.j - 1
    inner = frame.sentence.at(last) & {f"fn.{mention.prep}"} if mention.prep else set()
    return bool(inner) and last > frame.trigger.i and mention.i - frame.trigger.j <= 2


def _prepositional(name: str) -> Relation:
    def relation(frame: Frame) -> list[Mention]:
        best: Mention | None = None
        for mention in frame.sentence.mentions:
            if mention.i < frame.trigger.j or mention.prep != name or not eligible(mention):
                continue
            if not mention.possessive and describes(frame.sentence, mention):
                continue
            best = mention
            break
        return _whole(frame, best)

    return relation


by = _prepositional("by")


def of_anchor(frame: Frame) -> list[Mention]:
    """ "15% of Nissan", "du capital de Suez": what follows the anchor with `of`."""
    return _after_anchor(frame, "of", 8)


def in_anchor(frame: Frame) -> list[Mention]:
    """ "a stake in Nissan", « sa participation dans Nissan »."""
    return _after_anchor(frame, "in", 14)


def _after_anchor(frame: Frame, prep: str, reach: int) -> list[Mention]:
    end = frame.anchor[1]
    for mention in frame.sentence.mentions:
        if mention.i < frame.anchor[0] or not eligible(mention):
            continue
        if mention.i - end > reach:
            return []
        if mention.prep == prep:
            return _whole(frame, mention)
    return []


def compound(frame: Frame) -> list[Mention]:
    """ "Nissan shares", « actions PSA »: a name that stands right beside the anchor."""
    i, j = frame.anchor
    for mention in frame.sentence.mentions:
        if not eligible(mention) or mention.form == "pronoun":
            continue
        if mention.j == i and not mention.possessive:
            return [mention]
        if mention.i == j and mention.prep == "":
            return [mention]
    return []


def owner_of_anchor(frame: Frame) -> list[Mention]:
    """ "Renault's stake", « la participation de Renault dans Nissan »."""
    owner = _owner_before(frame, frame.anchor[0])
    if owner is not None:
        return _whole(frame, owner)
    end = frame.anchor[1]
    for mention in frame.sentence.mentions:
        if end <= mention.i <= end + 6 and mention.prep == "of" and eligible(mention):
            later = [m for m in frame.sentence.mentions if m.i >= mention.j and m.prep == "in"]
            return _whole(frame, mention) if later else []
    return []


def _owner_before(frame: Frame, at: int) -> Mention | None:
    for mention in reversed(frame.sentence.mentions):
        if mention.j <= at and mention.possessive and eligible(mention):
            return mention if at - mention.j <= 6 else None
    return None


def held_by(frame: Frame) -> list[Mention]:
    """ "the 49% held by Stellantis", « détenus par Altice »."""
    for hit in frame.sentence.of("owned-by"):
        if hit.i < frame.anchor[0] - 2:
            continue
        for mention in frame.sentence.mentions:
            if hit.j <= mention.i <= hit.j + 8 and eligible(mention):
                return _whole(frame, mention)
    return []


def before(frame: Frame) -> list[Mention]:
    """The nearest mention before the trigger, whatever governs it."""
    for mention in reversed(frame.sentence.mentions):
        if mention.j <= frame.trigger.i and eligible(mention) and mention.prep not in INNER:
            return _whole(frame, mention)
    return []


def after(frame: Frame) -> list[Mention]:
    """The nearest mention after the trigger, whatever governs it."""
    for mention in frame.sentence.mentions:
        if mention.i >= frame.trigger.j and eligible(mention):
            return _whole(frame, mention)
    return []


def all_of_them(frame: Frame) -> list[Mention]:
    """Every company of the sentence, in order."""
    found = [
        m
        for m in frame.sentence.mentions
        if eligible(m) and m.entity.kind != "unit" and not m.entity.unnamed
    ]
    sure = [m for m in found if any(e.strong or e.count > 1 for e in m.entities)]
    return sure if len({e for m in sure for e in m.entities}) > 1 else found


def talks_with(frame: Frame) -> list[Mention]:
    """ "in talks with Michelin to acquire …": the other side of what precedes the trigger."""
    for mention in reversed(frame.sentence.mentions):
        if mention.j <= frame.trigger.i and mention.prep == "with" and eligible(mention):
            return _whole(frame, mention)
    return []


def venture_before(frame: Frame) -> list[Mention]:
    """The company or unit just before the trigger that the participle describes."""
    for mention in reversed(frame.sentence.mentions):
        if mention.j <= frame.trigger.i and eligible(mention):
            return [mention] if frame.trigger.i - mention.j < 3 else []
    return []


def at_trigger(frame: Frame) -> list[Mention]:
    """The venture or unit that the trigger itself names: "a 50-50 joint venture"."""
    for mention in frame.sentence.mentions:
        if mention.i < frame.trigger.j and frame.trigger.i < mention.j and eligible(mention):
            return [mention]
    return []


def company_object(frame: Frame) -> list[Mention]:
    """A company that is itself bought: not "six Airbus jets", not "Tesla cars"."""
    found = patient(frame)
    tokens = frame.sentence.tokens
    for mention in found[:1]:
        before = tokens[mention.i - 1].low if mention.i else ""
        if before[:1].isdigit() or "fn.number" in frame.sentence.at(mention.i - 1):
            return []
        if mention.possessive or mention.form == "pronoun":
            return []
        if mention.i >= frame.trigger.j and describes(frame.sentence, mention):
            return []
    return found


def describes(sentence: Sentence, mention: Mention) -> bool:
    """Whether a name only describes the noun after it: "Tesla cars", "F414 engine technology"."""
    if mention.form != "name" or mention.j >= len(sentence.tokens):
        return False
    if any(figure.i == mention.j for figure in sentence.figures):
        return False
    after = sentence.tokens[mention.j]
    concepts = sentence.at(mention.j)
    plain = after.text[0].islower() or after.text[0].isdigit()
    known = any(c.startswith(KNOWN) for c in concepts)
    return plain and not known


def agent(frame: Frame) -> list[Mention]:
    """Who does what a noun names: "Renault's exit", « la montée de Vivendi », "a rise by Exor"."""
    if not frame.noun:
        return subject(frame)
    owner = _owner_before(frame, frame.trigger.i)
    if owner is not None:
        return _whole(frame, owner)
    for mention in frame.sentence.mentions:
        if frame.trigger.j <= mention.i <= frame.trigger.j + 3 and mention.prep in ("of", "by"):
            return _whole(frame, mention) if eligible(mention) else []
    return []


def already_held(frame: Frame) -> list[Mention]:
    """ "Brookfield, which already owns 10% of Neoen, will launch an offer": Neoen."""
    sentence = frame.sentence
    for hit in sentence.of("owned", "owned.weak", "holds"):
        before = range(max(hit.i - 3, 0), hit.i)
        if hit.j <= frame.trigger.i and any("fn.rel" in sentence.at(at) for at in before):
            for mention in sentence.mentions:
                if hit.j <= mention.i <= hit.j + 6 and mention.prep in ("of", "in"):
                    return [mention] if eligible(mention) else []
    return []


def at_anchor(frame: Frame) -> list[Mention]:
    """The venture or unit that the anchor itself names."""
    i, j = frame.anchor
    return [m for m in frame.sentence.mentions if m.i < j and i < m.j and eligible(m)][:1]


def topic(frame: Frame) -> list[Mention]:
    """ "Vivendi: Bollore goes to 29.9%": the company that a title names before a colon."""
    sentence = frame.sentence
    for mention in sentence.mentions[:1]:
        if mention.i <= 1 and mention.j < len(sentence.tokens) and eligible(mention):
            return [mention] if sentence.tokens[mention.j].low == ":" else []
    return []


def relative(frame: Frame) -> list[Mention]:
    """ "a venture in which both invest": the unit to which the relative pronoun refers."""
    sentence = frame.sentence
    for at in range(frame.trigger.i - 1, max(frame.trigger.i - 8, 0), -1):
        if "fn.rel" in sentence.at(at) and "fn.in" in sentence.at(at - 1):
            before = [m for m in sentence.mentions if m.i < at and m.form == "unit"]
            return before[-1:]
    start = frame.trigger.i
    there = [m for m in sentence.mentions if m.form == "pronoun" and m.prep == "in"]
    return [m for m in there if start - 4 <= m.i < start][-1:]


def electric(frame: Frame) -> list[Mention]:
    """Any electric-vehicle company of the sentence, the nearest to the trigger first."""
    found = [m for m in frame.sentence.mentions if eligible(m) and m.entity.electric]
    return sorted(found, key=lambda m: abs(m.i - frame.trigger.i))[:1]


RELATIONS: dict[str, Relation] = {
    "subject": subject,
    "object": patient,
    "by": by,
    "from": _prepositional("from"),
    "to": _prepositional("to"),
    "with": _prepositional("with"),
    "for": _prepositional("for"),
    "in": _prepositional("in"),
    "of": _prepositional("of"),
    "of-anchor": of_anchor,
    "in-anchor": in_anchor,
    "compound": compound,
    "owner-of-anchor": owner_of_anchor,
    "held-by": held_by,
    "before": before,
    "after": after,
    "all": all_of_them,
    "trigger": at_trigger,
    "main-subject": _grammatical_subject,
    "venture-before": venture_before,
    "talks-with": talks_with,
    "on": _prepositional("on"),
    "prep": _prepositional("prep"),
    "electric": electric,
    "company-object": company_object,
    "relative": relative,
    "agent": agent,
    "topic": topic,
    "already-held": already_held,
    "anchor": at_anchor,
}
"""What a rule may name in a slot."""
