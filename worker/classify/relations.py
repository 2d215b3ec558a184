"""Who does what to whom: the company that fills a slot, found from a trigger or an anchor.

Without a parse the word order, the prepositions and the voice decide. Each relation is a small
function from a sentence, the trigger and the anchor (the stake, the unit …) to mentions.
"""

from __future__ import annotations

from collections.abc import Callable

from worker.classify.asides import aside, describes
from worker.classify.attach import verbal
from worker.classify.document import Mention
from worker.classify.subjects import INNER, Frame, eligible, grammatical_subject, whole

Relation = Callable[[Frame], list[Mention]]


def subject(frame: Frame) -> list[Mention]:
    """Who acts: the subject of an active verb, the agent of a passive one, a noun's owner."""
    if frame.group.passive:
        return by(frame)
    if frame.noun:
        owner = _owner_before(frame, frame.trigger.i)
        if owner is not None:
            return whole(frame, owner)
        agent = by(frame)
        if agent:
            return agent
    return grammatical_subject(frame)


def patient(frame: Frame) -> list[Mention]:
    """What is acted on: the subject of a passive verb, otherwise the direct object."""
    if frame.group.passive:
        return grammatical_subject(frame)
    return direct_object(frame)


def direct_object(frame: Frame) -> list[Mention]:
    """The first mention after the verb that no preposition governs."""
    for mention in frame.sentence.mentions:
        if mention.i >= frame.trigger.j and eligible(mention):
            if mention.i and "fn.rel" in frame.sentence.at(mention.i - 1):
                return []
            own = mention.prep == "" or (frame.noun and mention.prep == "of")
            if own or _governed_by_trigger(frame, mention):
                return whole(frame, mention) if mention.i - frame.trigger.j < 14 else []
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
            if name == "by" and _another_did(frame, mention):
                return []
            if not mention.possessive and describes(frame.sentence, mention):
                continue
            best = mention
            break
        return whole(frame, best)

    return relation


def _another_did(frame: Frame, mention: Mention) -> bool:
    """ "an investment in Rivian, already backed by Amazon": the agent of another verb."""
    sentence = frame.sentence
    between = range(frame.trigger.j, mention.i)
    if any("fn.rel" in sentence.at(at) for at in between):
        return True
    return frame.noun and any(
        verbal(sentence, at) or (sentence.tokens[at].low == "," and at > frame.trigger.j)
        for at in between
    )


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
            return whole(frame, mention)
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
        return whole(frame, owner)
    end = frame.anchor[1]
    for mention in frame.sentence.mentions:
        if end <= mention.i <= end + 6 and mention.prep == "of" and eligible(mention):
            later = [m for m in frame.sentence.mentions if m.i >= mention.j and m.prep == "in"]
            return whole(frame, mention) if later else []
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
                return whole(frame, mention)
    return []


def before(frame: Frame) -> list[Mention]:
    """The nearest mention before the trigger, whatever governs it."""
    for mention in reversed(frame.sentence.mentions):
        if mention.j <= frame.trigger.i and eligible(mention) and mention.prep not in INNER:
            return whole(frame, mention)
    return []


def after(frame: Frame) -> list[Mention]:
    """The nearest mention after the trigger, whatever governs it."""
    for mention in frame.sentence.mentions:
        if mention.i >= frame.trigger.j and eligible(mention):
            return whole(frame, mention)
    return []


def all_of_them(frame: Frame) -> list[Mention]:
    """Every company of the sentence that is more than an aside, in order."""
    found = [
        m
        for m in frame.sentence.mentions
        if eligible(m) and m.entity.kind != "unit" and not m.entity.unnamed
    ]
    sure = [m for m in found if any(e.strong or e.count > 1 for e in m.entities)]
    if len({e for m in sure for e in m.entities}) > 1:
        found = sure
    central = [m for m in found if not aside(frame.sentence, m, frame.trigger)]
    return central if len({e for m in central for e in m.entities}) > 1 else found


