"""Constructions that tell a role in a way of their own, beside subject, object and prepositions."""

from __future__ import annotations

from worker.classify.document import Mention
from worker.classify.subjects import Frame, eligible, grammatical_subject, owner_before, whole


def bidders(frame: Frame) -> list[Mention]:
    """ "suitors for Worldline include A and B": who is listed after a word of including."""
    for hit in frame.sentence.of("fn.include"):
        for mention in frame.sentence.mentions:
            if hit.i >= frame.trigger.j and hit.j <= mention.i <= hit.j + 8 and eligible(mention):
                return whole(frame, mention)
    return []


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


def whose(frame: Frame) -> list[Mention]:
    """ "its bid", "Veolia's offer", « l'offre de Veolia sur Suez »: whose the named thing is."""
    sentence, trigger = frame.sentence, frame.trigger
    owner = owner_before(frame, trigger.i)
    if owner is not None and trigger.i - owner.j <= 3:
        return whole(frame, owner)
    last = sentence.at(trigger.j - 1) if trigger.j - trigger.i > 1 else set()
    bound = bool(last & {"fn.of", "fn.by", "fn.from"})
    agent = bool(last & {"fn.by", "fn.from"})
    for mention in sentence.mentions:
        if trigger.j <= mention.i <= trigger.j + 3 and (bound or mention.prep in ("of", "by")):
            later = any(m.i >= mention.j and m.prep in ("on", "for") for m in sentence.mentions)
            figure = any(f.i >= mention.j for f in sentence.figures)
            sure = agent or later or figure
            return whole(frame, mention) if eligible(mention) and sure else []
    return []


def facing(frame: Frame) -> list[Mention]:
    """ "Direct Line has rejected a takeover by Aviva": at whom an offer of another is made."""
    sentence, j = frame.sentence, frame.trigger.j
    told = sentence.at(j - 1) | (sentence.at(j) if j < len(sentence.tokens) else set())
    return grammatical_subject(frame) if frame.noun and told & {"fn.by", "fn.from"} else []


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
    """ "a venture in which both invest", « une société dont X prendrait 34 % »: the unit meant."""
    sentence = frame.sentence
    for at in range(frame.trigger.i - 1, max(frame.trigger.i - 8, 0), -1):
        concepts = sentence.at(at)
        part = "fn.include" in concepts or sentence.at(at - 1) & {"fn.in", "fn.of"}
        if "fn.rel" in concepts and part:
            before = [m for m in sentence.mentions if m.i < at and m.form == "unit"]
            return before[-1:]
    start = frame.trigger.i
    there = [m for m in sentence.mentions if m.form == "pronoun" and m.prep == "in"]
    return [m for m in there if start - 4 <= m.i < start][-1:]


def electric(frame: Frame) -> list[Mention]:
    """Any electric-vehicle company of the sentence, the nearest to the trigger first."""
    found = [m for m in frame.sentence.mentions if eligible(m) and m.entity.electric]
    return sorted(found, key=lambda m: abs(m.i - frame.trigger.i))[:1]


def held_by(frame: Frame) -> list[Mention]:
    """ "the 49% held by Stellantis", « détenus par Altice »."""
    for hit in frame.sentence.of("owned-by"):
        if hit.i < frame.anchor[0] - 2:
            continue
        for mention in frame.sentence.mentions:
            if hit.j <= mention.i <= hit.j + 8 and eligible(mention):
                return whole(frame, mention)
    return []
