"""Trying the rules on a text beside the event loop, without end neither in length nor in time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from worker.dashboard.problems import Problem
from worker.dashboard.services import Explains
from worker.dashboard.words import grouped
from worker.domain.finding import FaultyInput

if TYPE_CHECKING:
    from worker.classify import Explanation

log = structlog.get_logger(__name__)

# In code points. Explaining looks at every place where a rule nearly fits, and takes much longer
# than in proportion on a text made for it; news items hardly ever come near this length.
MOST_TITLE = 1_000
MOST_TEXT = 20_000

# Seconds. Loading the rules takes some of them, once.
PATIENCE = 20.0
MOST_WAITING = 8


@dataclass(frozen=True, slots=True)
class Sample:
    """What is to be explained, as `Classifier.explain` takes it."""

    title: str
    text: str
    language: str | None = None
    published: datetime | None = None


def check(sample: Sample) -> None:
    """Raises `Problem` 422 for a sample that is empty or too long."""
    findings = [
        {"field": name, "problem": f"{grouped(size)} characters: at most {grouped(most)} are taken"}
        for name, size, most in (
            ("title", len(sample.title), MOST_TITLE),
            ("text", len(sample.text), MOST_TEXT),
        )
        if size > most
    ]
    if findings:
        told = "; ".join(f"the {found['field']} has {found['problem']}" for found in findings)
        raise Problem(422, told[0].upper() + told[1:] + ".", findings=findings)
    if not sample.title.strip() and not sample.text.strip():
        raise Problem(422, "There is nothing to look at: give a title or a text.")


def moment_of(written: str) -> datetime | None:
    """A time in ISO 8601, in UTC where it has no offset; `None` for "". Raises `Problem` 422."""
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Problem(
            422,
            "Write `published` in ISO 8601, like 2026-03-02T09:30:00Z.",
            findings=[{"field": "published", "problem": "not a time in ISO 8601"}],
        ) from None


class Trials:
    """Explains samples in threads of its own: those of the pages stay free for the pages.

    The classifier takes one sample at a time; who waits for it too long is told so.
    """

    def __init__(
        self, explain: Explains, *, patience: float = PATIENCE, most_waiting: int = MOST_WAITING
    ) -> None:
        self._explain = explain
        self._patience = patience
        self._most_waiting = most_waiting
        self._under_way = 0

    async def explain(self, sample: Sample) -> Explanation:
        """Why each rule fires or not. To be called in the event loop.

        Raises `Problem`: 422 as `check` does, 503 where the classifier is busy for too long or
        its rules do not load.
        """
        check(sample)
        if self._under_way >= self._most_waiting:
            raise _busy("Others are trying the rules just now.")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Explanation] = loop.create_future()

        def settle(set_answer: Callable[[], None]) -> None:
            self._under_way -= 1
            if not answer.done():  # otherwise nobody waits any more
                set_answer()

        def work() -> None:
            try:
                found = self._explain(
                    sample.title,
                    sample.text,
                    language=sample.language,
                    published=sample.published,
                )
            except Exception as error:
                failed = error
                done = lambda: settle(lambda: answer.set_exception(failed))  # noqa: E731
            else:
                done = lambda: settle(lambda: answer.set_result(found))  # noqa: E731
            with suppress(RuntimeError):  # the loop has ended in the meantime
                loop.call_soon_threadsafe(done)

        self._under_way += 1
        # A daemon: a long text must not hold up the end of the process.
        threading.Thread(target=work, name="explain", daemon=True).start()
        try:
            return await asyncio.wait_for(answer, self._patience)
        except TimeoutError:
            log.warning("explanation_takes_long", seconds=self._patience, characters=_size(sample))
            raise _busy("The classifier is being loaded, or busy with a hard text.") from None
        except FaultyInput as error:
            log.error("rules_do_not_load", findings=[str(found) for found in error.findings])
            raise Problem(
                503,
                f"The rules do not load: {error.findings[0]}"
                + (f", and {len(error.findings) - 1} more." if error.findings[1:] else "."),
            ) from None


def _size(sample: Sample) -> int:
    return len(sample.title) + len(sample.text)


def _busy(why: str) -> Problem:
    return Problem(503, f"{why} Try again in a moment.", headers={"retry-after": "5"})
