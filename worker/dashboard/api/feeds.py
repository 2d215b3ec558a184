"""Feeds: which are watched, and changing that."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from worker.config import FeedSettings
from worker.dashboard.access import Administrator, Operator, Reader, Viewer
from worker.dashboard.api.feed_models import FeedDetailOut, FeedIn, FeedPatch, PollAsked
from worker.dashboard.api.models import FeedOut
from worker.dashboard.api.paging import Listing
from worker.dashboard.board import feeds_context
from worker.dashboard.health import feed_trouble
from worker.dashboard.problems import Problem, documented
from worker.dashboard.sampler import Sampler
from worker.dashboard.services import Services
from worker.domain.access import Role
from worker.domain.feed import Feed, FeedState, FeedStatus
from worker.domain.payload import timestamp
from worker.domain.push import Push
from worker.net import NetError, redact_url
from worker.store import FeedOverview

router = APIRouter(tags=["feeds"], responses=documented(401, 403, 422, 503))

Id = Annotated[str, Path(max_length=100)]


@router.get("/feeds", response_model=Listing[FeedOut])
async def feeds(request: Request, viewer: Reader) -> Any:
    """Every feed with what is wrong with it, those in trouble first."""
    sampler: Sampler = request.app.state.sampler
    snapshot = sampler.latest
    if snapshot.store is None:
        raise Problem(503, "The database has not answered yet.", headers={"retry-after": "2"})
    found = [
        feed_out(line["feed"], line["state"], line["overview"], snapshot.taken)
        for line in feeds_context(snapshot)["lines"]
    ]
    return {"items": found, "next": None}


@router.get("/feeds/{feed_id}", response_model=FeedDetailOut, responses=documented(404))
def feed(request: Request, viewer: Reader, feed_id: Id) -> Any:
    """One feed."""
    return _detail(request.app.state.services, feed_id)


@router.post(
    "/feeds",
    status_code=201,
    response_model=FeedDetailOut,
    responses={200: {"model": FeedDetailOut, "description": "It was watched already"}},
)
async def add(request: Request, viewer: Administrator, wanted: FeedIn) -> Any:
    """Watch a feed. One that is watched already is given back as it is, with 200."""
    services: Services = request.app.state.services
    url = await _discovered(services, wanted.url) if wanted.discover else wanted.url
    made = _valid(wanted, url)

    def store() -> Response:
        now = services.clock()
        known = services.store.watched_feed(made.id)
        if known is None and services.store.add_feeds([(made, now)], now):
            services.store.audit(viewer.actor, "add_feed", made.id, made.name, now)
        return JSONResponse(_detail(services, made.id), 200 if known else 201)

    return await run_in_threadpool(store)


@router.patch("/feeds/{feed_id}", response_model=FeedDetailOut, responses=documented(404, 409))
def change(request: Request, viewer: Operator, feed_id: Id, wanted: FeedPatch) -> Any:
    """Pause or resume a feed (operate); change its name, interval or full text (admin)."""
    services: Services = request.app.state.services
    known, _, configured = _watched(services, feed_id)
    now = services.clock()
    changes = wanted.model_dump(exclude_none=True, exclude={"status"})
    if changes:
        _require_admin(viewer)
        if configured:
            raise Problem(409, "The configuration names this feed: change it there.")
        interval = FeedSettings.model_validate(
            {"url": known.url, **({"interval": wanted.interval} if wanted.interval else {})}
        ).interval
        services.store.change_feed(
            feed_id,
            name=known.name if wanted.name is None else wanted.name,
            interval=interval if wanted.interval else known.interval,
            full_text=known.full_text if wanted.full_text is None else wanted.full_text,
        )
        services.store.audit(viewer.actor, "change_feed", feed_id, ", ".join(changes), now)
    if wanted.status is not None and services.store.set_feed_status(
        feed_id, FeedStatus(wanted.status)
    ):
        action = "pause_feed" if wanted.status == "paused" else "resume_feed"
        services.store.audit(viewer.actor, action, feed_id, "", now)
        if wanted.status == "active":
            services.store.poll_soon(feed_id, now)
    return _detail(services, feed_id)


@router.delete("/feeds/{feed_id}", status_code=204, responses=documented(404, 409))
def remove(request: Request, viewer: Administrator, feed_id: Id) -> Response:
    """Watch a feed no more. What it has brought stays."""
    services: Services = request.app.state.services
    _, _, configured = _watched(services, feed_id)
    if configured:
        raise Problem(409, "The configuration names this feed: take it out there, or pause it.")
    now = services.clock()
    if services.store.remove_feed(feed_id, now):
        services.store.audit(viewer.actor, "remove_feed", feed_id, "", now)
    return Response(status_code=204)


@router.post(
    "/feeds/{feed_id}/poll",
    status_code=202,
    response_model=PollAsked,
    responses=documented(404, 409),
)
def poll(request: Request, viewer: Operator, feed_id: Id) -> Any:
    """Poll a feed as soon as its host may be asked, instead of when it is due."""
    services: Services = request.app.state.services
    _watched(services, feed_id)
    now = services.clock()
    if not services.store.poll_soon(feed_id, now):
        raise Problem(409, "The feed is paused or gone: make it active first.")
    services.store.audit(viewer.actor, "poll_feed", feed_id, "", now)
    return {"id": feed_id, "next_poll_at": timestamp(now)}


def feed_out(
    feed: Feed, state: FeedState, counts: FeedOverview | None, now: datetime
) -> dict[str, Any]:
    """A feed as the API gives it."""
    how_bad, trouble = feed_trouble(feed, state, now)
    return {
        "id": feed.id,
        "name": feed.name,
        "url": redact_url(feed.url),
        "status": state.status.value,
        "level": how_bad.value,
        "trouble": trouble,
        "interval_seconds": feed.interval.total_seconds(),
        "last_polled_at": timestamp(state.last_polled_at),
        "last_success_at": timestamp(state.last_success_at),
        "next_poll_at": timestamp(state.next_poll_at),
        "next_poll_reason": state.next_poll_reason,
        "moved_to": redact_url(state.move.address) if state.move.address else None,
        "failures": state.failures,
        "last_error": state.last_error,
        "items": counts.items if counts else None,
        "items_last_day": counts.items_last_day if counts else None,
    }


async def _discovered(services: Services, url: str) -> str:
    if services.discover is None:
        raise Problem(422, "Feeds of sites are not looked for here: give the feed's own address.")
    try:
        found = await services.discover(url)
    except NetError as error:
        raise Problem(422, str(error)) from None
    if not found:
        raise Problem(422, f"No feed was found at {redact_url(url)}.")
    return found[0].url


def _valid(wanted: FeedIn, url: str) -> Feed:
    """By the same rules as in the configuration."""
    from pydantic import ValidationError

    try:
        return FeedSettings.model_validate(
            {
                "url": url,
                "name": wanted.name,
                "interval": wanted.interval,
                "full_text": wanted.full_text,
            }
        ).feed()
    except ValidationError as error:
        findings = [
            {
                "field": ".".join(map(str, fault["loc"])),
                "problem": str(fault.get("ctx", {}).get("problem", fault["msg"])),
            }
            for fault in error.errors(include_url=False, include_input=False)
        ]
        detail = "; ".join(f"{one['field']}: {one['problem']}" for one in findings)
        raise Problem(422, detail, findings=findings) from None


def _watched(services: Services, feed_id: str) -> tuple[Feed, FeedState, bool]:
    found = services.store.watched_feed(feed_id)
    if found is None:
        raise Problem(404, "There is no such feed.")
    return found


def _detail(services: Services, feed_id: str) -> dict[str, Any]:
    known, state, configured = _watched(services, feed_id)
    return {
        **feed_out(known, state, None, services.clock()),
        "full_text": known.full_text,
        "configured": configured,
        "push": _push(services.store.push_of_feed(feed_id)),
    }


def _push(push: Push | None) -> dict[str, Any] | None:
    if push is None:
        return None
    return {
        "hub": redact_url(push.hub),
        "state": push.state.value,
        "lease_until": timestamp(push.lease_until),
        "pushed_at": timestamp(push.pushed_at),
        "reason": push.reason,
    }


def _require_admin(viewer: Viewer) -> None:
    if not viewer.role.allows(Role.ADMIN):
        raise Problem(403, f"This needs the role admin; yours is {viewer.role.value}.")
