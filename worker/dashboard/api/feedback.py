"""What readers think of alerts, and addresses that get none any more."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from worker.dashboard.access import Administrator, Operator, Reader
from worker.dashboard.api.closed_bodies import described, reads
from worker.dashboard.api.once import Key, once
from worker.dashboard.api.paging import Listing
from worker.dashboard.problems import Problem, documented
from worker.dashboard.services import Services
from worker.domain.feedback import Feedback, Opinion
from worker.domain.payload import timestamp

router = APIRouter(tags=["feedback"], responses=documented(401, 403, 422, 503))


class FeedbackIn(BaseModel):
    """What you think of an alert. Your last word counts."""

    model_config = ConfigDict(extra="forbid")

    opinion: Literal["right", "wrong"]
    note: str = Field("", max_length=1_000)


class FeedbackOut(BaseModel):
    """What a reader thinks of an alert. `reader` says where it was said and by whom."""

    alert_id: str
    item_id: str
    reader: str
    opinion: Literal["right", "wrong"]
    note: str
    said: str


class UnwantedOut(BaseModel):
    """An address that gets nothing more over a channel, and why."""

    channel: str
    address: str
    reason: str
    since: str


SentFeedback = Annotated[FeedbackIn, Depends(reads(FeedbackIn))]


@router.post(
    "/alerts/{alert_id}/feedback",
    response_model=FeedbackOut,
    responses=documented(400, 404, 409, 415),
    openapi_extra=described(FeedbackIn),
)
def give(
    request: Request,
    viewer: Operator,
    alert_id: Annotated[str, Path(max_length=100)],
    sent: SentFeedback,
    key: Key = None,
) -> JSONResponse:
    """Say whether an alert is right. It is kept with the item, for the rules' examples."""
    services: Services = request.app.state.services

    def act(token: str | None) -> tuple[int, Any]:
        now = services.clock()
        opinion = Opinion(sent.opinion)
        if not services.store.give_feedback(alert_id, viewer.actor, opinion, sent.note, now):
            raise Problem(404, "There is no such alert.")
        services.store.audit(viewer.actor, "feedback", alert_id, sent.opinion, now)
        found = services.store.feedback(alert_id=alert_id)
        return 200, next(_out(each) for each in found if each.reader == viewer.actor)

    return once(request, viewer, key, sent.model_dump(), act)


@router.get("/feedback", response_model=Listing[FeedbackOut])
def listed(
    request: Request,
    viewer: Reader,
    alert: Annotated[str | None, Query(max_length=100)] = None,
) -> Any:
    """What readers think, the newest first; at most 1,000."""
    services: Services = request.app.state.services
    found = services.store.feedback(alert_id=alert)
    return {"items": [_out(each) for each in found], "next": None}


@router.get("/unwanted", response_model=Listing[UnwantedOut])
def unwanted(request: Request, viewer: Reader) -> Any:
    """Addresses that get nothing more: they unsubscribed, or their server refused them."""
    services: Services = request.app.state.services
    found = [
        {
            "channel": each.channel,
            "address": each.address,
            "reason": each.reason,
            "since": timestamp(each.since),
        }
        for each in services.store.unwanted()
    ]
    return {"items": found, "next": None}


@router.delete("/unwanted", status_code=204, responses=documented(404))
def want_again(
    request: Request,
    viewer: Administrator,
    channel: Annotated[str, Query(max_length=200)],
    address: Annotated[str, Query(max_length=320)],
) -> Response:
    """Let an address have messages again."""
    services: Services = request.app.state.services
    if not services.store.want_again(channel, address):
        raise Problem(404, "That address gets everything.")
    services.store.audit(viewer.actor, "want_again", channel, address, services.clock())
    return Response(status_code=204)


def _out(said: Feedback) -> dict[str, Any]:
    return {
        "alert_id": said.alert_id,
        "item_id": said.item_id,
        "reader": said.reader,
        "opinion": said.opinion.value,
        "note": said.note,
        "said": timestamp(said.said),
    }
