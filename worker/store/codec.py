"""The domain's types as rows and JSON, and back exactly as they were.

Sequences in JSON come back as tuples, since the domain's types hold no lists.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy.engine import RowMapping

from worker.domain.alert import Alert, Change, Limit, QuietHours, Severity, Subscription
from worker.domain.delivery import Announcement, Attempt, Delivery, DeliveryState, Outcome
from worker.domain.event import Event, Evidence, Status
from worker.domain.feed import Feed, FeedState, FeedStatus, Move, host_of, polled_url
from worker.domain.item import Item
from worker.domain.part import Part
from worker.domain.story import Reason
from worker.store.plain import frozen, plain
from worker.store.rhythm import read_rhythm, rhythm_json

Row = Mapping[str, Any] | RowMapping

ITEM_FIELDS = tuple(field.name for field in fields(Item))
_STATE_FIELDS = tuple(field.name for field in fields(FeedState) if field.name != "feed_id")
_PART_FIELDS = tuple(field.name for field in fields(Part))


# Feeds ---------------------------------------------------------------------------------------


def feed_row(feed: Feed) -> dict[str, Any]:
    """What is stored of a feed: everything but its headers, which may be secret."""
    return {
        "id": feed.id,
        "url": feed.url,
        "name": feed.name,
        "interval": feed.interval,
        "full_text": feed.full_text,
    }


def feed_state_row(feed: Feed, state: FeedState) -> dict[str, Any]:
    """The columns of a feed's state, and the host that it is polled at."""
    columns = {name: getattr(state, name) for name in _STATE_FIELDS}
    move = None if state.move == Move() else asdict(state.move)
    host = host_of(polled_url(feed, state))
    return {**columns, "rhythm": rhythm_json(state.rhythm), "move": move, "host": host}


def read_feed(row: Row) -> tuple[Feed, FeedState]:
    """A feed and its state from their row."""
    feed = Feed(
        id=row["id"],
        url=row["url"],
        name=row["name"],
        interval=row["interval"],
        full_text=row["full_text"],
    )
    known = {name: row[name] for name in _STATE_FIELDS}
    known["status"] = FeedStatus(known["status"])
    known["rhythm"] = read_rhythm(known["rhythm"])
    known["move"] = Move(**known["move"]) if known["move"] else Move()
    return feed, FeedState(feed_id=row["id"], **known)


# Items and events ----------------------------------------------------------------------------


def item_row(item: Item) -> dict[str, Any]:
    """The columns of an item."""
    return {name: getattr(item, name) for name in ITEM_FIELDS}


def read_item(row: Row, prefix: str = "") -> Item:
    """An item from its row; `prefix` stands before the names of its columns."""
    return Item(**{name: row[prefix + name] for name in ITEM_FIELDS})


def event_json(event: Event) -> dict[str, Any]:
    """An event as JSON."""
    return {
        "rule": event.rule,
        "status": event.status.value,
        "confidence": event.confidence,
        "parties": list(event.parties),
        "roles": plain(event.roles),
        "evidence": [[e.field, e.start, e.end, e.text, e.role] for e in event.evidence],
        "direction": event.direction,
        "from_pct": event.from_pct,
        "to_pct": event.to_pct,
        "pct": event.pct,
        "amount": event.amount,
        "attribution": event.attribution,
        "expected_date": event.expected_date,
        "companies": list(event.companies),
        "alliance": event.alliance,
        "rule_version": event.rule_version,
    }


def read_event(body: Mapping[str, Any]) -> Event:
    """An event from its JSON. Fields that were added since have their defaults."""
    known = dict(body)
    return Event(
        **{
            **known,
            "status": Status(known["status"]),
            "parties": tuple(known["parties"]),
            "roles": frozen(known["roles"]),
            "evidence": tuple(Evidence(*passage) for passage in known["evidence"]),
            "companies": tuple(known["companies"]),
        }
    )


# Alerts --------------------------------------------------------------------------------------


def alert_row(alert: Alert) -> dict[str, Any]:
    """The columns of an alert; its event and item are rows of their own."""
    event = alert.event
    text = " ".join((alert.headline, alert.item.title, *event.parties))
    return {
        "id": alert.id,
        "story_id": alert.story_id,
        "sequence": alert.sequence,
        "event_id": alert.event_id,
        "item_id": alert.item.id,
        "headline": alert.headline,
        "severity": alert.severity.value,
        "created": alert.created,
        "language": alert.language,
        "previous_status": alert.previous_status and alert.previous_status.value,
        "changes": [[c.field, plain(c.before), plain(c.after)] for c in alert.changes],
        "feed_url": alert.feed_url,
        "rule": event.rule,
        "status": event.status.value,
        "alliance": event.alliance,
        "reason": alert.reason.value,
        "search": searchable(text),
    }


