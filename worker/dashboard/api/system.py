"""Feeds, queues, workers: the figures of the dashboard; and who is asking."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any, Literal

from fastapi import APIRouter, Request

from worker.dashboard.access import Reader
from worker.dashboard.api.models import HistoryOut, QueuesOut, SessionOut, WorkerOut
from worker.dashboard.api.paging import Listing
from worker.dashboard.health import level, troubles
from worker.dashboard.history import read
from worker.dashboard.problems import Problem, documented
from worker.dashboard.sampler import Sampler
from worker.dashboard.services import Services
from worker.dashboard.snapshot import Snapshot, StoreReading, part_state, queue_lines
from worker.domain.payload import timestamp

router = APIRouter(tags=["operation"], responses=documented(401, 403, 422, 503))


def _known(request: Request) -> tuple[Snapshot, StoreReading]:
    """The newest snapshot. Raises `Problem` when the database has not answered yet."""
    sampler: Sampler = request.app.state.sampler
    snapshot = sampler.latest
    if snapshot.store is None:
        raise Problem(503, "The database has not answered yet.", headers={"retry-after": "2"})
    return snapshot, snapshot.store


@router.get("/queues", response_model=QueuesOut)
async def queues(request: Request, viewer: Reader) -> Any:
    """The figures of the health page, and what is wrong in words."""
    sampler: Sampler = request.app.state.sampler
    snapshot = sampler.latest
    store = snapshot.store
    found = troubles(snapshot)
    return {
        "taken": timestamp(snapshot.taken),
        "broker_reachable": snapshot.broker is not None and not snapshot.broker_error,
        "items": [
            {
                "name": line.name,
                "depth": line.depth,
                "oldest_age_seconds": line.oldest_age,
                "in_flight": line.in_flight,
                "consumers": line.consumers,
                "waited_seconds": line.times.told("waited"),
                "ran_seconds": line.times.told("ran"),
            }
            for line in queue_lines(snapshot)
        ],
        "next": None,
        "outbox": [
            {
                "channel": channel.channel,
                "pending": channel.pending,
                "sending": channel.sending,
                "exhausted": channel.exhausted,
                "due": channel.due,
                "oldest_due_seconds": _seconds(channel.oldest_due),
            }
            for channel in (store.outbox if store else ())
        ],
        "deliveries_due": sum(channel.due for channel in store.outbox) if store else None,
        "items_waiting": store.waiting.count if store else None,
        "items_failed": store.waiting.failed if store else None,
        "oldest_item_waiting_seconds": _seconds(store.waiting.oldest) if store else None,
        "flow": [
            {
                "window_seconds": window.window.total_seconds(),
                **{name: value for name, value in asdict(window).items() if name != "window"},
            }
            for window in (store.flow if store else ())
        ],
        "level": level(found).value,
        "troubles": [
            {"level": trouble.level.value, "subject": trouble.subject, "text": trouble.text}
            for trouble in found
        ],
    }


@router.get("/history", response_model=HistoryOut)
def history(
    request: Request, viewer: Reader, span: Literal["2h", "24h", "7d", "30d"] = "2h"
) -> Any:
    """What the charts show: levels by their peaks, rates by their means."""
    services: Services = request.app.state.services
    return read(services.store, span, services.clock())


@router.get("/workers", response_model=Listing[WorkerOut])
async def workers(request: Request, viewer: Reader) -> Any:
    """Every process of the service that has reported lately."""
    snapshot, store = _known(request)
    found = [
        {
            "id": part.id,
            "kind": part.kind,
            "host": part.host,
            "pid": part.pid,
            "version": part.version,
            "started": timestamp(part.started),
            "seen": timestamp(part.seen),
            "state": part_state(part, store.parts, snapshot.taken),
            "figures": dict(part.figures),
        }
        for part in store.parts
    ]
    return {"items": found, "next": None}


@router.get("/session", response_model=SessionOut)
async def session(viewer: Reader) -> Any:
    """Who is asking, and what they may do."""
    return {
        "name": viewer.name,
        "role": viewer.role.value,
        "kind": viewer.kind,
        "expires": timestamp(viewer.expires),
    }


def _seconds(length: timedelta | None) -> float | None:
    return length.total_seconds() if length is not None else None
