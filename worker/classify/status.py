"""How far an event has got: modality, negation, attribution and tense around a trigger.

Denial wins. Then the words that govern the trigger ("has agreed to buy", "talks to sell")
decide, and only without any its tense. What is known from unnamed sources or other media alone
is hearsay, whatever stage the sources speak of.
"""

from __future__ import annotations

from dataclasses import dataclass

from worker.classify.document import Hit, Sentence
from worker.classify.tense import VerbGroup, verb_group
from worker.domain.event import Status

CUES = {
    "status.negotiating": Status.NEGOTIATING,
    "status.planned": Status.PLANNED,
    "status.agreed": Status.AGREED,
    "status.completed": Status.COMPLETED,
}
DENIED, UNDENIED = "status.denied", "status.undenied"
LATER = ("noun", "phrase", "past", "ger")
GOVERNS, FOLLOWS, DENIES, DENIED_AFTER, ACCUSES = 20, 30, 16, 9, 12
BY_TIME = {
    "future": Status.PLANNED,
    "conditional": Status.PLANNED,
    "perfect": Status.COMPLETED,
    "pluperfect": Status.COMPLETED,
    "past": Status.COMPLETED,
    "present": Status.AGREED,
    "open": Status.PLANNED,
    "noun": Status.PLANNED,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What one sentence says about the stage. `cue` is the word that decided, for people."""

    status: Status
    hearsay: bool
    cue: str
    explicit: bool = True


def read_status(
    sentence: Sentence, trigger: Hit, group: VerbGroup, *, conditional_hearsay: bool
) -> Reading:
    """The stage of the event that `trigger` tells of."""
    heard = hearsay(sentence) or (conditional_hearsay and group.time == "conditional")
    denial = _denial(sentence, trigger, group)
    if denial:
        return Reading(Status.DENIED, heard, denial)
    governing = _governing(sentence, trigger, group)
    strong = [(status, cue) for status, cue, weak in governing if not weak]
    if strong:
        best = max(strong, key=lambda pair: pair[0].rank)
        if best[0] is Status.AGREED and _explores(sentence, trigger):
            return Reading(Status.PLANNED, heard, best[1])
        return Reading(best[0], heard, best[1])
    following = _following(sentence, trigger)
    if following is not None and group.time != "perfect":
        return Reading(following[0], heard, following[1])
    if governing:
        status, cue, _ = max(governing, key=lambda found: found[0].rank)
        return Reading(status, heard, cue, explicit=False)
    if trigger.tag == "ger" and group.time == "open":
        main = _main_clause(sentence, trigger)
        if main is not None:
            return Reading(main[0], heard, main[1], explicit=main[0] is Status.COMPLETED)
    if (
        trigger.concept.startswith("invest")
        and trigger.tag == "noun"
        and _announced(sentence, trigger)
    ):
        return Reading(Status.AGREED, heard, "announced", explicit=False)
    if trigger.concept in OFFERS and group.time == "noun":
        return Reading(Status.NEGOTIATING, heard, group.time, explicit=False)
    return Reading(BY_TIME[group.time], heard, group.time, explicit=False)


def _announced(sentence: Sentence, trigger: Hit) -> bool:
    """ "announced an investment of 500 million": not an intention any more."""
    return any(
        trigger.i - 6 <= hit.j <= trigger.i and hit.tag in ("past", "part")
        for hit in sentence.of("fn.say")
    )


def _main_clause(sentence: Sentence, trigger: Hit) -> tuple[Status, str] | None:
    """ "has invested 11 million, raising its stake": a participle goes with the verb before it."""
    for at in range(trigger.i - 1, -1, -1):
        concepts = sentence.at(at)
        if concepts & {"fn.will", "fn.modal"}:
            return Status.PLANNED, sentence.tokens[at].low
        if "fn.have" in concepts and at + 1 < trigger.i and sentence.at(at + 1) != concepts:
            to = {"fn.to", "fn.det"} & sentence.at(at + 1)
            return None if to else (Status.COMPLETED, sentence.tokens[at].low)
    return None


HANDED = 7
"""Within how many tokens of "has handed" an offer is what was handed over."""
OFFERS = frozenset({"offer", "offer.for", "offer.formal", "formal-offer"})


def _explores(sentence: Sentence, trigger: Hit) -> bool:
    """ "signed a memorandum to explore a merger": what was signed only looks into it."""
    return any(
        hit.j <= trigger.i <= hit.j + 8 and sentence.cut(hit.i, hit.j).split()[0].lower() in TO
        for hit in sentence.of("status.exploring")
    )


TO = frozenset({"to", "pour"})


def settled(sentences: list[Sentence]) -> bool:
    """Whether sentences speak of an agreement that has been made, not of one still sought."""
    for sentence in sentences:
        if sentence.has("status.negotiating", "hedge.hearsay", DENIED):
            continue
        for hit in sentence.of("status.agreed"):
            if hit.tag in ("past", "part", "phrase") and not sentence.has("status.exploring"):
                return True
    return False


def hearsay(sentence: Sentence) -> bool:
    """Whether a sentence leans on unnamed sources or on what other media report."""
    if sentence.has("hedge.hearsay"):
        return True
    press = [(hit.i, hit.j) for hit in sentence.of("hedge.press")]
    press += [(m.i, m.j) for m in sentence.mentions if m.entity.kind == "press"]
    return any(
        abs(i - say.i) <= 5 and not _told_to(sentence, say, i, j)
        for i, j in press
        for say in sentence.of("fn.say")
    )


def _told_to(sentence: Sentence, say: Hit, i: int, j: int) -> bool:
    """ "its chief executive told Handelsblatt", « a dit le patron au Figaro »: a named speaker."""
    if say.i > i:
        apart = any(sentence.tokens[at].low == "," for at in range(j, say.i))
        return say.tag == "ger" or apart
    between = range(say.i, i)
    return any(sentence.at(at) & {"fn.tell", "fn.interview"} for at in between) or bool(
        sentence.at(i - 1) & {"fn.to"}
    )


def denies(sentence: Sentence) -> bool:
    """Whether a sentence says that something is off, whatever it is."""
    shielded = [(hit.i, hit.j) for hit in sentence.of(UNDENIED)]
    return any(not any(i <= hit.i < j for i, j in shielded) for hit in sentence.of(DENIED))


def _denial(sentence: Sentence, trigger: Hit, group: VerbGroup) -> str:
    shielded = [(hit.i, hit.j) for hit in sentence.of(UNDENIED)]
    if group.negated and not any(i <= group.start < j for i, j in shielded):
        return "negation"
    for hit in sentence.of(DENIED):
        if any(i <= hit.i < j for i, j in shielded) or hit.i == trigger.i:
            continue
        if _accused(sentence, hit) or _what_goes(sentence, hit):
            continue
        gap = trigger.i - hit.j
        before = hit.i <= trigger.i and gap <= DENIES
        after = trigger.j <= hit.i <= trigger.j + DENIED_AFTER and not any(
            "fn.but" in sentence.at(at) for at in range(trigger.j, hit.i)
        )
        parted = _parted(sentence, min(hit.j, trigger.j), max(hit.i, trigger.i))
        if (before or after) and not parted:
            return sentence.cut(hit.i, hit.j)
    return ""


def _what_goes(sentence: Sentence, denial: Hit) -> bool:
    """ "the shares that it gives up": what changes hands, no deal that is off."""
    return any(
        "fn.rel" in sentence.at(at) and sentence.at(at - 1) & {"shares", "stake", "percent"}
        for at in range(max(denial.i - 4, 1), denial.i)
    )


def _accused(sentence: Sentence, denial: Hit) -> bool:
    """ "accuses its partner of refusing to share the code": a quarrel, not a denial."""
    return any(denial.i - ACCUSES <= h.j <= denial.i for h in sentence.of("fn.accuses"))


def _governing(
    sentence: Sentence, trigger: Hit, group: VerbGroup
) -> list[tuple[Status, str, bool]]:
    """Cues that govern the trigger: status, words, and whether a bare future is all there is."""
    out = []
    for concept, status in CUES.items():
        for hit in sentence.of(concept):
            same = hit.i <= trigger.i < hit.j and hit.j == trigger.j
            if hit.i > trigger.i or (hit.i == trigger.i and not same):
                continue
            if trigger.i - hit.j > GOVERNS or _parted(sentence, hit.j, trigger.i):
                continue
            weak = any(w.i == hit.i and w.j == hit.j for w in sentence.of("fn.will", "fn.modal"))
            if concept == "status.completed" and verb_group(sentence, hit).time in PENDING:
                out.append((Status.AGREED, sentence.cut(hit.i, hit.j), True))
                continue
            out.append((status, sentence.cut(hit.i, hit.j), weak))
    asks = trigger.concept in OFFERS or any(c in CUES for c in sentence.at(trigger.i))
    made = next((h for h in sentence.of(*OFFERS) if trigger.j <= h.i <= trigger.j + HANDED), None)
    if group.time == "perfect" and made is not None:
        out.append((Status.NEGOTIATING, sentence.cut(made.i, made.j), False))
        asks = True
    if group.time == "perfect" and not asks and not any(s is Status.AGREED for s, _, _ in out):
        out.append((Status.COMPLETED, group.time, False))
    return out


PENDING = frozenset({"future", "conditional"})
"""Times in which "will close its purchase" tells of a deal that is made but not yet closed."""


def _following(sentence: Sentence, trigger: Hit) -> tuple[Status, str] | None:
    for hit in sentence.of("status.completed"):
        if verb_group(sentence, hit).time in PENDING:
            if trigger.tag == "noun" and trigger.j <= hit.i <= trigger.j + FOLLOWS // 2:
                return Status.AGREED, sentence.cut(hit.i, hit.j)
            continue
        done = hit.tag in ("part", "past") and "fn.be" in sentence.at(hit.i - 1)
        if trigger.tag == "noun" and done and trigger.j <= hit.i <= trigger.j + FOLLOWS // 2:
            return Status.COMPLETED, sentence.cut(hit.i, hit.j)
    for concept in ("status.agreed", "status.negotiating"):
        for hit in sentence.of(concept):
            if trigger.j <= hit.i <= trigger.j + FOLLOWS and hit.tag in LATER:
                return CUES[concept], sentence.cut(hit.i, hit.j)
    return None


def _parted(sentence: Sentence, i: int, j: int) -> bool:
    return any(
        sentence.tokens[at].low in (";", ":") or "fn.contrast" in sentence.at(at)
        for at in range(i, j)
    )
