"""Who does what to whom: the company that fills a slot, found from a trigger or an anchor.

Without a parse the word order, the prepositions and the voice decide. Each relation is a small
function from a sentence, the trigger and the anchor (the stake, the unit …) to mentions.
"""

from __future__ import annotations

from collections.abc import Callable

from worker.classify.asides import aside, describes, secondary
from worker.classify.attach import verbal
from worker.classify.constructions import (
    already_held,
    at_anchor,
    bidders,
    dative,
    electric,
    facing,
    given_to,
    giver,
    held_by,
    into,
    just_before,
    pair,
    relative,
    talks_with,
    topic,
    venture_before,
    whose,
)
from worker.classify.document import Entity, Mention
from worker.classify.possession import (
    beside_anchor,
    from_whom,
    its_owner,
    proposer,
    recipient,
    thing_itself,
    those_of,
    with_whom,
)
from worker.classify.subjects import (
    INNER,
    Frame,
    antecedent_owner,
    asker,
    eligible,
    grammatical_subject,
    owner_before,
    whole,
)

PLACES = frozenset({"of", "in"})
ENDS = frozenset({".", ";", "?", "!", "…"})
Relation = Callable[[Frame], list[Mention]]


def subject(frame: Frame) -> list[Mention]:
    """Who acts: the subject of an active verb, the agent of a passive one, a noun's owner."""
    if frame.group.passive:
        return by(frame)
    if frame.noun:
        owner = owner_before(frame, frame.trigger.i)
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
            between = range(frame.trigger.j, mention.i)
            if any(frame.sentence.tokens[n].low in ENDS for n in between):
                return []
            if frame.noun and any("fn.rel" in frame.sentence.at(n) for n in between):
                return []
            stops = not frame.noun and frame.sentence.tokens[frame.trigger.j].low == ","
            only = frame.noun and not mention.possessive and describes(frame.sentence, mention)
            if stops or only:
                return []
            own = mention.prep == "" or (frame.noun and mention.prep == "of")
            if own or _governed_by_trigger(frame, mention):
                return whole(frame, mention) if mention.i - frame.trigger.j < 14 else []
            return []
    return []


def _governed_by_trigger(frame: Frame, mention: Mention) -> bool:
    """ "mettre la main sur Cora": the preposition is the verb's own last word."""
    last = frame.trigger.j - 1
    if frame.sentence.at(last) & {"fn.by", "fn.from"}:
        return False
    inner = frame.sentence.at(last) & {f"fn.{mention.prep}"} if mention.prep else set()
    return bool(inner) and last > frame.trigger.i and mention.i - frame.trigger.j <= 2


def _prepositional(name: str) -> Relation:
    def relation(frame: Frame) -> list[Mention]:
        best: Mention | None = None
        for mention in frame.sentence.mentions:
            if mention.i < frame.trigger.j or mention.prep != name or not eligible(mention):
                continue
            if mention.possessive and "parent-company" in frame.sentence.at(mention.j):
                continue
            if name == "by" and _another_did(frame, mention):
                return []
            if name == "with" and _with_another(frame, mention):
                continue
            if _within_object(frame, mention, name) or _further_off(frame, mention, name):
                return []
            if not mention.possessive and describes(frame.sentence, mention):
                continue
            best = mention
            break
        return whole(frame, best)

    return relation


def _within_object(frame: Frame, mention: Mention, name: str) -> bool:
    """ "bid for a contract for the army": the trigger's own preposition took another object."""
    sentence, last = frame.sentence, frame.trigger.j - 1
    own = f"fn.{name}"
    if own not in sentence.at(last) or last == frame.trigger.i:
        return False
    return any(own in sentence.at(at) for at in range(frame.trigger.j, mention.i))


def _with_another(frame: Frame, mention: Mention) -> bool:
    """ "… ahead of its merger with Fiat": "with" belongs to a noun of its own."""
    between = range(frame.trigger.j, mention.i)
    return any(hit.i in between and hit.tag == "noun" for hit in frame.sentence.of("merge", "jv"))


