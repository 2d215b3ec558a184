"""Deliveries with every attempt."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from worker.dashboard.access import Reader
from worker.dashboard.api.models import DeliveryDetailOut, DeliveryLineOut
from worker.dashboard.api.paging import Cursor, Limit, Listing, Since, Until, Word, listing
from worker.dashboard.api.shapes import attempt_out, delivery_line_out, delivery_out
from worker.dashboard.problems import Problem, documented
from worker.domain.delivery import DeliveryState
from worker.store import DeliveryFilter

router = APIRouter(tags=["deliveries"], responses=documented(401, 403, 422, 503))


@router.get("/deliveries", response_model=Listing[DeliveryLineOut], responses=documented(400))
def deliveries(
    request: Request,
    viewer: Reader,
    state: DeliveryState | None = None,
    channel: Word = None,
    subscription: Word = None,
    alert: Word = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The deliveries that pass every filter, the newest first."""
    reads = request.app.state.services.store.reads
    filters = DeliveryFilter(state, channel, subscription, alert, since, until)
    return listing(lambda: reads.deliveries(filters, cursor, limit), delivery_line_out)


@router.get(
    "/deliveries/{delivery_id}", response_model=DeliveryDetailOut, responses=documented(404)
)
def delivery(request: Request, viewer: Reader, delivery_id: str) -> Any:
    """One delivery with every attempt: status, latency, the beginning of the answer."""
    detail = request.app.state.services.store.reads.delivery(delivery_id)
    if detail is None:
        raise Problem(404, "There is no such delivery.")
    return {
        **delivery_out(detail.delivery),
        "tries": [attempt_out(attempt) for attempt in detail.attempts],
    }
