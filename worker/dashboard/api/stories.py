"""Stories: lists, timelines with their ledger, and mutes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from worker.dashboard.access import Operator, Reader
from worker.dashboard.api.paging import (
    Cursor,
    Limit,
    Listing,
    Moment,
    Since,
    Until,
    Word,
    listing,
)
from worker.dashboard.api.shapes import alert_out
from worker.dashboard.api.story_models import MuteOut, StoryLineOut, StoryOut
from worker.dashboard.problems import Problem, documented
from worker.dashboard.services import Services
from worker.domain.event import Status
from worker.domain.payload import timestamp
from worker.domain.story import Mute, Story
from worker.domain.timeline import ledger_data, mute_data
from worker.store import StoryDetail, StoryFilter, StoryLine

router = APIRouter(tags=["stories"], responses=documented(401, 403, 422, 503))

Subscription = Annotated[
    str | None, Query(max_length=200, description="Of this subscription; of all without it")
]


@router.get("/stories", response_model=Listing[StoryLineOut], responses=documented(400))
def stories(
    request: Request,
    viewer: Reader,
    rule: Word = None,
    company: Word = None,
    alliance: Word = None,
    status: Status | None = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The stories that pass every filter, those that moved last first."""
    services: Services = request.app.state.services
    filters = StoryFilter(rule, company and company.casefold(), alliance, status, since, until)
    return listing(lambda: services.store.reads.stories(filters, cursor, limit), _line_out)


@router.get("/stories/{story_id}", response_model=StoryOut, responses=documented(404))
def story(request: Request, viewer: Reader, story_id: str) -> Any:
    """One story: what is known and who proves it, its alerts, every report, its mutes."""
    services: Services = request.app.state.services
    return _detail_out(services, _detail(services, story_id))


@router.post("/stories/{story_id}/mute", response_model=MuteOut, responses=documented(404))
def mute(
    request: Request,
    viewer: Operator,
    story_id: str,
    until: Annotated[Moment, Query(description="Until this moment (ISO 8601)")],
    subscription: Subscription = None,
) -> Any:
    """Send nothing more of a story until then; what comes up is shown as not sent."""
    services: Services = request.app.state.services
    now = services.clock()
    if until <= now:
        raise Problem(422, "Give a moment in the future.", title="`until` is past")
    made = Mute(story_id, until, subscription, viewer.actor)
    if not services.store.mute(made, now):
        raise Problem(404, "There is no such story.")
    services.store.audit(viewer.actor, "mute", story_id, subscription or "all", now)
    return mute_data(made)


@router.delete("/stories/{story_id}/mute", status_code=204, responses=documented(404))
def unmute(
    request: Request, viewer: Operator, story_id: str, subscription: Subscription = None
) -> None:
    """Let a story be told again before its mute ends."""
    services: Services = request.app.state.services
    if not services.store.unmute(story_id, subscription):
        raise Problem(404, "There is no such mute.")
    services.store.audit(viewer.actor, "unmute", story_id, subscription or "all", services.clock())


def _detail(services: Services, story_id: str) -> StoryDetail:
    detail = services.store.reads.story(story_id)
    if detail is None:
        raise Problem(404, "There is no such story.")
    return detail


def _brief(known: Story) -> dict[str, Any]:
    return {
        "id": known.id,
        "rule": known.rule,
        "companies": list(known.companies),
        "alliance": known.alliance,
        "status": known.status.value if known.status else None,
        "sequence": known.sequence,
        "started": timestamp(known.started),
        "reported": timestamp(known.reported),
    }


def _line_out(line: StoryLine) -> dict[str, Any]:
    return {
        **_brief(line.story),
        "updated": timestamp(line.updated),
        "headline": line.headline,
    }


def _detail_out(services: Services, detail: StoryDetail) -> dict[str, Any]:
    return {
        **_brief(detail.story),
        "updated": timestamp(detail.updated),
        "ledger": ledger_data(detail.story),
        "alerts": [alert_out(services, told) for told in detail.alerts],
        "reports": [
            {
                "item": report.item_id,
                "title": report.title,
                "source": report.source,
                "url": report.url,
                "at": timestamp(report.at),
                "headline": report.headline,
                "alert_id": report.alert_id,
                "raised": report.raised,
                "withdrawn": report.withdrawn,
            }
            for report in detail.reports
        ],
        "mutes": [mute_data(mute) for mute in detail.mutes],
    }
