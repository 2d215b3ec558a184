"""Fits the confidence: how likely an event is right, given its score.

Every best fit of a rule in a labelled item is a case, also one whose score is too low to be
reported; it is right when the label has an event of that rule. The labelled sets are rich in
events: on a wire where one item in fifty has any, the same score is right less often.

Two parameters are fitted by maximum likelihood with a slight pull towards a moderate slope.
`--write` keeps them in `rules/confidence.json`; in any case the fit is tried on five folds that it
has not seen.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from datetime import datetime

from benchmarks.sets import DATA, LANGUAGES, OWN, ROOT, items
from worker.classify import Classifier, load
from worker.classify.confidence import NAME, Calibration

FOLDS = 5
PULL = 0.5
Case = tuple[float, bool, int]


def cases(classifier: Classifier) -> list[Case]:
    """Score, whether right, and fold of every best fit in the labelled sets."""
    out: list[Case] = []
    for language in LANGUAGES:
        for name, folder in (
            (f"dev.{language}.jsonl", DATA),
            (f"own.{language}.jsonl", OWN),
            (f"fresh.{language}.jsonl", OWN),
        ):
            for item in items(name, folder):
                labels = {event["rule"] for event in item["events"]}
                told = classifier.explain(
                    item["title"], item["text"], published=datetime.fromisoformat(item["published"])
                )
                for rule in told.rules:
                    fits = [a for a in rule.attempts if not a.missing]
                    if fits:
                        best = max(a.score for a in fits)
                        out.append((best, rule.rule in labels, int(item["id"][-3:]) % FOLDS))
    return out


def fit(sample: Sequence[Case]) -> Calibration:
    """Newton's method on the two parameters of the curve."""
    slope, offset = 1.0, 0.0
    for _ in range(50):
        g = [-PULL * (slope - 1.4), 0.0]
        h = [PULL, 0.0, 1e-6]
        for score, right, _fold in sample:
            p = 1 / (1 + math.exp(-max(min(slope * score + offset, 30), -30)))
            g[0] += (right - p) * score
            g[1] += right - p
            weight = p * (1 - p)
            h[0] += weight * score * score
            h[1] += weight * score
            h[2] += weight
        bottom = h[0] * h[2] - h[1] * h[1]
        step = ((h[2] * g[0] - h[1] * g[1]) / bottom, (h[0] * g[1] - h[1] * g[0]) / bottom)
        slope, offset = slope + step[0], offset + step[1]
        if max(map(abs, step)) < 1e-9:
            break
    return Calibration(round(slope, 3), round(-offset / slope, 3))


def brier(sample: Sequence[Case], curve: Calibration) -> float:
    """Mean squared distance of the probability from what was so."""
    return sum((curve.probability(s) - right) ** 2 for s, right, _ in sample) / max(len(sample), 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if not DATA.is_dir():
        print(f"skipped: no labelled sets in {DATA}")
        return 0
    found = cases(load([ROOT / "rules"]))
    bins: dict[int, list[tuple[float, bool]]] = {}
    losses = []
    for fold in range(FOLDS):
        curve = fit([case for case in found if case[2] != fold])
        unseen = [case for case in found if case[2] == fold]
        losses.append(brier(unseen, curve))
        for score, right, _ in unseen:
            p = curve.probability(score)
            bins.setdefault(min(int(p * 10), 9), []).append((p, right))
    curve = fit(found)
    print(f"{len(found)} fits, slope {curve.slope}, middle {curve.middle}")
    print(f"Brier score on unseen folds: {sum(losses) / FOLDS:.4f}")
    for at, rows in sorted(bins.items()):
        said = sum(p for p, _ in rows) / len(rows)
        held = sum(right for _, right in rows) / len(rows)
        print(f"{at / 10:.1f}-{at / 10 + 0.1:.1f}: {len(rows)} said {said:.2f} held {held:.2f}")
    if options.write:
        data = {"slope": curve.slope, "middle": curve.middle}
        (ROOT / "rules" / NAME).write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
