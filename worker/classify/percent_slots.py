"""What each percentage of one sentence is to a candidate: before, after, or the size."""

from __future__ import annotations

from worker.classify.attach import verbal
from worker.classify.document import Figure, Hit, Sentence
from worker.classify.holdings import kept
from worker.classify.match import Candidate
from worker.classify.nearness import is_stake
from worker.classify.stakes import between, usable
from worker.classify.tense import verb_group
from worker.domain.event import Status

THIRDS = {33.3: 100 / 3, 66.7: 200 / 3}
REACH = 22
ROUNDED = 0.6
"""By how much a size may differ from the difference of before and after: figures are rounded."""


def in_candidate(candidate: Candidate, *, sure: bool) -> dict[str, float]:
    """Read one candidate's figures; with `sure` only those that are plainly parts of a company."""
    sentence, trigger = candidate.sentence, candidate.trigger
    mode = candidate.pattern.percent
    out: dict[str, float] = {}
    figures = _relevant(candidate, sure)
    paired = {"from", "to"} <= {f.cue for f in figures}
    if paired and _against(candidate, figures):
        figures = [f for f in figures if f.cue not in ("from", "to")]
    for figure in figures:
        if paired and figure.cue in ("from", "to"):
            out.setdefault(f"{figure.cue}_pct", figure.value)
        elif kept(sentence, figure) and figure.kind == "percent":
            out.setdefault("from_pct" if _definite(sentence, figure) else "to_pct", figure.value)
        elif mode not in ("now", "hold") and _stands(sentence, figure):
            if mode != "none":
                out.setdefault("from_pct", figure.value)
        elif (
            mode not in ("now", "hold")
            and candidate.reading.status is Status.COMPLETED
            and _now_held(sentence, figure)
        ):
            out.setdefault("to_pct", figure.value)
        elif mode != "hold" and _held(sentence, figure):
            if sentence.has("now-owned"):
                out.setdefault("to_pct", figure.value)
            elif mode in ("sell", "change", "buy") and _theirs(candidate, figure):
                _held_before(candidate, figure, out)
        elif _owned_by_name(sentence, figure):
            _held_before(candidate, figure, out)
        elif figure.kind == "split":
            out.setdefault(_split_slot(candidate, figure), figure.value)
        elif figure.part is not None:
            _part(figure, mode, out)
        elif figure.cue == "from" and mode == "buy" and _alone(sentence):
            _bought(sentence, figure, out)
        elif figure.cue == "from" and mode == "sell" and _named_stake(sentence, figure):
            _sold(sentence, figure, out)
        elif figure.cue == "from" and mode != "hold":
            out.setdefault("from_pct", figure.value)
        elif _is_result(candidate, figure):
            _result(sentence, figure, out)
        elif figure.cue == "by" and (mode == "change" or "to_pct" in out):
            out.setdefault("pct", figure.value)
        elif mode == "change":
            _changed(figure, candidate, out)
        elif mode == "buy":
            _bought(sentence, figure, out, sold=trigger.concept == "sell")
        elif mode == "sell":
            _sold(sentence, figure, out)
        elif mode in ("hold", "now") and "to_pct" not in out:
            out["to_pct"] = figure.value
            near = candidate.pattern.name == "splits-venture" or figure.i - trigger.j < 9
            fresh = mode == "hold" or sentence.has("buy", "acquire", "capital-raise")
            sure_size = candidate.pattern.name == "results-in" or _alone(sentence)
            if fresh and near and sure_size:
                out["pct"] = figure.value
        elif mode == "none" and trigger.concept == "cross-holding":
            if trigger.j <= figure.i <= trigger.j + 3:
                out.setdefault("to_pct", figure.value)
                out.setdefault("pct", figure.value)
        elif mode == "none" and "to_pct" not in out and _will_hold(sentence, figure):
            out["to_pct"] = figure.value
            if _alone(sentence) and _near(sentence, figure, "owned.result"):
                out["pct"] = figure.value
    _agree(sentence, out)
    if not out and mode in ("hold", "none") and sentence.has("fn.equal") and sentence.has("jv"):
        out["to_pct"] = 50.0
    return out


