"""Which percentages are stakes: no market shares, votes, thresholds or parts of a stake."""

from __future__ import annotations

from worker.classify.document import Figure, Sentence
from worker.classify.nearness import is_stake


def usable(sentence: Sentence, figure: Figure) -> bool:
    """Market shares, votes, price moves and parts of a stake are not stakes."""
    if figure.below or _limit(sentence, figure) or _votes(sentence, figure):
        return False
    if figure.cue == "by":
        return True
    if not figure.text[0].isdigit() and _of_holding(sentence, figure):
        return False
    for at in range(figure.j, min(figure.j + 5, len(sentence.tokens))):
        if sentence.at(at) & {"market-share", "not-a-stake"}:
            return False
        if sentence.tokens[at].low in (",", ".", ";"):
            break
    return True


def between(sentence: Sentence, figure: Figure) -> bool:
    """ "between 15 and 20%": up to the upper end."""
    return bool(figure.i) and "fn.range" in sentence.at(figure.i - 1)


def _limit(sentence: Sentence, figure: Figure) -> bool:
    """ "the 25% mark", « le seuil de 50 % », "unchanged at 50-50": no stake that changes."""
    around = (*range(max(figure.i - 3, 0), figure.i), figure.j)
    if any("fn.limit" in sentence.at(at) for at in around):
        return True
    near = range(max(figure.i - 6, 0), figure.j + 2)
    return figure.kind == "split" and any("fn.unchanged" in sentence.at(at) for at in near)


def _of_holding(sentence: Sentence, figure: Figure) -> bool:
    """ "a third of its shares", « la moitié de ses titres »: a part of a stake is no stake."""
    after = range(figure.j, min(figure.j + 3, len(sentence.tokens)))
    return any(
        "fn.poss" in sentence.at(at) and sentence.at(at + 1) & {"shares", "stake"} for at in after
    )


def _votes(sentence: Sentence, figure: Figure) -> bool:
    """ "12% of its shares and 19% of the votes": where both are told, the shares are the stake."""
    if figure.cue and _voting(sentence, figure):
        return False
    told = [f for f in sentence.figures if f.kind == "percent" and f is not figure]
    if _voting(sentence, figure):
        return any(not _voting(sentence, f) for f in told)
    return any(_voting(sentence, f) and f.j <= figure.i for f in told) and not is_stake(
        sentence, figure
    )


def _voting(sentence: Sentence, figure: Figure) -> bool:
    return any("fn.votes" in sentence.at(at) for at in range(figure.j, figure.j + 4))
