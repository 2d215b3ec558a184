"""Items: lists, details, pushing them in, trying the classifier."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from worker.dashboard.access import Operator, Reader
from worker.dashboard.api.bodies import ITEM_BODY, Sent
from worker.dashboard.api.models import (
    Accepted,
    Classified,
    ItemDetailOut,
    ItemOut,
)
from worker.dashboard.api.paging import Cursor, Limit, Listing, Since, Until, Word, listing
from worker.dashboard.api.shapes import item_out
from worker.dashboard.problems import Problem, documented
from worker.dashboard.services import Services
from worker.dashboard.trial import moment_of
from worker.domain import ids
from worker.domain.feed import Feed
from worker.domain.item import Entry
from worker.domain.payload import event_data
from worker.feeds.identity import to_item
from worker.store import ItemFilter, ItemState

router = APIRouter(tags=["items"], responses=documented(401, 403, 422, 503))

# Pushed items belong together like those of a feed, so that the same id is the same item
# whoever pushes it. Nothing is ever polled at this address.
PUSHED = Feed(id=ids.feed_id("push:"), url="push:", name="pushed")


@router.get("/items", response_model=Listing[ItemOut], responses=documented(400))
def items(
    request: Request,
    viewer: Reader,
    state: ItemState | None = None,
    feed: Word = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The items that pass every filter with their classification, the newest first."""
    reads = request.app.state.services.store.reads
    filters = ItemFilter(state, feed, since, until)
    return listing(lambda: reads.items(filters, cursor, limit), item_out)


@router.get("/items/{item_id}", response_model=ItemDetailOut, responses=documented(404))
def item(request: Request, viewer: Reader, item_id: str) -> Any:
    """One item with its text and classification."""
    detail = request.app.state.services.store.reads.item_with_events(item_id)
    if detail is None:
        raise Problem(404, "There is no such item.")
    return {**item_out(detail), "text": detail.item.text}


@router.post(
    "/items",
    status_code=202,
    response_model=Accepted,
    responses=documented(400, 413, 415),
    openapi_extra=ITEM_BODY,
)
def push(request: Request, viewer: Operator, sent: Sent) -> Any:
    """Take an item in, to be classified like one from a feed. The same id again changes nothing."""
    services: Services = request.app.state.services
    if not sent.title.strip() and not sent.text.strip():
        raise Problem(422, "An item needs a title or a text.")
    now = services.clock()
    entry = Entry(
        title=sent.title,
        text=sent.text,
        guid=sent.id,
        url=sent.url,
        published=moment_of(sent.published or ""),
        language=sent.lang,
    )
    item = to_item(entry, PUSHED, now)
    new = services.store.store_items([item], now)
    if new:
        services.store.audit(viewer.actor, "push_item", item.id, "", now)
        services.enqueue_items(new)
    return {"id": item.id, "new": bool(new)}


@router.post(
    "/classify",
    response_model=Classified,
    responses=documented(400, 413, 415),
    openapi_extra=ITEM_BODY,
)
def classify(request: Request, viewer: Reader, sent: Sent) -> Any:
    """What the classifier finds in an item; nothing is stored."""
    services: Services = request.app.state.services
    found = services.classify(
        sent.title, sent.text, language=sent.lang, published=moment_of(sent.published or "")
    )
    return {
        "id": sent.id,
        "lang": found.language,
        "events": [event_data(event) for event in found.events],
    }