def _against(candidate: Candidate, figures: list[Figure]) -> bool:
    """Whether a pair of figures moves the other way than the deal: it is another stake's."""
    before = next(f.value for f in figures if f.cue == "from")
    after = next(f.value for f in figures if f.cue == "to")
    moves = "increase" if after > before else "decrease"
    return candidate.pattern.percent in ("buy", "sell") and candidate.pattern.direction != moves


def _owned_by_name(sentence: Sentence, figure: Figure) -> bool:
    """ "the owner of 30% of X", « déjà propriétaire de 30 % de X »: in apposition."""
    owner = next((h for h in sentence.of("fn.owner") if h.j in (figure.i, figure.i - 1)), None)
    if owner is None or "owned.result" in sentence.at(owner.i):
        return False
    before = range(max(owner.i - 2, 0), owner.i)
    return any(sentence.tokens[at].low == "," for at in before)


def _held_before(candidate: Candidate, figure: Figure, out: dict[str, float]) -> None:
    out.setdefault("from_pct", figure.value)
    if candidate.pattern.percent == "buy" and out.get("to_pct") == out.get("pct"):
        out.pop("to_pct", None)


def _agree(sentence: Sentence, out: dict[str, float]) -> None:
    """Before, after and size have to fit: the size is the difference, or another figure is."""
    before, after = out.get("from_pct"), out.get("to_pct")
    if before is None or after is None:
        return
    moved = abs(after - before)
    size = out.get("pct")
    if size is not None and size == after and abs(moved - size) > ROUNDED:
        del out["pct"]
    if "pct" not in out:
        told = [f.value for f in sentence.figures if f.kind == "percent"]
        fits = [value for value in told if value not in (before, after)]
        fits = [value for value in fits if abs(value - moved) < ROUNDED]
        if fits:
            out["pct"] = fits[0]


def _theirs(candidate: Candidate, figure: Figure) -> bool:
    """Whether a holding told in a relative clause is not that of a third company."""
    sentence = candidate.sentence
    at = next(
        (n for n in range(figure.i - 1, max(figure.i - 7, 0), -1) if "fn.rel" in sentence.at(n)), 0
    )
    left = at - 1 if at and sentence.tokens[at - 1].low == "," else at
    whose = [m for m in sentence.mentions if m.j == left]
    if not at or not whose:
        return True
    side = {e for role in ("counterparty", "owner") for e in candidate.entities(role)}
    return not set(whose[0].entities) & side and bool(
        set(whose[0].entities) & set(candidate.filled)
    )


def _is_result(candidate: Candidate, figure: Figure) -> bool:
    """Whether a figure tells what the deal comes to, whatever changes hands."""
    sentence, mode = candidate.sentence, candidate.pattern.percent
    if mode in ("buy", "sell") and _comes_to(sentence, figure):
        return True
    if mode != "hold" and _becomes(sentence, figure):
        return True
    if figure.cue != "to" or mode == "hold":
        return False
    stake = any("stake" in sentence.at(figure.i - n) for n in (1, 2, 3))
    falls = sentence.has("lower", "fall-to") or "fn.down" in sentence.at(figure.i - 2)
    return mode != "sell" or stake or falls


def _becomes(sentence: Sentence, figure: Figure) -> bool:
    """ "will become its top investor with 24.81%"."""
    return bool(figure.i) and (
        "fn.with" in sentence.at(figure.i - 1)
        and any(figure.i - 9 <= h.j <= figure.i for h in sentence.of("fn.becomes"))
    )


def _comes_to(sentence: Sentence, figure: Figure) -> bool:
    """ "will buy 60% and so own 100%": what is to be held in the end."""
    return any(
        h.j <= figure.i <= h.j + 5
        and (h.tag in ("fut", "cond") or verb_group(sentence, h).time in ("future", "conditional"))
        for h in sentence.of("owned")
    )


