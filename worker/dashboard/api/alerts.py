"""Alerts: lists, details, the event stream, the Atom feed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response, StreamingResponse

from worker.dashboard.access import Reader
from worker.dashboard.api.models import AlertDetailOut, AlertOut
from worker.dashboard.api.paging import Cursor, Limit, Listing, Since, Until, Word, listing
from worker.dashboard.api.shapes import alert_out, delivery_out
from worker.dashboard.atom import atom_feed
from worker.dashboard.live import while_signed_in
from worker.dashboard.problems import Problem, documented
from worker.dashboard.services import Services
from worker.dashboard.stream import Position, alert_events, respond
from worker.domain.event import Status
from worker.store import AlertFilter

router = APIRouter(tags=["alerts"], responses=documented(401, 403, 422, 503))

ATOM_ENTRIES = 50


@router.get("/alerts", response_model=Listing[AlertOut], responses=documented(400))
def alerts(
    request: Request,
    viewer: Reader,
    rule: Word = None,
    company: Annotated[
        str | None, Query(max_length=200, description="Key of the watchlist, or a name")
    ] = None,
    alliance: Word = None,
    status: Status | None = None,
    since: Since = None,
    until: Until = None,
    q: Annotated[str, Query(max_length=200, description="Words that all occur")] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The alerts that pass every filter, the newest first."""
    services: Services = request.app.state.services
    filters = AlertFilter(rule, company and company.casefold(), alliance, status, since, until, q)
    return listing(
        lambda: services.store.reads.alerts(filters, cursor, limit),
        lambda alert: alert_out(services, alert),
    )


@router.get(
    "/alerts/stream",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events `alert.created` and `alert.updated`, whose data is "
            "an alert. After a break, `Last-Event-ID` brings what was missed.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **documented(400),
    },
)
async def stream(
    request: Request,
    viewer: Reader,
    last_event_id: Annotated[str | None, Header(max_length=4_000)] = None,
) -> StreamingResponse:
    """Every alert as it appears."""
    state = request.app.state
    services: Services = state.services
    try:
        last = Position.parse(last_event_id) if last_event_id else None
    except ValueError:
        # An error would stop a browser's EventSource for good; without a place it begins anew.
        last = None
    frames = alert_events(
        state.sampler,
        services.store.reads,
        last,
        services.clock(),
        lambda alert: alert_out(services, alert),
    )
    return respond(while_signed_in(frames, state.gate, viewer, services.clock))


@router.get(
    "/alerts.atom",
    response_class=Response,
    responses={
        200: {
            "description": "Atom feed (RFC 4287) of the newest alerts",
            "content": {"application/atom+xml": {"schema": {"type": "string"}}},
        },
    },
)
def atom(request: Request, viewer: Reader) -> Response:
    """The newest alerts as an Atom feed."""
    services: Services = request.app.state.services
    newest = services.store.reads.alerts(AlertFilter(), None, ATOM_ENTRIES).items
    body = atom_feed(newest, public_url=services.public_url, now=services.clock())
    return Response(body, media_type="application/atom+xml")


@router.get("/alerts/{alert_id}", response_model=AlertDetailOut, responses=documented(404))
def alert(request: Request, viewer: Reader, alert_id: str) -> Any:
    """One alert with its deliveries."""
    services: Services = request.app.state.services
    detail = services.store.reads.alert(alert_id)
    if detail is None:
        raise Problem(404, "There is no such alert.")
    return {
        **alert_out(services, detail.alert),
        "deliveries": [delivery_out(delivery) for delivery in detail.deliveries],
    }
