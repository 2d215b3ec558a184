"""Who was spoken of last: the companies, units and subjects that pronouns and groups go back to."""

from __future__ import annotations

from worker.classify.asides import owns_apposed
from worker.classify.attach import breath
from worker.classify.document import Entity, Mention, Sentence

COMPANY = ("company", "unknown")


def subject_before(sentence: Sentence, at: int, *, start_only: bool = False) -> Mention | None:
    """The mention that most likely is the subject of the clause before a position."""
    best = None
    for mention in sentence.mentions:
        if mention.i >= at or mention.form == "unit" or mention.entity.kind not in COMPANY:
            continue
        if mention.possessive:
            continue
        if best is None or (not start_only and _starts_clause(sentence, mention)):
            best = mention
    return best


def _starts_clause(sentence: Sentence, mention: Mention) -> bool:
    return mention.i == 0 or bool(
        sentence.at(mention.i - 1) & {"fn.sub", "fn.rel", "fn.conj"}
        or sentence.tokens[mention.i - 1].low in (",", ";", ":")
    )


def last_unit(sentence: Sentence, at: int, history: list[tuple[int, Mention]]) -> Entity | None:
    """What « y » stands for: the unit or electric company spoken of last, and not long ago."""
    earlier = [(sentence.number, m) for m in sentence.mentions if m.j <= at]
    for number, mention in reversed([*history, *earlier]):
        if sentence.number - number > 2:
            break
        if mention.entity.kind == "unit" or mention.entity.electric:
            return mention.entity
    return None


def last(history: list[tuple[int, Mention]]) -> Mention | None:
    return next(
        (m for _, m in reversed(history) if m.entity.kind in COMPANY and m.form != "unit"), None
    )


def last_subject(history: list[tuple[int, Mention]]) -> Mention | None:
    """The first company of the latest sentence that has one."""
    best: tuple[int, Mention] | None = None
    for number, mention in reversed(history):
        if mention.entity.kind not in COMPANY or mention.form == "unit":
            continue
        if best is not None and number != best[0]:
            break
        best = (number, mention)
    return best[1] if best else None


def _belongs(entity: Entity) -> bool:
    """Units and subsidiaries are not among "the two companies"."""
    return entity.owner is not None or "subsidiary" in entity.kinds


def recent(
    sentence: Sentence, at: int, history: list[tuple[int, Mention]], size: int
) -> list[Entity]:
    """The companies spoken of last, in the order of their first mention there."""
    members: list[Entity] = []
    earlier = [(sentence.number, m) for m in sentence.mentions if m.i < at]
    for number, mention in reversed([*history, *earlier]):
        if number == sentence.number and owns_apposed(sentence, mention):
            continue
        if mention.form in ("unit", "pronoun") or mention.entity.kind not in COMPANY:
            continue
        for entity in reversed(mention.entities):
            vague = entity.kind == "unknown" and not entity.strong and entity.count < 2
            apart = vague or entity.unnamed or _belongs(entity)
            if entity not in members and not apart:
                members.append(entity)
        if len(members) >= size:
            break
    return list(reversed(members[:size] if size else members))


def enumerated(sentence: Sentence, at: int) -> list[Entity]:
    """The companies of the sentence's last enumeration: the former and the latter of them."""
    before = [m for m in sentence.mentions if m.j <= at and m.joined is not None]
    if not before:
        return []
    return [e for m in breath(sentence, before[-1]) for e in m.entities]