def _result(sentence: Sentence, figure: Figure, out: dict[str, float]) -> None:
    """A stated result, which wins over the size that was taken for it, if it is the buyer's."""
    if "to_pct" not in out:
        out["to_pct"] = figure.value
    elif out["to_pct"] == out.get("pct") and figure.value > out["to_pct"]:
        told = [f for f in sentence.figures if f.kind == "percent" and f.value == out["pct"]]
        between = range(told[0].j, figure.i) if told else range(0)
        others = any(sentence.at(at) & {"fn.rel", "fn.modal"} for at in between) or any(
            m.i in between and not m.prep and not m.possessive and m.form != "pronoun"
            for m in sentence.mentions
        )
        if told and told[0].i < figure.i and not others:
            out["to_pct"] = figure.value


def _split_slot(candidate: Candidate, figure: Figure) -> str:
    """What "50-50" tells: how a venture is to be owned, was owned, or would have been."""
    if candidate.trigger.concept == "jv.end" or candidate.reading.status is Status.DENIED:
        return "pct"
    inside = range(max(figure.i - 5, 0), figure.i)
    shared = any("fn.rel" in candidate.sentence.at(at) for at in inside)
    return "from_pct" if shared and candidate.pattern.percent != "hold" else "to_pct"


def _part(figure: Figure, mode: str, out: dict[str, float]) -> None:
    """ "half of its 19%", "the bulk of their 18.4%": the whole is what there was before."""
    if figure.part:
        part = THIRDS.get(figure.part, figure.part)
        out.setdefault("pct", round(figure.value * part / 100, 2))
    if mode in ("sell", "change"):
        out.setdefault("from_pct", figure.value)


def _alone(sentence: Sentence) -> bool:
    return sum(f.kind == "percent" for f in sentence.figures) == 1


def _relevant(candidate: Candidate, sure: bool) -> list[Figure]:
    """The figures that may belong to the event, the likeliest first."""
    sentence, trigger, mode = candidate.sentence, candidate.trigger, candidate.pattern.percent
    figures = [
        f
        for f in sentence.figures
        if f.kind in ("percent", "split")
        and usable(sentence, f)
        and (f.low is None or f.kind == "split" or mode == "hold" or between(sentence, f))
        and (abs(f.i - trigger.i) <= REACH or f.cue or _near(sentence, f, "owned.result"))
        and not _parted(sentence, f, trigger)
        and (
            not sure
            or is_stake(sentence, f)
            or (candidate.pattern.percent == "hold" and 0 <= f.i - trigger.j <= 4)
            or (f.cue and candidate.pattern.percent == "change")
            or (mode == "hold" and _near(sentence, f, "owned.result"))
        )
    ]
    if _parts(sentence, figures):
        return sorted(figures, key=lambda f: (not _is_the_first(candidate, f), f.i))
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


def _parts(sentence: Sentence, figures: list[Figure]) -> bool:
    """ "X brings in 60% and Y 40% of the capital": parts of one whole, in the order of owners."""
    if len(figures) != 2 or abs(sum(f.value for f in figures) - 100) > 0.1:
        return False
    one, other = sorted(figures, key=lambda f: f.i)
    return any("fn.conj" in sentence.at(at) for at in range(one.j, other.i))


def _is_the_first(candidate: Candidate, figure: Figure) -> bool:
    """Whether a part of a whole is that of the holder who is named first."""
    first = (candidate.entities("holder") or candidate.entities("investor"))[:1]
    before = [m for m in candidate.sentence.mentions if m.j <= figure.i]
    return bool(first and before) and first[0] in before[-1].entities


def _parted(sentence: Sentence, figure: Figure, trigger: Hit) -> bool:
    """Whether another clause, set against this one, holds the figure."""
    low, high = min(figure.j, trigger.j), max(figure.i, trigger.i)
    return any(
        "fn.contrast" in sentence.at(at) or sentence.tokens[at].low == ";"
        for at in range(low, high)
    )


def _held(sentence: Sentence, figure: Figure) -> bool:
    """ "of which it owns 35.71%": a holding told in passing, in a relative clause."""
    if figure.cue == "to":
        return False
    owned = [
        h
        for h in sentence.of("owned", "owned.weak", "fn.holds")
        if h.j <= figure.i <= h.j + 4
        and not verbal(sentence, h.j)
        and h.tag not in ("fut", "cond")
        and verb_group(sentence, h).time not in ("future", "conditional")
    ]
    if not owned:
        return False
    return any("fn.rel" in sentence.at(at) for at in range(max(owned[-1].i - 5, 0), owned[-1].i))


