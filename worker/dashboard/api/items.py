"""Items: lists, details, pushing them in, trying the classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request

from worker import intake
from worker.dashboard.access import Operator, Reader
from worker.dashboard.api.bodies import ITEM_BODY, PUSH_BODY, PUSHED, Pushed, Sent
from worker.dashboard.api.models import (
    Accepted,
    Classified,
    ItemDetailOut,
    ItemIn,
    ItemOut,
)
from worker.dashboard.api.paging import Cursor, Limit, Listing, Since, Until, Word, listing
from worker.dashboard.api.shapes import item_out
from worker.dashboard.problems import Problem, documented
from worker.dashboard.services import Services
from worker.dashboard.trial import moment_of
from worker.domain.item import Entry, Taken
from worker.domain.payload import event_data
from worker.feeds.identity import to_item
from worker.store import ItemFilter, ItemState, Store

router = APIRouter(tags=["items"], responses=documented(401, 403, 422, 503))


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
    openapi_extra=PUSH_BODY,
)
def push(request: Request, viewer: Operator, pushed: Pushed) -> Any:
    """Take items in, to be classified like those of a feed.

    One as JSON, or a document of a wire: NewsML-G2 or ninjs, by the content type. The same id
    again changes nothing, and news that is there already adds a source to its item, whose id is
    given. Of a document, `items` names what became of each item and `held` those that may not be
    used; those that a cancellation takes back are judged once more.
    """
    services: Services = request.app.state.services
    now = services.clock()
    if isinstance(pushed, ItemIn):
        taken = [_take_one(services.store, pushed, now)]
    else:
        taken = intake.push(PUSHED, pushed.free, services.store, now)
        taken += _take_back(services, viewer.actor, pushed.withdrawn, now)
        if not taken:
            reasons = "; ".join(sorted(set(pushed.withdrawn.values())))
            raise Problem(422, f"Nothing is known of what was taken back: {reasons}.")
    new = [one.item_id for one in taken if one.new]
    if new:
        services.store.audit(viewer.actor, "push_item", new[0], _more(new), now)
        services.enqueue_items(new)
    answer: dict[str, Any] = {"id": taken[0].item_id, "new": taken[0].new}
    if not isinstance(pushed, ItemIn):
        answer["items"] = [{"id": one.item_id, "new": one.new} for one in taken]
        answer["held"] = list(pushed.held)
    return answer


def _take_back(
    services: Services, actor: str, withdrawn: Mapping[str, str], now: datetime
) -> list[Taken]:
    """Items that their publisher takes back; what they have led to is judged once more."""
    known = services.store.withdraw_items(PUSHED.id, withdrawn, now)
    if known:
        services.store.audit(actor, "withdraw_item", known[0], _more(known), now)
        services.enqueue_items(known)
    return [Taken(item_id, False) for item_id in known]


def _take_one(store: Store, sent: ItemIn, now: datetime) -> Taken:
    if not sent.title.strip() and not sent.text.strip():
        raise Problem(422, "An item needs a title or a text.")
    entry = Entry(
        title=sent.title,
        text=sent.text,
        guid=sent.id,
        url=sent.url,
        published=moment_of(sent.published or ""),
        language=sent.lang,
    )
    item_id = to_item(entry, PUSHED, now).id
    known = store.known_entries([item_id]).get(item_id)
    if known is not None:
        return Taken(known, False)
    [taken] = intake.push(PUSHED, [entry], store, now)
    return taken


def _more(new: Sequence[str]) -> str:
    return f"and {len(new) - 1} more" if len(new) > 1 else ""


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
