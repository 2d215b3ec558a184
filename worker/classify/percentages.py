"""Which percentage is the stake before, after, or the size of what changes hands."""

from __future__ import annotations

from dataclasses import replace

from worker.classify.document import Document, Entity, Figure, Hit, Sentence
from worker.classify.holdings import holdings
from worker.classify.match import Candidate
from worker.classify.nearness import is_company, is_stake
from worker.classify.percent_slots import ROUNDED, in_candidate
from worker.classify.tense import verb_group
from worker.domain.event import Status

NEARBY, VERB = 3, 12
HANDS_OVER = ("buy", "acquire", "sell", "raise", "lower", "invest.put", "offer.verb", "owned.weak")
MUTUAL = "cross-holding"
OLD = 1.3
"""Below this score a past purchase is background, not the event told once more."""


def read_percentages(
    document: Document, chosen: Candidate, allies: list[Candidate]
) -> dict[str, float | None]:
    """`from_pct`, `to_pct` and `pct`, from the event's sentence, then from its allies."""
    out: dict[str, float | None] = {"from_pct": None, "to_pct": None, "pct": None}
    order = [chosen, *allies]
    plain = any(f.kind == "percent" and f.text[0].isdigit() for f in chosen.sentence.figures)
    if chosen.sentence.field == "title" and not plain:
        order = [*(c for c in allies if c.sentence.field == "text"), chosen]
    order.sort(key=lambda c: not _same_stake(c, chosen))
    for candidate in order:
        if candidate is not chosen and _given_for_it(candidate, chosen):
            continue
        if any(value is not None for value in out.values()):
            break
        found = in_candidate(candidate, sure=candidate is not chosen)
        if _bought_before(candidate, chosen) and "from_pct" not in found:
            found = {"from_pct": found["pct"]} if "pct" in found else {}
        for name, value in found.items():
            out[name] = value
    if all(value is None for value in out.values()):
        out.update(_told_nearby(document, chosen))
    _pair_told_elsewhere(out, chosen, allies)
    _size_told_elsewhere(out, chosen, allies)
    if "size" in chosen.rule.figures:
        new = out["from_pct"] is None and out["to_pct"] == out["pct"]
        if new and chosen.pattern.percent != "hold":
            out["to_pct"] = None
        if out["to_pct"] is None and out["pct"] is None and not _split(chosen):
            out["from_pct"] = None
        return out
    if chosen.pattern.percent in ("change", "sell", "none", "buy"):
        _told_elsewhere(document, chosen, out)
    return out


def face_the_figure(chosen: Candidate, allies: list[Candidate]) -> None:
    """Of holdings in each other take that for which the item has a figure: "Toyota's 4.9%"."""
    slots = chosen.slots
    if chosen.trigger.concept != MUTUAL or not (slots.get("holder") and slots.get("target")):
        return
    ours = (chosen.entities("holder")[:1], chosen.entities("target")[:1])
    for ally in allies:
        theirs = (ally.entities("holder")[:1], ally.entities("target")[:1])
        if theirs not in (ours, ours[::-1]) or not in_candidate(ally, sure=True):
            continue
        if theirs != ours:
            slots["holder"], slots["target"] = slots["target"], slots["holder"]
        return


def _split(candidate: Candidate) -> bool:
    return any(f.kind == "split" for f in candidate.sentence.figures)


def _told_nearby(document: Document, chosen: Candidate) -> dict[str, float]:
    """A stake that a sentence close by gives in words that no pattern knows.

    It has to be part of one of the event's companies, and no others may be spoken of.
    """
    number = chosen.sentence.number
    near = [s for s in document.sentences if s is not chosen.sentence]
    near = [s for s in near if abs(s.number - number) <= NEARBY or s.field == "title"]
    for sentence in sorted(near, key=lambda s: (abs(s.number - number), s.number < number)):
        for figure in sentence.figures:
            verb = _verb(sentence, figure)
            if figure.kind != "percent" or verb is None or not _theirs(sentence, figure, chosen):
                continue
            told = replace(chosen, sentence=sentence, trigger=verb)
            if chosen.pattern.percent == "none":
                told = replace(told, pattern=replace(chosen.pattern, percent="buy"))
            found = in_candidate(told, sure=True)
            if found:
                return found
    return {}


def _theirs(sentence: Sentence, figure: Figure, chosen: Candidate) -> bool:
    """Whether a stake that a verb hands over is one in the event's company."""
    off = chosen.reading.status is Status.DENIED
    if not is_stake(sentence, figure):
        return False
    if not off and any(h.j <= figure.i for h in sentence.of("fn.had")):
        return False
    goals = {e for role in _targets(chosen) for e in chosen.entities(role)}
    unit = "size" in chosen.rule.figures
    after = [m for m in sentence.mentions if figure.j <= m.i <= figure.j + 6]
    if after and set(after[0].entities) & _buyers(chosen) - goals:
        return False
    if after and set(after[0].entities) & (goals if unit else set(chosen.filled)):
        return True
    named = [m for m in sentence.mentions if is_company(m)]
    return bool(named) and not unit and all(set(m.entities) <= set(chosen.filled) for m in named)


