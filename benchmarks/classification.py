"""How many items one core classifies, against spaCy's tokenizer alone on the same texts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from benchmarks import texts
from benchmarks.report import Section
from benchmarks.texts import Text
from worker import classify
from worker.classify import Classifier
from worker.shipped import shipped_rules

RELEVANT_SHARE = 0.02
WARM_UP = 200


def measure(section: Section, *, quick: bool) -> None:
    """Fill `section`. Items per CPU second of one process, which is what a core does."""
    if not texts.NOISE.is_file():
        section.skipped = texts.ABSENT
        return
    began = time.process_time()
    classifier = classify.load([shipped_rules()])
    classifier.analyse("Warm", "up.", "en")
    classifier.analyse("Warm", "up.", "fr")
    loading = time.process_time() - began

    noise, mixed, related = texts.noise(), texts.wire(RELEVANT_SHARE), texts.labelled()
    if quick:
        noise, mixed, related = noise[::5], mixed[::5], related[::2]
    section.about = (
        "Items per CPU second of one process, that is, per core. Language detection included. "
        f"Mean length of a noise item: {_mean_length(noise):.0f} characters, of a relevant one: "
        f"{_mean_length(related):.0f}."
    )
    _classified(classifier, noise[:WARM_UP])
    found: dict[str, int] = {}
    rates: dict[str, float] = {}
    for name, items in (("noise", noise), ("mixed", mixed), ("relevant", related)):
        rates[name], found[name] = _rate(partial(_classified, classifier, items), items)
    blank = _blank_rate(noise)
    share = sum(item.relevant for item in mixed) / len(mixed)
    section.add("classify, noise", rates["noise"], "items/s",
                f"{len(noise)} items, {found['noise']} events found")  # fmt: skip
    section.add("spaCy's blank tokenizer alone, same texts", blank, "items/s",
                f"classify is {blank / rates['noise']:.1f} times as much work")  # fmt: skip
    section.add(f"classify, a wire with {share:.1%} relevant items", rates["mixed"], "items/s",
                f"{len(mixed)} items, {found['mixed']} events found")  # fmt: skip
    section.add("classify, relevant items only", rates["relevant"], "items/s",
                f"{len(related)} items, {found['relevant']} events found")  # fmt: skip
    section.add("loading rules and both languages", loading, "s CPU", "once a process")


def _classified(classifier: Classifier, items: Sequence[Text]) -> int:
    """The number of events found, so that the work cannot have been nothing."""
    return sum(len(classifier.classify(item.title, item.text).events) for item in items)


def _rate(work: Callable[[], int], items: Sequence[Text]) -> tuple[float, int]:
    """Items per CPU second; of few items the best of three passes, since others use our caches."""
    best, found = 0.0, 0
    for _ in range(1 if len(items) > 1000 else 3):
        began = time.process_time()
        found = work()
        best = max(best, len(items) / (time.process_time() - began))
    return best, found


def _blank_rate(items: Sequence[Text]) -> float:
    import spacy

    pipelines = {language: spacy.blank(language) for language in ("en", "fr")}

    def tokenise() -> int:
        return sum(
            len(pipelines[item.language].make_doc(item.title))
            + len(pipelines[item.language].make_doc(item.text))
            for item in items
        )

    tokenise()
    return _rate(tokenise, items)[0]


def _mean_length(items: Sequence[Text]) -> float:
    return sum(len(item.title) + len(item.text) for item in items) / len(items)
