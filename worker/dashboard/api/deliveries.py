"""Deliveries with every attempt, and sending them again."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from worker.dashboard.access import Operator, Reader
from worker.dashboard.api.closed_bodies import described
from worker.dashboard.api.models import (
    DeliveryDetailOut,
    DeliveryLineOut,
    DeliveryOut,
)
from worker.dashboard.api.once import Key, once
from worker.dashboard.api.paging import Cursor, Limit, Listing, Since, Until, Word, listing
from worker.dashboard.api.shapes import attempt_out, delivery_line_out, delivery_out
from worker.dashboard.api.subscription_models import ReplayedOut, ReplayIn, SentReplay
from worker.dashboard.problems import Problem, documented
from worker.dashboard.services import Services
from worker.domain.delivery import DeliveryState
from worker.pipeline import Owed
from worker.store import DeliveryFilter

router = APIRouter(tags=["deliveries"], responses=documented(401, 403, 422, 503))

MOST_REPLAYED = 10_000


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


@router.post(
    "/deliveries/replay",
    status_code=202,
    response_model=ReplayedOut,
    responses=documented(400, 404, 409, 415),
    openapi_extra=described(ReplayIn),
)
def replay_many(
    request: Request, viewer: Operator, wanted: SentReplay, key: Key = None
) -> JSONResponse:
    """Send settled deliveries of a subscription again, under their ids, the oldest first.

    Those that were made from `since` on and before `until`. `dry_run` says which it would be.
    """
    services: Services = request.app.state.services

    def act(token: str | None) -> tuple[int, Any]:
        _require_active(services, wanted.subscription)
        filters = DeliveryFilter(
            DeliveryState(wanted.state) if wanted.state else None,
            subscription_id=wanted.subscription,
            since=wanted.since,
            until=wanted.until,
            settled=True,
        )
        found = services.store.reads.delivery_ids(filters, MOST_REPLAYED + 1)
        ids, more = found[:MOST_REPLAYED], len(found) > MOST_REPLAYED
        if not wanted.dry_run:
            now = services.clock()
            ids = services.store.replay(ids, now)
            detail = wanted.model_dump_json(exclude={"dry_run"})
            services.store.audit(viewer.actor, "replay", f"{len(ids)} deliveries", detail, now)
        return 202, {"dry_run": wanted.dry_run, "count": len(ids), "deliveries": ids, "more": more}

    return once(request, viewer, key, wanted.model_dump(mode="json"), act)


@router.post(
    "/deliveries/{delivery_id}/replay",
    status_code=202,
    response_model=DeliveryOut,
    responses=documented(404, 409),
)
def replay(request: Request, viewer: Operator, delivery_id: str, key: Key = None) -> JSONResponse:
    """Send a settled delivery again, under its id."""
    services: Services = request.app.state.services

    def act(token: str | None) -> tuple[int, Any]:
        before = services.store.reads.delivery(delivery_id)
        if before is None:
            raise Problem(404, "There is no such delivery.")
        _require_active(services, before.delivery.subscription_id)
        now = services.clock()
        if not services.store.replay([delivery_id], now):
            raise Problem(409, "The delivery is not settled yet: it is on its way by itself.")
        services.store.audit(viewer.actor, "replay", delivery_id, "", now)
        services.enqueue_deliveries([Owed(before.delivery.channel, delivery_id)])
        after = services.store.reads.delivery(delivery_id)
        assert after is not None
        return 202, delivery_out(after.delivery)

    return once(request, viewer, key, None, act)


def _require_active(services: Services, subscription_id: str) -> None:
    """What a subscription got is sent again only to one that still wants it. Raises `Problem`."""
    known = services.store.subscriber(subscription_id)
    if known is not None and not known.active:
        raise Problem(409, "The subscription is disabled: enable it first.")
