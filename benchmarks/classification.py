"""How many items one core classifies, against spaCy's tokenizer alone on the same texts."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import psutil

from benchmarks import texts
from benchmarks.report import Section
from benchmarks.texts import Text
from worker import classify
from worker.classify import Classifier
from worker.shipped import shipped_rules

RELEVANT_SHARE = 0.02
WARM_UP = 300
ROUNDS = 3

Work = Callable[[Text], int]


def measure(section: Section, *, quick: bool) -> None:
    """Fill `section`. Items per CPU second of one process, which is what a core does."""
    if not texts.NOISE.is_file():
        section.skipped = texts.ABSENT
        return
    began = time.process_time()
    classifier = _classifier()
    loading = time.process_time() - began

    mixed, related = texts.wire(RELEVANT_SHARE), texts.labelled()
    if quick:
        mixed, related = mixed[::5], related[::2]
    noise = [item for item in mixed if not item.relevant]
    share = sum(item.relevant for item in mixed) / len(mixed)
    section.about = (
        "Items per CPU second of one process, that is, per core; the best of "
        f"{ROUNDS} rounds over texts that both have seen before, or the first round over texts "
        "that neither has (after as many others). Language detection included, nothing kept of an "
        f"item. Mean length of a noise item: {_mean_length(noise):.0f} characters, of a relevant "
        f"one: {_mean_length(related):.0f}."
    )

    def classified(item: Text) -> int:
        return len(classifier.classify(item.title, item.text).events)

    tokenised = _tokenizer()
    for item in noise[:WARM_UP]:
        classified(item)
    first = {work: _first_sight(work, mixed) for work in (classified, tokenised)}
    rates = {work: _rate(work, mixed) for work in (classified, tokenised)}
    section.add(f"classify, a wire with {share:.1%} relevant items", rates[classified], "items/s",
                f"{len(mixed)} items, {_total(classified, mixed)} events found")  # fmt: skip
    section.add("spaCy's blank tokenizer alone, same wire", rates[tokenised], "items/s",
                _times(rates[classified], rates[tokenised]))  # fmt: skip
    section.add("classify, the wire at first sight", first[classified], "items/s")
    section.add("spaCy's blank tokenizer alone, at first sight", first[tokenised], "items/s",
                _times(first[classified], first[tokenised]))  # fmt: skip
    read = sum(classifier.concerns(item.title, item.text) for item in noise) / len(noise)
    section.add("classify, noise", _rate(classified, noise), "items/s",
                f"{len(noise)} items, {_total(classified, noise)} events found")  # fmt: skip
    section.add("noise that the gate lets through", 100 * read, "%",
                "the rest costs a glance at its raw text")  # fmt: skip
    section.add("classify, relevant items only", _rate(classified, related), "items/s",
                f"{len(related)} items, {_total(classified, related)} events found")  # fmt: skip
    section.add("loading rules and both languages", loading, "s CPU", "once a process")
    section.add("memory of a process that classifies", _memory(), "MiB RSS",
                "after the wire, with both languages and the identifier of languages")  # fmt: skip


def _classifier() -> Classifier:
    """A classifier with both languages loaded, as the worker has it before it takes items."""
    classifier = classify.load([shipped_rules()])
    classifier.analyse("Warm", "up.", "en")
    classifier.analyse("Warm", "up.", "fr")
    gc.collect()
    gc.freeze()
    return classifier


def _tokenizer() -> Work:
    import spacy

    pipelines = {language: spacy.blank(language) for language in ("en", "fr")}

    def tokenise(item: Text) -> int:
        make = pipelines[item.language].make_doc
        return len(make(item.title)) + len(make(item.text))

    return tokenise


def _first_sight(work: Work, items: Sequence[Text]) -> float:
    """Items per CPU second in the second half, after the first has warmed what can be warmed."""
    middle = len(items) // 2
    _total(work, items[:middle])
    return _once(work, items[middle:])


def _rate(work: Work, items: Sequence[Text]) -> float:
    """Items per CPU second; the best of some rounds, since others use our caches too."""
    return max(_once(work, items) for _ in range(ROUNDS))


def _once(work: Work, items: Sequence[Text]) -> float:
    began = time.process_time()
    _total(work, items)
    return len(items) / (time.process_time() - began)


def _total(work: Work, items: Sequence[Text]) -> int:
    """What the work comes to, so that it cannot have been nothing."""
    return sum(map(work, items))


def _times(one: float, other: float) -> str:
    return f"classify does {one / other:.2f} times as many items"


def _mean_length(items: Sequence[Text]) -> float:
    return sum(len(item.title) + len(item.text) for item in items) / len(items)


def _memory() -> float:
    """MiB that a process of its own holds after it has classified the wire."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.classification"],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return float(done.stdout)


def _resident() -> float:
    classifier = _classifier()
    for item in texts.wire(RELEVANT_SHARE)[:1500]:
        classifier.classify(item.title, item.text)
    return psutil.Process().memory_info().rss / 2**20


if __name__ == "__main__":
    print(_resident())
