"""The API's forms of stories, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from worker.dashboard.api.models import AlertOut


class _Open(BaseModel):
    """Fields may be added."""

    model_config = ConfigDict(extra="allow")


class StoryBrief(_Open):
    """One development between the same companies under one rule, and how far it has got."""

    id: str
    rule: str
    companies: list[str]
    alliance: str | None
    status: str | None
    sequence: int
    started: str
    reported: str | None
    updated: str


class StoryLineOut(StoryBrief):
    """A story in a list, with the headline of its latest alert."""

    headline: str


class FormerOut(_Open):
    """A value that was overtaken, and when."""

    value: Any
    until: str


class KnownOut(_Open):
    """What is known of one field: the item that proves it, when that was published."""

    value: Any
    item: str
    at: str
    former: list[FormerOut]


class ReportOut(_Open):
    """A report of a story: it has `raised` its alert, or was added to it."""

    item: str
    title: str
    source: str
    url: str | None
    at: str
    headline: str
    alert_id: str | None
    raised: bool
    withdrawn: str | None


class MuteOut(_Open):
    """Nothing of a story until then, for one subscription or for all."""

    story_id: str
    subscription_id: str | None
    until: str
    by: str


class StoryOut(StoryBrief):
    """A story: its ledger by field, its alerts in their order, its reports by their time."""

    ledger: dict[str, KnownOut]
    alerts: list[AlertOut]
    reports: list[ReportOut]
    mutes: list[MuteOut]
