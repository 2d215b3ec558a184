"""Finding events in news items, by rules that people can read.

Importing this package is cheap: spaCy comes in when a classifier is built.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from worker.domain.finding import Finding

if TYPE_CHECKING:
    from worker.classify.classifier import Classifier
    from worker.classify.explain import Explanation

__all__ = ["Classifier", "Explanation", "check", "load"]


def load(folders: Sequence[Path], *, companies: Literal["any", "listed"] = "any") -> Classifier:
    """Build a classifier from rule folders, later ones overriding earlier ones.

    With `companies="listed"` only events between companies on a watchlist are found, with
    "any" also those between others. Raises `worker.domain.finding.FaultyInput` with every
    fault in every file.
    """
    from worker.classify.loading import load as build

    return build(folders, companies=companies)


def check(folders: Sequence[Path]) -> tuple[Finding, ...]:
    """Every fault in the folders, and every example in a rule that does not come out as written."""
    from worker.classify.examples import check as run

    return run(folders)


def __getattr__(name: str) -> object:
    if name == "Classifier":
        from worker.classify.classifier import Classifier

        return Classifier
    if name == "Explanation":
        from worker.classify.explain import Explanation

        return Explanation
    raise AttributeError(name)
