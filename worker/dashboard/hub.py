"""What hubs call (WebSub): whether we want a subscription, and what is new.

Open to everybody who knows an address that nobody can guess; what comes is believed when it is
signed with the secret that only the hub was told.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response

from worker import intake
from worker.dashboard.services import Services
from worker.domain.feed import Feed, FeedStatus
from worker.domain.push import Push, PushState
from worker.feeds.hubs import is_signed
from worker.feeds.parse import ParserPool, Unparsable
from worker.feeds.release import release
from worker.seal import WrongKey
from worker.store import StoreUnavailable

log = structlog.get_logger(__name__)

PATH = "/hub/"
router = APIRouter(prefix=PATH.rstrip("/"), include_in_schema=False)

Key = Annotated[str, Path(max_length=100)]
Said = Annotated[str | None, Query(max_length=4_000)]
_GONE = Response(status_code=410)  # the hub need not come again
_LISTENING = (PushState.ASKED, PushState.ACTIVE, PushState.SILENT)


@router.get("/{key}")
def verify(
    request: Request,
    key: Key,
    mode: Annotated[str, Query(alias="hub.mode")] = "",
    topic: Annotated[str, Query(alias="hub.topic", max_length=4_000)] = "",
    challenge: Annotated[str, Query(alias="hub.challenge", max_length=4_000)] = "",
    lease: Annotated[Said, Query(alias="hub.lease_seconds")] = None,
    reason: Annotated[Said, Query(alias="hub.reason")] = None,
) -> Response:
    """The hub asks whether we asked (WebSub, 5.3), or says that it will not (5.2)."""
    services: Services = request.app.state.services
    try:
        agreed = _agrees(services, mode, key, topic, lease, reason, services.clock())
    except StoreUnavailable:
        return _busy()
    # Plain text, so that what somebody else made up is shown as nothing else.
    return PlainTextResponse(challenge) if agreed else Response(status_code=404)


@router.post("/{key}")
async def receive(request: Request, key: Key) -> Response:
    """Something is new: the feed's document, or the new part of it (WebSub, 7)."""
    services: Services = request.app.state.services
    body = await request.body()
    try:
        push = await run_in_threadpool(services.store.push_by_key, key)
        if push is None or push.state not in _LISTENING:
            return _GONE
        watched = await run_in_threadpool(services.store.watched_feed, push.feed_id)
        if watched is None:
            return _GONE
        if not is_signed(request.headers.get("x-hub-signature"), body, _secret(services, push)):
            log.warning("push_not_signed", feed=push.feed_id)
            return Response(status_code=403)
        await run_in_threadpool(services.store.push_came, push.feed_id, services.clock())
        await _take_in(request, watched[0], watched[1].status, body)
    except StoreUnavailable:
        return _busy()
    return Response(status_code=202)


async def _take_in(request: Request, feed: Feed, status: FeedStatus, body: bytes) -> None:
    """Store what is new in a pushed document. What cannot be read is left to the next poll."""
    services: Services = request.app.state.services
    if status is not FeedStatus.ACTIVE:
        return
    if feed.full_text:  # whose articles the poller fetches
        await run_in_threadpool(services.store.poll_soon, feed.id, services.clock())
        return
    parser: ParserPool = request.app.state.parser
    try:
        parsed = await parser.parse(body, request.headers.get("content-type"), feed.url)
    except Unparsable as error:
        log.warning("push_not_usable", feed=feed.id, why=str(error))
        await run_in_threadpool(services.store.poll_soon, feed.id, services.clock())
        return

    def store() -> list[str]:
        now = services.clock()
        found = intake.arrivals_of(feed, release(parsed.entries, now).free, services.store, now)
        return [one.item_id for one in services.store.take_in(found, now) if one.new]

    new = await run_in_threadpool(store)
    if new:
        log.info("items_pushed", feed=feed.name, new=len(new))
        await run_in_threadpool(services.enqueue_items, new)


def _agrees(
    services: Services,
    mode: str,
    key: str,
    topic: str,
    lease: str | None,
    reason: str | None,
    now: datetime,
) -> bool:
    if mode == "subscribe":
        return services.store.push_verified(key, topic, lease, now)
    if mode == "unsubscribe":
        return services.store.push_ended(key, topic)
    if mode == "denied":
        why = " ".join((reason or "the hub gives no reason").split())
        return services.store.push_denied(key, topic, f"denied: {why}", now)
    return False


def _secret(services: Services, push: Push) -> str:
    """The secret, or something that signs nothing when the service's key has changed."""
    try:
        return services.seal().open(push.secret)
    except WrongKey:
        return f"unknown {push.key}"


def _busy() -> Response:
    """Hubs try again; the address stays out of the log, since who knows it may call."""
    return Response(status_code=503, headers={"retry-after": "5"})