def talks_with(frame: Frame) -> list[Mention]:
    """ "in talks with Michelin to acquire …": the other side of what precedes the trigger."""
    for mention in reversed(frame.sentence.mentions):
        if mention.j <= frame.trigger.i and mention.prep == "with" and eligible(mention):
            return whole(frame, mention)
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


def agent(frame: Frame) -> list[Mention]:
    """Who does what a noun names: "Renault's exit", « la montée de Vivendi », "a rise by Exor"."""
    if not frame.noun:
        return subject(frame)
    owner = _owner_before(frame, frame.trigger.i)
    if owner is not None:
        return whole(frame, owner)
    for mention in frame.sentence.mentions:
        if frame.trigger.j <= mention.i <= frame.trigger.j + 3 and mention.prep in ("of", "by"):
            return whole(frame, mention) if eligible(mention) else []
    return []


def whose(frame: Frame) -> list[Mention]:
    """ "its bid", "Veolia's offer", « l'offre de Veolia sur Suez »: whose the named thing is."""
    sentence, trigger = frame.sentence, frame.trigger
    owner = _owner_before(frame, trigger.i)
    if owner is not None and trigger.i - owner.j <= 3:
        return whole(frame, owner)
    bound = bool(sentence.at(trigger.j - 1) & {"fn.of", "fn.by"})
    for mention in sentence.mentions:
        if trigger.j <= mention.i <= trigger.j + 3 and (bound or mention.prep in ("of", "by")):
            later = any(m.i >= mention.j and m.prep in ("on", "for") for m in sentence.mentions)
            figure = any(f.i >= mention.j for f in sentence.figures)
            return whole(frame, mention) if eligible(mention) and (later or figure) else []
    return []


def pair(frame: Frame) -> list[Mention]:
    """ "a merger between A and B": both sides in one breath after the trigger."""
    for mention in frame.sentence.mentions:
        if mention.i >= frame.trigger.j and mention.prep == "with" and eligible(mention):
            both = whole(frame, mention)
            return both if len({e for m in both for e in m.entities}) > 1 else []
    return []


def into(frame: Frame) -> list[Mention]:
    """ "merge their businesses into a joint company": the new company that comes of it."""
    for mention in frame.sentence.mentions:
        new = mention.entity.kinds & {"venture", "newco"}
        near = frame.trigger.j <= mention.i <= frame.trigger.j + 14
        if near and mention.form == "unit" and new and mention.prep in ("in", "to", "prep"):
            return [mention]
    return []


def given_to(frame: Frame) -> list[Mention]:
    """ "will bring a billion to the unit in return for 11%": who got it, before the trigger."""
    for mention in reversed(frame.sentence.mentions):
        if mention.j <= frame.trigger.i and mention.prep in ("to", "in") and eligible(mention):
            return [mention]
    return []


def dative(frame: Frame) -> list[Mention]:
    """« afin de lui céder le contrôle »: to whom, told by a pronoun before the verb."""
    for mention in frame.sentence.mentions:
        near = mention.j <= frame.trigger.i <= mention.j + 1
        if near and mention.form == "pronoun" and mention.prep == "to":
            return [mention]
    return []


def giver(frame: Frame) -> list[Mention]:
    """Who gives, where a pronoun told to whom."""
    return grammatical_subject(frame) if dative(frame) else []


def just_before(frame: Frame) -> list[Mention]:
    """ "get Geely as shareholder": the company right before the trigger."""
    for mention in frame.sentence.mentions:
        if 0 <= frame.trigger.i - mention.j <= 1 and not mention.prep and eligible(mention):
            return [mention]
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
    "main-subject": grammatical_subject,
    "venture-before": venture_before,
    "talks-with": talks_with,
    "on": _prepositional("on"),
    "prep": _prepositional("prep"),
    "electric": electric,
    "company-object": company_object,
    "relative": relative,
    "agent": agent,
    "noun-agent": lambda frame: agent(frame) if frame.noun else [],
    "topic": topic,
    "just-before": just_before,
    "dative": dative,
    "giver": giver,
    "whose": whose,
    "pair": pair,
    "into": into,
    "given-to": given_to,
    "already-held": already_held,
    "anchor": at_anchor,
}
"""What a rule may name in a slot."""
