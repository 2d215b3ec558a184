"""What is open to all: liveness, readiness, metrics."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from worker.dashboard.sampler import Sampler

router = APIRouter(tags=["operation"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether this process answers; asks nobody else."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"description": "Not ready; `checks` says why"}})
async def readyz(request: Request) -> JSONResponse:
    """Whether the database (with its schema) and the queue can be used, as of a second ago."""
    sampler: Sampler = request.app.state.sampler
    snapshot = sampler.latest
    # Open to all: what is wrong, without the names of machines that an error may hold.
    if snapshot.store is None or snapshot.store_error:
        checks = {"database": "no answer", "schema": "not known"}
    else:
        current = snapshot.store.schema_current
        checks = {"database": "ok", "schema": "ok" if current else "not current"}
    reachable = snapshot.broker is not None and not snapshot.broker_error
    checks["queue"] = "ok" if reachable else "no answer"
    ready = set(checks.values()) == {"ok"}
    return JSONResponse({"ready": ready, "checks": checks}, 200 if ready else 503)


@router.get("/metrics", response_class=Response)
def metrics(request: Request) -> Response:
    """The figures of the service in Prometheus's text format."""
    return Response(generate_latest(request.app.state.metrics), media_type=CONTENT_TYPE_LATEST)
