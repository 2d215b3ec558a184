"""Which percentage is the stake before, after, or the size of what changes hands."""

from __future__ import annotations

from worker.classify.attach import verbal
from worker.classify.document import Document, Entity, Figure, Hit, Sentence
from worker.classify.match import Candidate
from worker.classify.nearness import is_stake

REACH = 22


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
        found = _in_candidate(candidate, sure=candidate is not chosen)
        if any(value is not None for value in out.values()):
            break
        for name, value in found.items():
            out[name] = value
    _pair_told_elsewhere(out, allies)
    if "size" in chosen.rule.figures and out["from_pct"] is None and out["to_pct"] == out["pct"]:
        if chosen.pattern.percent != "hold":
            out["to_pct"] = None
    elif out["from_pct"] is None and chosen.pattern.percent in ("change", "sell", "none", "buy"):
        before = _restated(document, chosen)
        if before is not None and before != out["to_pct"] and before != out["pct"]:
            out["from_pct"] = before
            if chosen.pattern.percent == "buy" and out["to_pct"] == out["pct"]:
                out["to_pct"] = None
    return out


def _same_stake(one: Candidate, other: Candidate) -> bool:
    """Whether two candidates speak of one company's equity."""
    goals = {e for role in _targets(one) for e in one.entities(role)}
    return any(e in goals for role in _targets(other) for e in other.entities(role))


def _given_for_it(one: Candidate, other: Candidate) -> bool:
    """Whether a candidate tells of shares in the buyer, which are only what is paid with."""
    goals = {e for role in _targets(one) for e in one.entities(role)}
    return bool(goals & set(other.filled)) and not _same_stake(one, other)


def _targets(candidate: Candidate) -> list[str]:
    return [r.name for r in candidate.rule.roles if r.required and not r.many]


def _pair_told_elsewhere(out: dict[str, float | None], allies: list[Candidate]) -> None:
    """ "X's stake falls from 34% to 24%" in another sentence: before and after, beside the size."""
    if out["from_pct"] is not None and out["to_pct"] is not None:
        return
    for ally in allies:
        if ally.pattern.percent != "change":
            continue
        found = _in_candidate(ally, sure=True)
        if "from_pct" in found and "to_pct" in found:
            if out["pct"] == found["to_pct"]:
                out["pct"] = None
            out.update(from_pct=found["from_pct"], to_pct=found["to_pct"])
            return


def _in_candidate(candidate: Candidate, *, sure: bool) -> dict[str, float]:
    """Read one candidate's figures; with `sure` only those that are plainly parts of a company."""
    sentence, trigger = candidate.sentence, candidate.trigger
    mode = candidate.pattern.percent
    out: dict[str, float] = {}
    for figure in _relevant(candidate, sure):
        falls = sentence.has("lower")
        if mode != "hold" and _held(sentence, figure):
            if sentence.has("now-owned"):
                out.setdefault("to_pct", figure.value)
            elif mode in ("sell", "change", "buy") and "to_pct" not in out:
                out.setdefault("from_pct", figure.value)
        elif figure.kind == "split":
            out.setdefault(_split_slot(candidate, figure), figure.value)
        elif figure.part is not None:
            _part(figure, mode, out)
        elif figure.cue == "from" and mode == "buy" and _alone(sentence):
            _bought(sentence, figure, out)
        elif figure.cue == "from" and mode != "hold":
            out.setdefault("from_pct", figure.value)
        elif figure.cue == "to" and (mode not in ("sell", "hold") or (mode == "sell" and falls)):
            out.setdefault("to_pct", figure.value)
        elif mode == "change":
            _changed(figure, candidate, out)
        elif mode == "buy":
            _bought(sentence, figure, out, sold=trigger.concept == "sell")
        elif mode == "sell":
            _sold(sentence, figure, out)
        elif mode in ("hold", "now") and "to_pct" not in out:
            out["to_pct"] = figure.value
            alone = _alone(sentence)
            split = candidate.pattern.name == "splits-venture"
            if mode == "hold" and (alone if split else figure.i - trigger.j < 9):
                out["pct"] = figure.value
        elif mode == "none" and "to_pct" not in out and _will_hold(sentence, figure):
            out["to_pct"] = figure.value
    return out


def _split_slot(candidate: Candidate, figure: Figure) -> str:
    """What "50-50" tells: how a venture is to be owned, was owned, or would have been."""
    if candidate.trigger.concept == "jv.end":
        return "pct"
    inside = range(max(figure.i - 5, 0), figure.i)
    shared = any("fn.rel" in candidate.sentence.at(at) for at in inside)
    return "from_pct" if shared and candidate.pattern.percent != "hold" else "to_pct"


def _part(figure: Figure, mode: str, out: dict[str, float]) -> None:
    """ "half of its 19%", "the bulk of their 18.4%": the whole is what there was before."""
    if figure.part:
        out.setdefault("pct", round(figure.value * figure.part / 100, 2))
    if mode in ("sell", "change"):
        out.setdefault("from_pct", figure.value)


def _alone(sentence: Sentence) -> bool:
    return sum(f.kind == "percent" for f in sentence.figures) == 1


def _relevant(candidate: Candidate, sure: bool) -> list[Figure]:
    """The figures that may belong to the event, the likeliest first."""
    sentence, trigger = candidate.sentence, candidate.trigger
    figures = [
        f
        for f in sentence.figures
        if f.kind in ("percent", "split")
        and _usable(sentence, f)
        and (abs(f.i - trigger.i) <= REACH or f.cue)
        and not _parted(sentence, f, trigger)
        and (
            not sure
            or is_stake(sentence, f)
            or (candidate.pattern.percent == "hold" and 0 <= f.i - trigger.j <= 4)
            or (f.cue and candidate.pattern.percent == "change")
        )
    ]
    if candidate.pattern.percent == "hold":
        return sorted(figures, key=lambda f: (f.i < trigger.i, f.i))
    pair = {"from", "to"} <= {f.cue for f in figures}
    return sorted(
        figures,
        key=lambda f: (
            not (pair and f.cue in ("from", "to")),
            not is_stake(sentence, f),
            abs(f.i - trigger.i),
        ),
    )


