"""The published JSON forms of our types, as webhooks and the API give them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from worker.domain.alert import Alert
from worker.domain.event import Event, Evidence
from worker.domain.story import Mention


def timestamp(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with a `Z`, to the millisecond."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def evidence_data(evidence: Evidence) -> dict[str, Any]:
    """One proving passage; `role` only where the passage shows a role or figure."""
    data: dict[str, Any] = {
        "field": evidence.field,
        "start": evidence.start,
        "end": evidence.end,
        "text": evidence.text,
    }
    if evidence.role:
        data["role"] = evidence.role
    return data


def event_data(event: Event) -> dict[str, Any]:
    """An event as `classify --jsonl` prints it."""
    return {
        "rule": event.rule,
        "status": event.status.value,
        "confidence": round(event.confidence, 3),
        "parties": list(event.parties),
        "roles": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in event.roles.items()
        },
        "direction": event.direction,
        "from_pct": event.from_pct,
        "to_pct": event.to_pct,
        "pct": event.pct,
        "amount": event.amount,
        "attribution": event.attribution,
        "expected_date": event.expected_date,
        "evidence": [evidence_data(passage) for passage in event.evidence if not passage.role],
    }


def mention_data(mention: Mention) -> dict[str, Any]:
    """Another report of an alert's news."""
    return {
        "item": mention.item_id,
        "title": mention.title,
        "source": mention.source,
        "url": mention.url,
        "published": timestamp(mention.published),
    }


def alert_data(alert: Alert, alert_url: str) -> dict[str, Any]:
    """The `data` of a webhook about an alert, and the alert of the API."""
    event, item = alert.event, alert.item
    data = event_data(event)
    return {
        "id": alert.id,
        "story_id": alert.story_id,
        "sequence": alert.sequence,
        "rule": data.pop("rule"),
        "status": data.pop("status"),
        "previous_status": alert.previous_status and alert.previous_status.value,
        "reason": alert.reason.value,
        "headline": alert.headline,
        "changes": [
            {"field": change.field, "from": change.before, "to": change.after}
            for change in alert.changes
        ],
        "alliance": event.alliance,
        **data,
        "severity": alert.severity.value,
        "language": alert.language,
        "item": {
            "id": item.id,
            "url": item.url,
            "title": item.title,
            "source": item.source,
            "feed": alert.feed_url,
            "published": timestamp(item.published),
            "seen": timestamp(item.seen),
        },
        "also_reported_by": [mention_data(mention) for mention in alert.also_reported_by],
        "rule_version": event.rule_version,
        "url": alert_url,
    }