def _stands(sentence: Sentence, figure: Figure) -> bool:
    """ "his holding, which stands at 24%", « qui s'élève à 24 % »: what there is, in passing."""
    return any(
        figure.i - 2 <= h.j <= figure.i and any("fn.rel" in sentence.at(h.i - n) for n in (1, 2))
        for h in sentence.of("fn.stands")
    )


def _now_held(sentence: Sentence, figure: Figure) -> bool:
    """ "has bought 8 points more and now has 44.5%": what a deal that is done has come to."""
    around = range(max(figure.i - 4, 0), figure.i)
    return any("fn.now" in sentence.at(at) for at in around) and _near(
        sentence, figure, "owned", "owned.weak", "fn.holds", "now-owned"
    )


def _will_hold(sentence: Sentence, figure: Figure) -> bool:
    """ "of which the first will own 35%": what a merger or a venture comes to."""
    return _near(sentence, figure, "owned", "owned.weak", "owned.result")


def _near(sentence: Sentence, figure: Figure, *concepts: str) -> bool:
    return any(h.j <= figure.i <= h.j + 3 for h in sentence.of(*concepts))


def _bought(
    sentence: Sentence, figure: Figure, out: dict[str, float], *, sold: bool = False
) -> None:
    """What is bought is what is held afterwards, unless it adds to something or is an old stake."""
    if "pct" in out or figure.value in out.values():
        return
    more = [f for f in sentence.figures if f.kind == "percent" and f.cue == "by"]
    if more and figure not in more and figure.i < more[0].i:
        out.setdefault("to_pct", figure.value)
        return
    out["pct"] = figure.value
    before = sentence.at(figure.i - 1)
    rest = sentence.has("fn.rest") or bool(before & {"fn.remaining", "fn.combined"})
    shared = sentence.has("jv", "partner", "own-equity")
    rest = rest or figure.cue == "by" or sold or (shared and _definite(sentence, figure))
    if not rest and "to_pct" not in out and "from_pct" not in out:
        out["to_pct"] = figure.value


def _sold(sentence: Sentence, figure: Figure, out: dict[str, float]) -> None:
    if "pct" in out:
        return
    out["pct"] = figure.value
    whole = _definite(sentence, figure) or _last(sentence, figure) or _own_stake(sentence, figure)
    if whole and "from_pct" not in out:
        out["from_pct"] = figure.value


def _named_stake(sentence: Sentence, figure: Figure) -> Hit | None:
    """The word for a stake before a figure: « une participation de 33 % »."""
    return next((h for h in sentence.of("stake") if h.j in (figure.i, figure.i - 1)), None)


def _own_stake(sentence: Sentence, figure: Figure) -> bool:
    """« sa participation de 33 % »: a stake that there is, not one that is made."""
    stake = _named_stake(sentence, figure)
    return stake is not None and bool(stake.i) and "fn.poss" in sentence.at(stake.i - 1)


def _last(sentence: Sentence, figure: Figure) -> bool:
    """ "its last shares, equivalent to 1.6 percent": all that there was."""
    return any(
        figure.i - 14 <= h.j <= figure.i and sentence.at(h.j) & {"shares", "stake", "exit.capital"}
        for h in sentence.of("fn.remaining")
    )


def _changed(figure: Figure, candidate: Candidate, out: dict[str, float]) -> None:
    falls = candidate.pattern.direction == "decrease"
    size = _near(candidate.sentence, figure, "sell", "buy", "acquire")
    if size and "to_pct" in out and "from_pct" not in out:
        out.setdefault("pct", figure.value)
    elif (falls or _definite(candidate.sentence, figure)) and "from_pct" not in out:
        out["from_pct"] = figure.value
    elif "to_pct" not in out and "from_pct" not in out:
        out["to_pct"] = figure.value


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
