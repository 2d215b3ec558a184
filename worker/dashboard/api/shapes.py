"""Our types as the API's JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from worker.dashboard.services import Services
from worker.domain.alert import Alert
from worker.domain.delivery import Attempt, Delivery
from worker.domain.payload import alert_data, event_data, evidence_data, timestamp
from worker.store import DeliveryLine, ItemDetail
from worker.stories import headline

if TYPE_CHECKING:
    from worker.classify import Explanation


def alert_out(services: Services, alert: Alert) -> dict[str, Any]:
    """As the `data` of a webhook."""
    return alert_data(alert, f"{services.public_url.rstrip('/')}/alerts/{alert.id}")


def delivery_out(delivery: Delivery) -> dict[str, Any]:
    """A delivery without its attempts."""
    return {
        "id": delivery.id,
        "alert_id": delivery.alert_id,
        "subscription_id": delivery.subscription_id,
        "channel": delivery.channel,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "next_attempt_at": timestamp(delivery.next_attempt_at),
        "created": timestamp(delivery.created),
        "settled": timestamp(delivery.settled),
        "last_error": delivery.last_error,
    }


def delivery_line_out(line: DeliveryLine) -> dict[str, Any]:
    """A delivery with what it is about."""
    return {**delivery_out(line.delivery), "headline": line.headline, "story_id": line.story_id}


def attempt_out(attempt: Attempt) -> dict[str, Any]:
    """One try with its latency."""
    took = attempt.finished - attempt.started if attempt.finished else None
    return {
        "number": attempt.number,
        "started": timestamp(attempt.started),
        "finished": timestamp(attempt.finished),
        "milliseconds": round(took.total_seconds() * 1000) if took is not None else None,
        "outcome": attempt.outcome.value if attempt.outcome else None,
        "status_code": attempt.status_code,
        "detail": attempt.detail,
        "answer": attempt.answer,
    }


def item_out(detail: ItemDetail) -> dict[str, Any]:
    """An item with its classification, without its text."""
    item = detail.item
    return {
        "id": item.id,
        "feed_id": item.feed_id,
        "title": item.title,
        "url": item.url,
        "source": item.source,
        "published": timestamp(item.published),
        "seen": timestamp(item.seen),
        "lang": detail.language,
        "state": detail.state.value,
        "classified_at": timestamp(detail.classified_at),
        "error": detail.error,
        "events": [event_data(event) for _, event in detail.events],
        "alert_ids": list(detail.alert_ids),
        "updates": item.updates,
        "difference": item.difference,
        "sources": [
            {
                "feed_id": source.feed_id,
                "name": source.name,
                "title": source.title,
                "url": source.url,
                "published": timestamp(source.published),
                "seen": timestamp(source.seen),
            }
            for source in detail.sources
        ],
    }


def explanation_out(item_id: str, explanation: Explanation) -> dict[str, Any]:
    """As `alliance-watch explain --json`, and with every passage that proves an event."""
    rules = []
    for rule in explanation.rules:
        event = rule.event
        rules.append(
            {
                "rule": rule.rule,
                "gate": rule.gate,
                "fired": rule.fired,
                "reason": rule.reason,
                "headline": headline(event, explanation.language or "en") if event else None,
                "event": event_data(event) if event else None,
                "marks": [evidence_data(passage) for passage in event.evidence] if event else [],
                "attempts": [asdict(attempt) for attempt in rule.attempts],
            }
        )
    return {
        "id": item_id,
        "lang": explanation.language,
        "words": list(explanation.atoms),
        "rules": rules,
    }