def _verb(sentence: Sentence, figure: Figure) -> Hit | None:
    """The verb of buying, selling or moving nearest before a figure."""
    hits = [
        h
        for h in sentence.of(*HANDS_OVER)
        if h.j <= figure.i <= h.j + VERB and verb_group(sentence, h).time != "pluperfect"
    ]
    return max(hits, key=lambda h: h.i) if hits else None


def _size_told_elsewhere(
    out: dict[str, float | None], chosen: Candidate, allies: list[Candidate]
) -> None:
    """ "now holds 12%, against 15%, after selling 3%": the size beside before and after."""
    if out["pct"] is not None or "size" in chosen.rule.figures:
        return
    for ally in allies:
        if ally.pattern.percent not in ("buy", "sell") or not _same_stake(ally, chosen):
            continue
        size = in_candidate(ally, sure=True).get("pct")
        before, after = out["from_pct"], out["to_pct"]
        if size is None or before is None or after is None:
            continue
        if abs(abs(after - before) - size) < ROUNDED:
            out["pct"] = size
            return


def _told_elsewhere(document: Document, chosen: Candidate, out: dict[str, float | None]) -> None:
    """What other sentences say the holder has now, and what it is to keep."""
    holders, targets = set(chosen.entities("holder")[:1]), set(chosen.entities("target")[:1])
    for holding in holdings(document, chosen.sentence, holders, targets):
        value = holding.figure.value
        if value in out.values():
            continue
        if holding.when == "after":
            if chosen.pattern.percent in ("sell", "change") and out["to_pct"] is None:
                out["to_pct"] = value
        elif out["from_pct"] is None:
            out["from_pct"] = value
            if chosen.pattern.percent == "buy" and out["to_pct"] == out["pct"]:
                out["to_pct"] = None


def _same_stake(one: Candidate, other: Candidate) -> bool:
    """Whether two candidates speak of one company's equity."""
    goals = {e for role in _targets(one) for e in one.entities(role)}
    return any(e in goals for role in _targets(other) for e in other.entities(role))


def _given_for_it(one: Candidate, other: Candidate) -> bool:
    """Whether a candidate tells of shares in the buyer, which are only what is paid with."""
    goals = {e for role in _targets(one) for e in one.entities(role)}
    return bool(goals & _buyers(other)) and not _same_stake(one, other)


def _buyers(candidate: Candidate) -> set[Entity]:
    """Who gets the shares: of a sale the other side, of a purchase the one who acts."""
    if candidate.pattern.percent == "none" and not candidate.pattern.direction:
        return set()
    side = "counterparty" if candidate.pattern.percent == "sell" else "holder"
    return set(candidate.entities(side) or candidate.entities("investor"))


def _targets(candidate: Candidate) -> list[str]:
    return [r.name for r in candidate.rule.roles if r.required and not r.many]


def _bought_before(one: Candidate, chosen: Candidate) -> bool:
    """Whether a candidate tells of an older purchase, from which the present stake stems."""
    return (
        one is not chosen
        and one.pattern.percent == chosen.pattern.percent == "buy"
        and one.score < OLD
        and one.group.time in ("past", "pluperfect")
        and one.reading.status is Status.COMPLETED
        and chosen.reading.status is not Status.COMPLETED
        and chosen.reading.status is not Status.DENIED
    )


def _pair_told_elsewhere(
    out: dict[str, float | None], chosen: Candidate, allies: list[Candidate]
) -> None:
    """ "X's stake falls from 34% to 24%" in another sentence: before and after, beside the size."""
    if out["from_pct"] is not None and out["to_pct"] is not None:
        return
    for ally in allies:
        if ally.pattern.percent != "change":
            continue
        found = in_candidate(ally, sure=True)
        if "to_pct" not in found:
            continue
        if "from_pct" in found:
            if out["pct"] == found["to_pct"]:
                out["pct"] = None
            out.update(from_pct=found["from_pct"], to_pct=found["to_pct"])
            return
        size, after = out["pct"], out["to_pct"]
        if not _buyers(chosen) & _buyers(ally) and chosen.pattern.percent == "buy":
            continue
        new = after is None or (after == size and found["to_pct"] > after)
        if out["pct"] is not None and new and found["to_pct"] != out["pct"]:
            out["to_pct"] = found["to_pct"]