def read_alert(row: Row) -> Alert:
    """An alert from its row joined with its event's `event_body` and the item's `item_…`.

    Its status is the story's, which the event by itself may not have reached.
    """
    previous = row["previous_status"]
    return Alert(
        id=row["id"],
        story_id=row["story_id"],
        sequence=row["sequence"],
        event_id=row["event_id"],
        event=replace(read_event(row["event_body"]), status=Status(row["status"])),
        item=read_item(row, "item_"),
        headline=row["headline"],
        severity=Severity(row["severity"]),
        created=row["created"],
        language=row["language"],
        previous_status=None if previous is None else Status(previous),
        changes=tuple(Change(*map(frozen, change)) for change in row["changes"]),
        feed_url=row["feed_url"],
        reason=Reason(row["reason"]),
    )


def searchable(text: str) -> str:
    """`text` without case and accents, so that people find what they type."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


# Subscriptions, deliveries, parts ------------------------------------------------------------


def subscription_row(subscription: Subscription) -> dict[str, Any]:
    """The columns of a subscription."""
    return {
        "id": subscription.id,
        "channel": subscription.channel,
        "rules": list(subscription.rules),
        "companies": list(subscription.companies),
        "alliances": list(subscription.alliances),
        "languages": list(subscription.languages),
        "min_status": subscription.min_status.value,
        "min_confidence": subscription.min_confidence,
        "quiet": _quiet_json(subscription.quiet),
        "digest_at": [moment.isoformat() for moment in subscription.digest_at],
        "timezone": subscription.timezone,
        "limit": _limit_json(subscription.limit),
    }


def read_subscription(row: Row) -> Subscription:
    """A subscription from its row."""
    return Subscription(
        id=row["id"],
        channel=row["channel"],
        rules=tuple(row["rules"]),
        companies=tuple(row["companies"]),
        alliances=tuple(row["alliances"]),
        languages=tuple(row["languages"]),
        min_status=Status(row["min_status"]),
        min_confidence=row["min_confidence"],
        quiet=_read_quiet(row["quiet"]),
        digest_at=tuple(map(time.fromisoformat, row["digest_at"] or ())),
        timezone=row["timezone"] or "UTC",
        limit=_read_limit(row["limit"]),
    )


def _limit_json(limit: Limit | None) -> list[float] | None:
    return None if limit is None else [limit.alerts, limit.window.total_seconds()]


def _read_limit(body: Any) -> Limit | None:
    return None if body is None else Limit(body[0], timedelta(seconds=body[1]))


def _quiet_json(quiet: QuietHours | None) -> dict[str, Any] | None:
    if quiet is None:
        return None
    return {
        "start": quiet.start.isoformat(),
        "end": quiet.end.isoformat(),
        "timezone": quiet.timezone,
        "passing": [severity.value for severity in quiet.passing],
    }


def _read_quiet(body: Row | None) -> QuietHours | None:
    if body is None:
        return None
    return QuietHours(
        start=time.fromisoformat(body["start"]),
        end=time.fromisoformat(body["end"]),
        timezone=body["timezone"],
        passing=tuple(map(Severity, body["passing"])),
    )


def read_delivery(row: Row) -> Delivery:
    """A delivery from its row."""
    state = DeliveryState(row["state"])
    return Delivery(
        id=row["id"],
        alert_id=row["alert_id"],
        subscription_id=row["subscription_id"],
        channel=row["channel"],
        state=state,
        attempts=row["attempts"],
        next_attempt_at=row["due_at"] if state is DeliveryState.PENDING else None,
        created=row["created"],
        settled=row["settled"],
        last_error=row["last_error"],
        replayed=row["replayed"],
        reached=tuple(row["reached"] or ()),
        told_by=row["told_by"],
    )


def announcement_json(said: Announcement) -> dict[str, Any]:
    """An announcement as JSON."""
    return {
        "kind": said.kind,
        "created": said.created.isoformat(),
        "headline": said.headline,
        "lines": list(said.lines),
        "data": plain(said.data),
    }


def read_announcement(body: Mapping[str, Any] | None) -> Announcement | None:
    """An announcement from its JSON."""
    if body is None:
        return None
    return Announcement(
        kind=body["kind"],
        created=datetime.fromisoformat(body["created"]),
        headline=body["headline"],
        lines=tuple(body["lines"]),
        data=body["data"],
    )


def read_attempt(row: Row) -> Attempt:
    """An attempt from its row."""
    outcome = row["outcome"]
    return Attempt(
        delivery_id=row["delivery_id"],
        number=row["number"],
        started=row["started"],
        finished=row["finished"],
        outcome=None if outcome is None else Outcome(outcome),
        status_code=row["status_code"],
        detail=row["detail"],
        answer=row["answer"],
    )


def part_row(part: Part) -> dict[str, Any]:
    """The columns of a running part. Figures that are no numbers (NaN, infinity) are left out."""
    figures = {
        name: value
        for name, value in part.figures.items()
        if not isinstance(value, float) or math.isfinite(value)
    }
    return {**{name: getattr(part, name) for name in _PART_FIELDS}, "figures": plain(figures)}


def read_part(row: Row) -> Part:
    """A running part from its row."""
    return Part(**{name: row[name] for name in _PART_FIELDS})
