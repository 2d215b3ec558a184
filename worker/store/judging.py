"""Recording what an item came to: its events, their stories, alerts and deliveries, at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.alert import Alert
from worker.domain.delivery import Delivery
from worker.domain.event import Event
from worker.domain.standing import Digested, Standing, Told
from worker.domain.story import Story
from worker.store import telling
from worker.store.codec import alert_row, event_json
from worker.store.concern import Concern
from worker.store.items import ItemState, classified
from worker.store.statements import chunks, insert_missing, upsert
from worker.store.story_codec import read_story, story_row
from worker.store.story_tables import reports, story_companies
from worker.store.tables import alert_companies, alerts, events, items, stories
from worker.store.withdrawals import Heard, heard_of

Key = tuple[str, str]
"""A rule and a company, by which stories are found."""

_LATEST = 50
"""How many stories of a company are looked at when an event names nobody else."""

_STORY_MOVES = (
    "companies", "updated", "sequence", "status", "state", "alert_id", "reported",
)  # fmt: skip


class Judging:
    """One item under judgement, inside its transaction.

    `done`: the item has been classified already (or is gone), so that nothing is to be recorded.
    `stories`: those that share two companies of a rule with the item, or one if it names no other;
    they do not change until the end.
    """

    def __init__(
        self,
        connection: Connection,
        item_id: str,
        now: datetime,
        *,
        done: bool,
        stories: dict[str, Story],
        locked: frozenset[Key],
    ) -> None:
        self._connection = connection
        self._item_id = item_id
        self._now = now
        self._locked = locked
        self._standings: dict[str, Standing] = {}
        self.done = done
        self.stories = stories

    def standing(self, story_id: str, everyone: bool = False) -> Standing:
        """What has been told of one of the stories; to whom only with `everyone`."""
        story = self.stories.get(story_id)
        if story is None:
            return Standing()
        known = self._standings.get(story_id)
        if known is None or everyone:
            known = telling.load_standing(self._connection, story, self._now, everyone=everyone)
            self._standings[story_id] = known
        return known

    def heard(self, story_id: str) -> list[Heard]:
        """Every event of one of the stories, those of items that were taken back too."""
        return heard_of(self._connection, story_id)

    def planned(self, channel: str, since: datetime, until: datetime) -> int:
        """How many messages of their own are planned for a channel within that time.

        Who has asked is the only one to plan for the channel until the block ends.
        """
        _lock(self._connection, [f"channel\x1f{channel}"])
        return telling.count_planned(self._connection, channel, since, until)

    def record(
        self,
        language: str | None,
        found: Sequence[tuple[str, Event]],
        moved: Sequence[Story],
        raised: Sequence[Alert],
        deliveries: Sequence[Delivery],
        *,
        told: Sequence[Told] = (),
        digests: Sequence[Digested] = (),
        overtaken: Sequence[str] = (),
    ) -> list[tuple[str, str, datetime]]:
        """Write the result: all of it when the block ends, or nothing.

        `found` are pairs of id and event, the item's main one first. Rows that exist stay as
        they are, except stories, which move on. Nothing is written when `done`. Gives back id,
        channel and time of the digests that hold the digested alerts. Raises `ValueError` for a
        story whose companies this judging has not locked.
        """
        if self.done:
            return []
        strangers = {
            story.id
            for story in moved
            if story.id not in self.stories
            and not {(story.rule, company) for company in story.core} <= self._locked
        }
        strangers |= {a.story_id for a in raised} - {s.id for s in moved} - set(self.stories)
        if strangers:
            raise ValueError(f"stories that were not locked: {', '.join(sorted(strangers))}")
        _record_events(self._connection, self._item_id, found, self._now)
        _record_stories(self._connection, moved, self._now)
        _record_alerts(self._connection, raised)
        _record_reports(self._connection, told)
        telling.record_deliveries(self._connection, deliveries, self._now)
        owed = telling.record_digests(self._connection, digests, self._now)
        telling.supersede(self._connection, overtaken, self._now)
        done = classified(language, self._now)
        if language is None:  # judged once more: what is known stays
            del done["found_language"]
        self._connection.execute(sa.update(items).where(items.c.id == self._item_id).values(done))
        self.done = True
        return owed


class JudgingMethods(Concern):
    """The one transaction between an item and its alerts."""

    @contextmanager
    def judging(
        self, item_id: str, keys: Sequence[Key], now: datetime, *, withdrawn: bool = False
    ) -> Iterator[Judging]:
        """One transaction in which an item is judged against the stories that share its keys.

        Nobody else judges the item, or an item with one of these keys or of one of the stories,
        until the block ends. What `record` wrote is committed at the end; an exception takes
        everything back. An item is judged as `withdrawn` when its publisher has taken it back, and
        as nothing else.
        """
        with self._database.transaction() as connection:
            done = _lock_item(connection, item_id, withdrawn)
            known: dict[str, Story] = {}
            if not done:
                _lock(connection, ["\x1f".join(key) for key in keys])
                known = _load_stories(connection, keys)
            yield Judging(
                connection, item_id, now, done=done, stories=known, locked=frozenset(keys)
            )


def _lock_item(connection: Connection, item_id: str, withdrawn: bool) -> bool:
    """Whether nothing is left to do; what its publisher took back meanwhile is left to that."""
    item = connection.execute(
        sa.select(items.c.state, items.c.withdrawn).where(items.c.id == item_id).with_for_update()
    ).one_or_none()
    if item is None or item.state == ItemState.CLASSIFIED:
        return True
    return (item.withdrawn is not None) is not withdrawn


def _lock(connection: Connection, names: Sequence[str]) -> None:
    """Lock what may not exist yet, always in the same order so that none deadlock.

    On SQLite the transaction itself excludes every other.
    """
    if connection.dialect.name == "sqlite":
        return
    for key in sorted({_lock_key(name) for name in names}):
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def _lock_key(name: str) -> int:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _load_stories(connection: Connection, keys: Sequence[Key]) -> dict[str, Story]:
    """The stories, each locked: one that is long may be reached by keys of which we hold none."""
    by_rule: dict[str, list[str]] = {}
    for rule, company in keys:
        by_rule.setdefault(rule, []).append(company)
    found = {
        story_id
        for rule, companies in by_rule.items()
        for story_id in connection.execute(_sharing(rule, companies)).scalars()
    }
    known: dict[str, Story] = {}
    for part in chunks(sorted(found)):
        rows = connection.execute(
            sa.select(stories)
            .where(stories.c.id.in_(part))
            .order_by(stories.c.id)
            .with_for_update()
        ).mappings()
        known.update((row["id"], read_story(row)) for row in rows)
    return known


def _sharing(rule: str, companies: Sequence[str]) -> sa.Select[tuple[str]]:
    """The stories that two of the companies take part in; of one company alone the latest."""
    of_rule = story_companies.c.rule == rule, story_companies.c.company.in_(companies)
    if len(companies) > 1:
        return (
            sa.select(story_companies.c.story_id)
            .where(*of_rule)
            .group_by(story_companies.c.story_id)
            .having(sa.func.count() > 1)
        )
    return (
        sa.select(story_companies.c.story_id)
        .join(stories, stories.c.id == story_companies.c.story_id)
        .where(*of_rule)
        .order_by(stories.c.updated.desc())
        .limit(_LATEST)
    )


def _record_events(
    connection: Connection, item_id: str, found: Sequence[tuple[str, Event]], now: datetime
) -> None:
    rows = [
        {
            "id": event_id,
            "item_id": item_id,
            "position": position,
            "rule": event.rule,
            "created": now,
            "body": event_json(event),
        }
        for position, (event_id, event) in enumerate(found)
    ]
    insert_missing(connection, events, rows)


def _record_stories(connection: Connection, moved: Sequence[Story], now: datetime) -> None:
    ordered = sorted(moved, key=lambda story: story.id)
    upsert(connection, stories, [story_row(story, now) for story in ordered], _STORY_MOVES)
    sides = [
        {"rule": story.rule, "company": company, "story_id": story.id}
        for story in ordered
        for company in story.core
    ]
    insert_missing(connection, story_companies, sides)


def _record_alerts(connection: Connection, raised: Sequence[Alert]) -> None:
    insert_missing(connection, alerts, [alert_row(alert) for alert in raised])
    companies = [
        {"company": company, "alert_id": alert.id}
        for alert in raised
        for company in dict.fromkeys(alert.event.companies)
    ]
    insert_missing(connection, alert_companies, companies)


def _record_reports(connection: Connection, told: Sequence[Told]) -> None:
    """Reports get their numbers within their alert, which the lock on the story keeps apart."""
    for report in told:
        known = sa.select(sa.func.count()).where(reports.c.alert_id == report.alert_id)
        number = connection.execute(known).scalar_one() + 1
        row = {
            "event_id": report.event_id,
            "story_id": report.story_id,
            "alert_id": report.alert_id,
            "number": number,
            "headline": report.headline,
            "at": report.at,
        }
        insert_missing(connection, reports, [row])
