"""Trying the rules: limits in length, time and number."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from worker.classify.explain import Explanation
from worker.dashboard.problems import Problem
from worker.dashboard.server import LazyClassifier
from worker.dashboard.trial import MOST_TEXT, MOST_TITLE, Sample, Trials, check, moment_of
from worker.domain.event import Classification
from worker.domain.finding import FaultyInput, Finding

ANSWER = Explanation("en", (), ())


class Slow:
    """Explains when it is let go on; notes who is inside at the same time."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun = threading.Event()

    def __call__(self, title: str, text: str, **options: Any) -> Explanation:
        self.begun.set()
        assert self.go.wait(10)
        return ANSWER


async def test_the_loop_goes_on_while_a_text_is_explained() -> None:
    slow = Slow()
    task = asyncio.create_task(Trials(slow).explain(Sample("Nissan", "")))
    assert await asyncio.to_thread(slow.begun.wait, 5)
    assert not task.done()  # we are running, and it is not
    slow.go.set()
    assert await task == ANSWER


async def test_who_waits_too_long_is_told_so_and_the_place_is_free_again() -> None:
    slow = Slow()
    trials = Trials(slow, patience=0.05, most_waiting=1)
    with pytest.raises(Problem) as refused:
        await trials.explain(Sample("Nissan", ""))
    assert refused.value.status_code == 503
    assert refused.value.headers is not None
    assert "retry-after" in refused.value.headers
    with pytest.raises(Problem):  # still at work on the first
        await trials.explain(Sample("Nissan", ""))
    slow.go.set()
    for _ in range(200):
        try:
            assert await trials.explain(Sample("Nissan", "")) == ANSWER
        except Problem:
            await asyncio.sleep(0.02)
        else:
            return
    raise AssertionError("the place was never free again")


async def test_only_so_many_wait() -> None:
    slow = Slow()
    trials = Trials(slow, most_waiting=3)
    tasks = [asyncio.create_task(trials.explain(Sample("Nissan", ""))) for _ in range(5)]
    await asyncio.sleep(0)
    slow.go.set()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [answer == ANSWER for answer in done] == [True] * 3 + [False] * 2
    assert {answer.status_code for answer in done if isinstance(answer, Problem)} == {503}


async def test_rules_that_do_not_load_are_named() -> None:
    def explain(title: str, text: str, **options: Any) -> Explanation:
        raise FaultyInput(
            (
                Finding(Path("rules/a.yaml"), 7, "gate", "is empty", "name a concept"),
                Finding(Path("rules/b.yaml"), 1, "", "no YAML", "mend it"),
            )
        )

    with pytest.raises(Problem) as refused:
        await Trials(explain).explain(Sample("Nissan", ""))
    assert refused.value.status_code == 503
    assert "rules/a.yaml:7: gate: is empty (name a concept), and 1 more." in refused.value.detail


async def test_a_fault_of_ours_is_no_answer() -> None:
    def explain(title: str, text: str, **options: Any) -> Explanation:
        raise RuntimeError("fault")

    with pytest.raises(RuntimeError, match="fault"):
        await Trials(explain).explain(Sample("Nissan", ""))


async def test_a_text_that_is_too_long_reaches_no_classifier() -> None:
    def explain(title: str, text: str, **options: Any) -> Explanation:
        raise AssertionError("it was asked")

    with pytest.raises(Problem) as refused:
        await Trials(explain).explain(Sample("", "é" * (MOST_TEXT + 1)))
    assert refused.value.status_code == 422


def test_lengths_count_code_points() -> None:
    check(Sample("🚗" * MOST_TITLE, "🚗" * MOST_TEXT))
    with pytest.raises(Problem) as refused:
        check(Sample("🚗" * (MOST_TITLE + 1), "🚗" * (MOST_TEXT + 1)))
    assert [finding["field"] for finding in refused.value.findings] == ["title", "text"]
    assert refused.value.detail == (
        "The title has 1\u202f001 characters: at most 1\u202f000 are taken; "
        "the text has 20\u202f001 characters: at most 20\u202f000 are taken."
    )


def test_nothing_is_nothing_to_look_at() -> None:
    with pytest.raises(Problem, match="422"):
        check(Sample(" ", "\n"))


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("", None),
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-03-02T09:30:00+02:00", datetime(2026, 3, 2, 7, 30, tzinfo=UTC)),
    ],
)
def test_times(written: str, moment: datetime | None) -> None:
    assert moment_of(written) == moment


@pytest.mark.parametrize("written", ["yesterday", "2026-13-01", "0001-01-01T00:00:00+10:00"])
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(Problem, match="422"):
        moment_of(written)


class Loaded:
    """A classifier in which only one may be at a time."""

    def __init__(self) -> None:
        self.inside = threading.Lock()

    def classify(self, title: str, text: str, **options: Any) -> Classification:
        raise AssertionError

    def explain(self, title: str, text: str, **options: Any) -> Explanation:
        assert self.inside.acquire(blocking=False), "two at a time"
        threading.Event().wait(0.01)
        self.inside.release()
        return ANSWER


async def test_the_classifier_is_loaded_once_and_takes_one_text_at_a_time() -> None:
    loads: list[int] = []

    def load() -> Loaded:
        loads.append(1)
        threading.Event().wait(0.05)
        return Loaded()

    trials = Trials(LazyClassifier(load).explain)
    answers = await asyncio.gather(*(trials.explain(Sample("Nissan", "")) for _ in range(8)))
    assert answers == [ANSWER] * 8
    assert loads == [1]


def test_a_classifier_that_did_not_load_is_tried_again() -> None:
    loads: list[int] = []

    def load() -> Loaded:
        loads.append(1)
        if len(loads) == 1:
            raise FaultyInput((Finding(Path("a"), 1, "", "bad", "mend"),))
        return Loaded()

    classifier = LazyClassifier(load)
    with pytest.raises(FaultyInput):
        classifier.explain("Nissan", "")
    assert classifier.explain("Nissan", "") == ANSWER
