"""How far an item's event has got, from all its sentences together.

The main sentence decides; others may add that it is agreed, closed or off, and a headline in the
present tense ("X buys Y") or without a verb says less than the sentences below it.
"""

from __future__ import annotations

from worker.classify.document import Document, Sentence
from worker.classify.match import Candidate
from worker.classify.status import denies, hearsay, settled
from worker.domain.event import Status

SETTLED = (Status.AGREED, Status.COMPLETED, Status.DENIED)
"""Stages that another sentence of the item may add to what the main one says."""
HEDGES = ("hedge.hearsay", "hedge.press")
NEAR, LEAST = 0.9, 0.8
"""By how much a sentence may score less than the main one and still be heard; its least score."""


def stage(document: Document, chosen: Candidate, allies: list[Candidate]) -> tuple[Status, bool]:
    """The event's status, and whether it is known from unnamed sources or other media only."""
    lead = chosen.sentence.field == "title" or chosen.sentence.paragraph == 0
    heard = _hearsay(document, chosen, lead)
    if chosen.pattern.status:
        return Status(chosen.pattern.status), heard
    status = _told(document, chosen, allies)
    if status is not Status.DENIED and _title_denies(document, chosen):
        status = Status.DENIED
    if heard and status is not Status.DENIED:
        status = Status.NEGOTIATING if _talks_are_fact(document, chosen) else Status.RUMOURED
    return status, heard


def _told(document: Document, chosen: Candidate, allies: list[Candidate]) -> Status:
    heard = [c for c in allies if c.score >= max(chosen.score - NEAR, LEAST)]
    stages = [c.reading.status for c in heard if c.reading.explicit]
    main = _plainer(chosen, heard)
    if not (main.reading.explicit and main.reading.status is Status.AGREED):
        stages += [Status.COMPLETED for c in heard if c.pattern.status == Status.COMPLETED]
    status = max((main.reading.status, *(s for s in stages if s in SETTLED)), key=lambda s: s.rank)
    explicit, time = main.reading.explicit, main.group.time
    default = chosen.rule.default_status
    if status is Status.PLANNED and not explicit:
        opening = [s for s in document.sentences if s.field == "title" or s.paragraph <= 2]
        if default == Status.AGREED and _quarrel(document):
            return Status.NEGOTIATING
        if default == Status.AGREED and time != "conditional":
            return _of_rights(main.sentence, Status.AGREED)
        if settled(opening):
            return Status.AGREED
        if default and time not in ("future", "conditional"):
            return Status(default)
        if time in ("noun", "conditional") and _talks(document, chosen):
            return Status.NEGOTIATING
    if status in (Status.AGREED, Status.COMPLETED) and default == Status.AGREED:
        return _of_rights(main.sentence, status)
    if main.sentence.field == "title" and time == "present" and main.pattern.percent == "change":
        return max(status, Status.COMPLETED, key=lambda s: s.rank)
    return status


def _quarrel(document: Document) -> bool:
    """Whether title or lead tells of a quarrel over rights that nothing has ended."""
    opening = [s for s in document.sentences if s.field == "title" or s.paragraph == 0]
    ended = any(s.has("settle", "status.completed", "status.agreed") for s in opening)
    return not ended and any(s.has("ip.dispute", "fn.accuses") for s in opening)


def _of_rights(sentence: Sentence, status: Status) -> Status:
    """What is shared stays agreed however often it "has been granted"; only quarrels are closed."""
    if any(h.tag in ("past", "part") for h in sentence.of("licence.end")):
        quarrel = sentence.has("ip.dispute", "lawsuit")
        return Status.COMPLETED if quarrel else Status.DENIED
    settles = sentence.has("settle") and sentence.has("ip.dispute", "lawsuit")
    return Status.COMPLETED if settles and status is Status.COMPLETED else Status.AGREED


def _plainer(chosen: Candidate, heard: list[Candidate]) -> Candidate:
    """The sentence of the text that tells in full what a headline only points to."""
    if chosen.sentence.field != "title" or chosen.reading.explicit:
        return chosen
    goals = {e for r in chosen.rule.roles if r.required for e in chosen.entities(r.name)}
    told = [
        c
        for c in heard
        if c.sentence.field == "text"
        and c.reading.explicit
        and goals & {e for r in c.rule.roles if r.required for e in c.entities(r.name)}
    ]
    return max(told, key=lambda c: c.score) if told else chosen


def _talks(document: Document, chosen: Candidate) -> bool:
    """Whether title or lead tells of talks, an offer or a proposal between the event's sides."""
    return any(
        s.has("status.negotiating") and not denies(s) and _both(s, chosen)
        for s in document.sentences
        if s.field == "title" or s.paragraph <= 2
    )


def _talks_are_fact(document: Document, chosen: Candidate) -> bool:
    """ "X and Y, in talks on …, will not sign soon, sources said": they only add to talks."""
    for sentence in document.sentences:
        if sentence.field != "text" or not _both(sentence, chosen) or denies(sentence):
            continue
        for hit in sentence.of("status.negotiating"):
            if sentence.at(hit.i) & set(HEDGES):
                continue
            at = hit.i - 1
            while at > 0 and sentence.at(at) & {"fn.rel", "fn.be", "fn.have", "fn.between"}:
                at -= 1
            if at > 0 and sentence.tokens[at].low == ",":
                return True
            if hit.tag == "pres" and not sentence.has(*HEDGES):
                return True
    return False


def _both(sentence: Sentence, chosen: Candidate) -> bool:
    return len(_named(sentence) & set(chosen.filled)) > 1


def _title_denies(document: Document, chosen: Candidate) -> bool:
    """ "Nissan gives up on Renault's Ampere": a title that names two sides and what is off."""
    if chosen.sentence.field == "title":
        return False
    titles = [s for s in document.sentences if s.field == "title" and not s.has("fn.but")]
    return any(denies(s) and _both(s, chosen) for s in titles)


def _named(sentence: Sentence) -> set[object]:
    return {e for m in sentence.mentions for e in m.entities}


def _hearsay(document: Document, chosen: Candidate, lead: bool) -> bool:
    """Whether the event rests on sources: by its own words, or by what its title says."""
    titles = any(s.has("hedge.hearsay") for s in document.sentences if s.field == "title")
    if not chosen.reading.hearsay:
        return lead and titles
    if hearsay(chosen.sentence):
        return True
    return (
        titles
        or any(hearsay(s) for s in document.sentences)
        or not any(s.has("fn.say") for s in document.sentences)
    )