def _parted(sentence: Sentence, figure: Figure, trigger: Hit) -> bool:
    """Whether another clause, set against this one, holds the figure."""
    low, high = min(figure.j, trigger.j), max(figure.i, trigger.i)
    return any(
        "fn.contrast" in sentence.at(at) or sentence.tokens[at].low == ";"
        for at in range(low, high)
    )


def _held(sentence: Sentence, figure: Figure) -> bool:
    """ "of which it owns 35.71%": a holding told in passing, in a relative clause."""
    owned = [
        h
        for h in sentence.of("owned", "owned.weak", "fn.holds")
        if h.j <= figure.i <= h.j + 4 and not verbal(sentence, h.j)
    ]
    if not owned:
        return False
    return any("fn.rel" in sentence.at(at) for at in range(max(owned[-1].i - 5, 0), owned[-1].i))


def _will_hold(sentence: Sentence, figure: Figure) -> bool:
    """ "of which the first will own 35%": what a merger or a venture comes to."""
    hits = sentence.of("owned", "owned.weak", "owned.result")
    return any(h.j <= figure.i <= h.j + 3 for h in hits)


def _bought(
    sentence: Sentence, figure: Figure, out: dict[str, float], *, sold: bool = False
) -> None:
    """What is bought is what is held afterwards, unless it adds to something or is an old stake."""
    if "pct" in out or figure.value in out.values():
        return
    out["pct"] = figure.value
    before = sentence.at(figure.i - 1)
    rest = sentence.has("fn.rest") or bool(before & {"fn.remaining", "fn.combined"})
    rest = rest or figure.cue == "by" or _definite(sentence, figure) or sold
    if not rest and "to_pct" not in out and "from_pct" not in out:
        out["to_pct"] = figure.value


def _sold(sentence: Sentence, figure: Figure, out: dict[str, float]) -> None:
    if "pct" in out:
        return
    out["pct"] = figure.value
    if _definite(sentence, figure) and "from_pct" not in out:
        out["from_pct"] = figure.value


def _changed(figure: Figure, candidate: Candidate, out: dict[str, float]) -> None:
    if candidate.pattern.direction == "decrease" and "from_pct" not in out:
        out["from_pct"] = figure.value
    elif "to_pct" not in out and "from_pct" not in out:
        out["to_pct"] = figure.value


def _restated(document: Document, chosen: Candidate) -> float | None:
    """The holder's present stake in the target, when another sentence states it in passing."""
    holders, targets = set(chosen.entities("holder")[:1]), set(chosen.entities("target")[:1])
    if not holders or not targets:
        return None
    for sentence in document.sentences:
        for hit in sentence.of("owned", "owned.weak", "fn.holds"):
            if hit.tag not in ("pres", "past", "phrase"):
                continue
            if any(h.i >= hit.i - 2 and h.j <= hit.i for h in sentence.of("fn.will", "fn.modal")):
                continue
            if hit.i and "fn.to" in sentence.at(hit.i - 1):
                continue
            found = [
                f
                for f in sentence.figures
                if f.kind == "percent" and hit.j <= f.i <= hit.j + 5 and not f.below
            ]
            if found and _whose(sentence, hit, found[0], holders, targets):
                return found[0].value
    return None


def _whose(
    sentence: Sentence, hit: Hit, figure: Figure, holders: set[Entity], targets: set[Entity]
) -> bool:
    """Whether a stated holding is the holder's in the target."""
    named = {e for m in sentence.mentions for e in m.entities}
    if not named & holders:
        return False
    after = [m for m in sentence.mentions if figure.j <= m.i <= figure.j + 6]
    if after and is_stake(sentence, figure):
        target = bool(set(after[0].entities) & targets)
    else:
        target = bool(named & targets) or any(
            figure.j <= h.i <= figure.j + 4 for h in sentence.of("own-equity")
        )
    before = [m for m in sentence.mentions if m.j <= hit.i and not m.possessive and not m.prep]
    if before and before[-1].form == "group":
        return False
    owner = not before or bool(set(before[-1].entities) & holders)
    return target and owner


def _definite(sentence: Sentence, figure: Figure) -> bool:
    """Whether the figure is a stake that exists already: "the 49%", "its 68%", « ses 34 % »."""
    words = ("fn.definite", "fn.poss", "fn.remaining")
    if any(m.possessive and figure.i - m.j in (0, 1) for m in sentence.mentions):
        return True
    for at in range(max(figure.i - 2, 0), figure.i + 1):
        if sentence.at(at) & set(words):
            between = range(at + 1, figure.i)
            if all(sentence.tokens[n].text[0].isalpha() for n in between):
                near = at >= figure.i - 1 or bool(sentence.at(figure.i - 1) & set(words))
                return near or "fn.remaining" in sentence.at(at)
    return False


def _usable(sentence: Sentence, figure: Figure) -> bool:
    """Market shares, votes, price moves and parts of a stake are not stakes."""
    if figure.below or (figure.kind == "percent" and figure.low is not None):
        return False
    for at in range(figure.j, min(figure.j + 5, len(sentence.tokens))):
        if sentence.at(at) & {"market-share", "not-a-stake"}:
            return False
        if sentence.tokens[at].low in (",", ".", ";"):
            break
    return True
