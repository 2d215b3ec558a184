"""Stories for the dashboard, the API and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.store.alerts import select_alerts, with_mentions
from worker.store.codec import read_alert
from worker.store.concern import Concern
from worker.store.paging import newest_first, page
from worker.store.story_codec import read_story
from worker.store.story_tables import mutes, reports, story_companies
from worker.store.tables import alerts, events, items, stories
from worker.store.telling import read_mute
from worker.store.views import Page, StoryDetail, StoryFilter, StoryLine, StoryReport

SHOWN = 500
"""How many reports of a story are shown, the newest of them."""


class StoryReads(Concern):
    """Nothing here changes anything. A cursor that was not given out raises `ValueError`."""

    def stories(self, filters: StoryFilter, cursor: str | None, limit: int) -> Page[StoryLine]:
        """The stories that pass the filters, those with the newest reports first."""
        statement: sa.Select[Any] = (
            sa.select(*stories.c, alerts.c.headline)
            .outerjoin(alerts, alerts.c.id == stories.c.alert_id)
            .where(*_conditions(filters))
        )
        statement = newest_first(statement, stories.c.updated, stories.c.id, cursor, limit)
        rows = self._database.read(lambda c: c.execute(statement).mappings().all())

        def read(row: Any) -> StoryLine:
            return StoryLine(read_story(row), row["updated"], row["headline"] or "")

        return page(rows, limit, "updated", read)

    def story(self, story_id: str) -> StoryDetail | None:
        """One story with its timeline."""

        def work(connection: Connection) -> StoryDetail | None:
            row = (
                connection.execute(sa.select(stories).where(stories.c.id == story_id))
                .mappings()
                .one_or_none()
            )
            if row is None:
                return None
            told = connection.execute(
                select_alerts().where(alerts.c.story_id == story_id).order_by(alerts.c.sequence)
            ).mappings()
            muted = connection.execute(
                sa.select(mutes).where(mutes.c.story_id == story_id).order_by(mutes.c.until)
            )
            return StoryDetail(
                read_story(row),
                row["updated"],
                tuple(with_mentions(connection, list(map(read_alert, told)))),
                tuple(_reports(connection, story_id)),
                tuple(map(read_mute, muted)),
            )

        return self._database.read(work)


def _conditions(filters: StoryFilter) -> list[sa.ColumnElement[bool]]:
    wanted = {"rule": filters.rule, "alliance": filters.alliance, "status": filters.status}
    conditions: list[sa.ColumnElement[bool]] = [
        stories.c[name] == value for name, value in wanted.items() if value is not None
    ]
    if filters.since is not None:
        conditions.append(stories.c.reported >= filters.since)
    if filters.until is not None:
        conditions.append(stories.c.reported < filters.until)
    if filters.company is not None:
        of_company = sa.select(story_companies.c.story_id).where(
            story_companies.c.company == filters.company
        )
        conditions.append(stories.c.id.in_(of_company))
    return conditions


def _reports(connection: Connection, story_id: str) -> Sequence[StoryReport]:
    rows = connection.execute(
        sa.select(
            reports,
            items.c.id.label("item_id"),
            items.c.title,
            items.c.source,
            items.c.url,
            items.c.withdrawn,
        )
        .join(events, events.c.id == reports.c.event_id)
        .join(items, items.c.id == events.c.item_id)
        .where(reports.c.story_id == story_id)
        .order_by(reports.c.at.desc(), reports.c.event_id)
        .limit(SHOWN)
    ).all()
    return [
        StoryReport(
            event_id=row.event_id,
            item_id=row.item_id,
            title=row.title,
            source=row.source,
            url=row.url,
            at=row.at,
            headline=row.headline,
            alert_id=row.alert_id,
            raised=row.number == 1,
            withdrawn=row.withdrawn,
        )
        for row in reversed(rows)
    ]
