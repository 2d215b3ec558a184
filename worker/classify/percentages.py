"""Which percentage is the stake before, after, or the size of what changes hands."""

from __future__ import annotations

from worker.classify.document import Figure, Hit, Sentence
from worker.classify.match import Candidate

REACH = 22


def read_percentages(chosen: Candidate, allies: list[Candidate]) -> dict[str, float | None]:
    """`from_pct`, `to_pct` and `pct`, from the event's sentence, then from its allies."""
    out: dict[str, float | None] = {"from_pct": None, "to_pct": None, "pct": None}
    for candidate in [chosen, *allies]:
        found = _in_candidate(candidate)
        if candidate is not chosen and any(v is not None for v in out.values()):
            break
        for name, value in found.items():
            if out[name] is None:
                out[name] = value
    return out


def _in_candidate(candidate: Candidate) -> dict[str, float]:
    sentence, trigger = candidate.sentence, candidate.trigger
    mode = candidate.pattern.percent
    out: dict[str, float] = {}
    figures = [f for f in sentence.figures if f.kind in ("percent", "split") and _usable(sentence, f)]
    figures = [f for f in figures if abs(f.i - trigger.i) <= REACH or f.cue]
    figures = [f for f in figures if not _parted(sentence, f, trigger)]
    for figure in sorted(figures, key=lambda f: abs(f.i - trigger.i)):
        if figure.kind == "split":
            out.setdefault("to_pct", figure.value)
        elif figure.cue == "from":
            out.setdefault("from_pct", figure.value)
        elif figure.cue == "to" and mode != "sell":
            out.setdefault("to_pct", figure.value)
        elif mode == "change":
            _changed(sentence, figure, candidate, out)
        elif mode == "buy":
            _bought(sentence, figure, out)
        elif mode == "sell":
            _sold(sentence, figure, out)
        elif mode == "hold":
            out.setdefault("to_pct", figure.value)
    return out


def _parted(sentence: Sentence, figure: Figure, trigger: Hit) -> bool:
    """Whether another clause, set against this one, holds the figure."""
    low, high = min(figure.j, trigger.j), max(figure.i, trigger.i)
    return any(
        "fn.contrast" in sentence.at(at) or sentence.tokens[at].low == ";" for at in range(low, high)
    )


def _bought(sentence: Sentence, figure: Figure, out: dict[str, float]) -> None:
    if "pct" in out:
        return
    out["pct"] = figure.value
    if not _definite(sentence, figure) and "to_pct" not in out and "from_pct" not in out:
        out["to_pct"] = figure.value


def _sold(sentence: Sentence, figure: Figure, out: dict[str, float]) -> None:
    if "pct" in out:
        return
    out["pct"] = figure.value
    if _definite(sentence, figure) and "from_pct" not in out:
        out["from_pct"] = figure.value


def _changed(
    sentence: Sentence, figure: Figure, candidate: Candidate, out: dict[str, float]
) -> None:
    if candidate.pattern.direction == "decrease" and "from_pct" not in out:
        out["from_pct"] = figure.value
    elif "to_pct" not in out and "from_pct" not in out:
        out["to_pct"] = figure.value


def _definite(sentence: Sentence, figure: Figure) -> bool:
    """Whether the figure is a stake that exists already: "the 49%", "its 68%", « ses 34 % »."""
    for at in range(max(figure.i - 3, 0), figure.i):
        if sentence.at(at) & {"fn.definite", "fn.poss", "fn.remaining"}:
            return True
    return bool(sentence.at(figure.i) & {"fn.definite", "fn.poss", "fn.remaining"})


def _usable(sentence: Sentence, figure: Figure) -> bool:
    """Market shares, votes, price moves and parts of a stake are not stakes."""
    for at in range(figure.j, min(figure.j + 5, len(sentence.tokens))):
        if sentence.at(at) & {"market-share", "not-a-stake"}:
            return False
        if sentence.tokens[at].low in (",", ".", ";"):
            break
    return True