def _further_off(frame: Frame, mention: Mention, name: str) -> bool:
    """ "buy into Ampere …, after a meeting of the boards": a nearer name has the place already."""
    if name not in PLACES:
        return False
    return any(
        frame.trigger.j <= m.i < mention.i
        and m.prep in PLACES
        and m.prep != name
        and not (frame.noun and m.prep == "of")  # "the investment of Nissan in Ampere"
        and not m.possessive
        and eligible(m)
        and mention.joined is not m
        for m in frame.sentence.mentions
    )


def _another_did(frame: Frame, mention: Mention) -> bool:
    """ "an investment in Rivian, already backed by Amazon": the agent of another verb."""
    sentence = frame.sentence
    between = range(frame.trigger.j, mention.i)
    if any(sentence.at(at) & {"fn.rel", "owned-by"} for at in between):
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
        if mention.prep == prep and not mention.possessive and describes(frame.sentence, mention):
            continue
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
    owner = owner_before(frame, frame.anchor[0]) or antecedent_owner(frame)
    if owner is not None:
        return whole(frame, owner)
    end = frame.anchor[1]
    for mention in frame.sentence.mentions:
        if end <= mention.i <= end + 6 and mention.prep == "of" and eligible(mention):
            later = [m for m in frame.sentence.mentions if m.i >= mention.j and m.prep == "in"]
            return whole(frame, mention) if later else []
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
    found = [m for m in found if m.entity.known or not describes(frame.sentence, m)]
    central = [m for m in found if not aside(frame.sentence, m, frame.trigger)]
    named = [m for m in central if m.form != "pronoun"]
    primary = [m for m in found if not secondary(frame.sentence, m, frame.trigger)]
    for kept in (named, central, primary):
        if len({e for m in kept for e in m.entities}) > 1:
            return kept
    return found


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
        between = range(frame.trigger.j, mention.i)
        if any(f.kind == "percent" and f.i in between for f in frame.sentence.figures):
            return []  # "took back 4% and Orange 1%": what is taken is the percentage
        before = tokens[mention.i - 1].low if mention.i else ""
        if before[:1].isdigit() or "fn.number" in frame.sentence.at(mention.i - 1):
            return []
        if mention.possessive or mention.form == "pronoun" or nobodys(mention.entity):
            return []
        if mention.i >= frame.trigger.j and describes(frame.sentence, mention):
            return []
    return found


def nobodys(entity: Entity) -> bool:
    """ "exiting PC business": a line of business, no part that anybody is said to own."""
    owned = entity.owner is not None or entity.own or entity.countries or entity.owners
    return entity.kind == "unit" and entity.kinds <= {"unit"} and not owned and not entity.electric


def agent(frame: Frame) -> list[Mention]:
    """Who does what a noun names: "Renault's exit", « la montée de Vivendi », "a rise by Exor"."""
    if not frame.noun:
        return subject(frame)
    owner = owner_before(frame, frame.trigger.i)
    if owner is not None:
        return whole(frame, owner)
    for mention in frame.sentence.mentions:
        if frame.trigger.j <= mention.i <= frame.trigger.j + 3 and mention.prep in ("of", "by"):
            return whole(frame, mention) if eligible(mention) else []
    return []


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
    "facing": facing,
    "bidders": bidders,
    "just-before": just_before,
    "dative": dative,
    "giver": giver,
    "whose": whose,
    "pair": pair,
    "into": into,
    "given-to": given_to,
    "already-held": already_held,
    "anchor": at_anchor,
    "thing": thing_itself,
    "those-of": those_of,
    "proposer": proposer,
    "asker": asker,
    "its-owner": its_owner,
    "beside-anchor": beside_anchor,
    "recipient": recipient,
    "from-whom": from_whom,
    "with-whom": with_whom,
}
"""What a rule may name in a slot."""
