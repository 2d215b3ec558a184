"""`/playground`: paste a news item, see what the rules make of it. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from worker.dashboard.access import Reader, Viewer
from worker.dashboard.account import accounts, events
from worker.dashboard.highlight import segments
from worker.dashboard.marks import TONES, facts, legend
from worker.dashboard.pages import render
from worker.dashboard.problems import Problem
from worker.dashboard.trial import MOST_TEXT, MOST_TITLE, Sample, Trials, moment_of
from worker.dashboard.words import grouped
from worker.domain.item import Item
from worker.stories import headline

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

LANGUAGES = {"": "find out", "en": "English", "fr": "French"}
_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 20


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the form, as it was written."""

    title: str = ""
    text: str = ""
    language: str = ""
    published: str = ""

    def sample(self) -> Sample:
        """What is to be explained. Raises `Problem` for a date that is none."""
        return Sample(self.title, self.text, self.language or None, moment_of(self.published))


@router.get("/playground")
async def open_playground(
    request: Request, viewer: Reader, item: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    """The empty form, or an item of ours with why each rule did or did not fire on it."""
    if not item:
        return _page(request, viewer, Filled())
    reads = request.app.state.services.store.reads
    detail = await run_in_threadpool(reads.item_with_events, item)
    if detail is None:
        raise Problem(404, "There is no such item.")
    found: Item = detail.item
    # As the pipeline gave it to the classifier, so that the answer is the same.
    sample = Sample(
        found.title[:MOST_TITLE], found.text[:MOST_TEXT], found.language, found.published
    )
    filled = Filled(
        sample.title,
        sample.text,
        found.language or "",
        found.published.date().isoformat() if found.published else "",
    )
    notice = f"From {found.source or 'an unknown source'}."
    if len(found.text) > MOST_TEXT:
        notice += f" It is longer: only its first {grouped(MOST_TEXT)} characters are looked at."
    return await _explained(request, viewer, filled, sample, notice)


@router.post("/playground")
async def try_rules(request: Request, viewer: Reader) -> HTMLResponse:
    """What the rules make of what was sent; the form comes back as it was filled in."""
    filled = await _read_form(request)
    try:
        sample = filled.sample()
    except Problem as problem:
        return _page(request, viewer, filled, problem=problem)
    return await _explained(request, viewer, filled, sample)


async def _read_form(request: Request) -> Filled:
    """Read after it is known who sends it, and in time that grows with its length alone."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != _FORM:
        raise Problem(415, f"Send the form as {_FORM}.")
    try:
        fields = dict(
            parse_qsl(
                (await request.body()).decode("ascii", "replace"),
                keep_blank_values=True,
                max_num_fields=_MOST_FIELDS,
            )
        )
    except ValueError:
        raise Problem(400, "The form has more fields than this page.") from None
    return Filled(
        title=fields.get("title", ""),
        # Browsers send line ends as CR LF whatever was typed.
        text=fields.get("text", "").replace("\r\n", "\n"),
        language=fields.get("language", "")[:20],
        published=fields.get("published", "").strip()[:40],
    )


async def _explained(
    request: Request, viewer: Viewer, filled: Filled, sample: Sample, notice: str = ""
) -> HTMLResponse:
    trials: Trials = request.app.state.trials
    try:
        explanation = await trials.explain(sample)
    except Problem as problem:
        return _page(request, viewer, filled, notice, problem=problem)
    found = events(explanation)
    passages = [passage for event in found for passage in event.evidence]
    result = {
        "language": explanation.language,
        "words": explanation.atoms,
        "found": [
            {
                "event": event,
                "headline": headline(event, explanation.language or "en"),
                "facts": facts(event),
            }
            for event in found
        ],
        "title_cut": segments(sample.title, passages, field="title"),
        "text_cut": segments(sample.text, passages, field="text"),
        "legend": legend(found),
        "rules": accounts(explanation),
    }
    return _page(request, viewer, filled, notice, result=result)


def _page(
    request: Request,
    viewer: Viewer,
    filled: Filled,
    notice: str = "",
    *,
    result: Mapping[str, Any] | None = None,
    problem: Problem | None = None,
) -> HTMLResponse:
    choices = dict(LANGUAGES)
    if filled.language not in choices:  # a feed may declare any language
        choices[filled.language] = filled.language
    page = render(
        request,
        "playground.html",
        viewer,
        filled=filled,
        notice=notice,
        result=result,
        problem=problem,
        wrong={finding["field"] for finding in problem.findings} if problem else set(),
        languages=choices,
        most_title=MOST_TITLE,
        most_text=MOST_TEXT,
        tones=TONES,
    )
    if problem is not None:
        page.status_code = problem.status_code
        page.headers.update(problem.headers or {})
    return page
