"""Whose a thing is, and to whom it goes, when only a pronoun or the word order tells."""

from __future__ import annotations

from worker.classify.asides import describes
from worker.classify.document import Mention
from worker.classify.subjects import Frame, eligible, grammatical_subject, whole

GAP = 3
RECIPIENT = 16


def thing_itself(frame: Frame) -> list[Mention]:
    """ "the sale of SFR", "sold all of its business X", « se sépare de X »: what is sold.

    After a verb only an "of" that follows at once counts: "sold the licence of X" is another thing.
    """
    sentence, trigger = frame.sentence, frame.trigger
    for mention in sentence.mentions:
        if mention.i < trigger.j or mention.prep != "of" or not eligible(mention):
            continue
        opened = next(
            (at for at in range(trigger.i, mention.i) if "fn.of" in sentence.at(at)), mention.i
        )
        whole_of = all("fn.all" in sentence.at(at) for at in range(trigger.j, opened))
        if frame.noun or whole_of:
            return whole(frame, mention)
        return []
    return []


def its_owner(frame: Frame) -> list[Mention]:
    """ "pays CATL for the use of its know-how": the nearest company that is not the subject."""
    sentence, start = frame.sentence, frame.anchor[0]
    if not any("fn.poss" in sentence.at(at) for at in range(max(start - GAP, 0), start)):
        return []
    before = [m for m in sentence.mentions if m.j <= start and eligible(m) and m.form != "pronoun"]
    named = {e for m in before for e in m.entities}
    alone = before and before[-1].joined is None
    near = alone and frame.trigger.i - GAP <= before[-1].j <= frame.trigger.i
    return [before[-1]] if near and len(named) > 1 else []


def those_of(frame: Frame) -> list[Mention]:
    """ "merge its operations with those of Carlsberg", « avec celle de Siemens »."""
    sentence = frame.sentence
    for mention in sentence.mentions:
        if mention.i < frame.trigger.j or mention.prep != "of" or not eligible(mention):
            continue
        span = range(max(frame.trigger.j, mention.i - 5), mention.i)
        if any("fn.those" in sentence.at(n) and "fn.with" in sentence.at(n - 1) for n in span):
            return whole(frame, mention)
    return []


def proposer(frame: Frame) -> list[Mention]:
    """ "a proposal by Renault that Nissan buy back its shares": who asks, before the trigger."""
    acting = {e for m in grammatical_subject(frame) for e in m.entities}
    for mention in reversed(frame.sentence.mentions):
        asks = mention.j <= frame.trigger.i and mention.prep == "by" and eligible(mention)
        if asks and not acting & set(mention.entities):
            return [mention]
    return []


def beside_anchor(frame: Frame) -> list[Mention]:
    """ "on a Leapmotor platform", « une plateforme Leapmotor »: the maker named within the phrase.

    It stands after an article before the thing in English, right behind the thing in French.
    """
    sentence, (start, end) = frame.sentence, frame.anchor
    for mention in sentence.mentions:
        if mention.form != "name" or not eligible(mention):
            continue
        before = (
            0 <= start - mention.j <= 2 and mention.i and "fn.det" in sentence.at(mention.i - 1)
        )
        if before or mention.i == end:
            return [mention]
    return []


def recipient(frame: Frame) -> list[Mention]:
    """ "lends Ford its platform", « livrera à HAL les secrets … »: who is to have it."""
    sentence, trigger = frame.sentence, frame.trigger
    for mention in sentence.mentions:
        if not eligible(mention) or mention.possessive or describes(sentence, mention):
            continue
        own = "fn.of" in sentence.at(trigger.j - 1) and mention.prep == "of"
        if own and trigger.j <= mention.i <= trigger.j + GAP:
            return whole(frame, mention)  # "at the disposal of Renault"
        if mention.prep == "to" and trigger.i <= mention.i <= trigger.j + RECIPIENT:
            return whole(frame, mention)
        if mention.prep == "to" and mention.form == "pronoun" and mention.j <= trigger.i:
            return [mention] if trigger.i - mention.j <= 1 else []
        if not mention.prep and mention.i == trigger.j and mention.j <= frame.anchor[0]:
            return whole(frame, mention)
    return []


def from_whom(frame: Frame) -> list[Mention]:
    """ "gets the know-how from GE", « auprès de Renault »: who gives it."""
    for mention in frame.sentence.mentions:
        if mention.i >= frame.trigger.j and mention.prep == "from" and eligible(mention):
            return whole(frame, mention)
    return []


def with_whom(frame: Frame) -> list[Mention]:
    """ "the architecture, which it developed with Xpeng": who made the thing too."""
    for mention in frame.sentence.mentions:
        near = frame.anchor[1] <= mention.i <= frame.anchor[1] + 8
        if near and mention.prep == "with" and eligible(mention):
            return whole(frame, mention)
    return []
