"""Why each rule fires or not on an item that is sent."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from worker.dashboard.access import Reader
from worker.dashboard.api.bodies import ITEM_BODY, Sent
from worker.dashboard.api.models import Explained
from worker.dashboard.api.shapes import explanation_out
from worker.dashboard.problems import documented
from worker.dashboard.trial import Sample, Trials, moment_of

router = APIRouter(tags=["items"], responses=documented(401, 403, 422, 503))


@router.post(
    "/explain",
    response_model=Explained,
    responses=documented(400, 413, 415),
    openapi_extra=ITEM_BODY,
)
async def explain(request: Request, viewer: Reader, sent: Sent) -> Any:
    """Why each rule fires or not on an item; nothing is stored.

    At most 1,000 characters of title and 20,000 of text.
    """
    trials: Trials = request.app.state.trials
    sample = Sample(sent.title, sent.text, sent.lang, moment_of(sent.published or ""))
    return explanation_out(sent.id, await trials.explain(sample))
