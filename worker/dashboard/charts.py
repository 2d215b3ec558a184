"""`/history`: how the service has fared. The figures are tables; a script draws them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from worker.dashboard.access import Reader
from worker.dashboard.history import CHARTS, SPANS, recent
from worker.dashboard.pages import render
from worker.dashboard.services import Services

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

LISTED = 12  # rows of a table; the chart shows all


@router.get("/history")
def history(
    request: Request, viewer: Reader, span: Annotated[str, Query(max_length=10)] = "2h"
) -> HTMLResponse:
    """Charts of one span, and the newest figures in words."""
    services: Services = request.app.state.services
    span = span if span in SPANS else "2h"
    values: dict[str, Any] = recent(services.store, span, services.clock(), LISTED)
    return render(
        request, "history.html", viewer, span=span, spans=list(SPANS), charts=CHARTS, **values
    )
