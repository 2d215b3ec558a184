"""From the events of an item to alerts: pure, so that the same input always gives the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from worker.domain import ids
from worker.domain.alert import Alert, Change, Severity, Story, Subscription
from worker.domain.delivery import Delivery
from worker.domain.event import Event, Status
from worker.domain.item import Item
from worker.stories.headline import headline

# The fields of an event whose movement is a development of its story.
_LEDGER = ("status", "direction", "from_pct", "to_pct", "pct", "amount", "expected_date")


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything that one item's events lead to, to be written in one transaction."""

    events: tuple[tuple[str, Event], ...] = ()
    stories: tuple[Story, ...] = ()
    alerts: tuple[Alert, ...] = ()
    deliveries: tuple[Delivery, ...] = ()


def stories_of(events: Iterable[Event]) -> tuple[str, ...]:
    """The stories that these events belong to, to be locked before judging."""
    return tuple(dict.fromkeys(_story_id(event) for event in events))


def judge(
    item: Item,
    language: str,
    events: Sequence[Event],
    stories: Mapping[str, Story],
    subscriptions: Sequence[Subscription],
    *,
    feed_url: str,
    now: datetime,
) -> Judgement:
    """Decide which alerts the events of `item` raise and who is to get each of them.

    `stories` holds those of `stories_of(events)` that exist already.
    """
    ledger = dict(stories)
    rows: dict[str, Event] = {}
    alerts: list[Alert] = []
    for event in events:
        event_id = ids.event_id(item.id, event.rule, _companies(event))
        if event_id in rows:
            continue
        rows[event_id] = event
        story_id = _story_id(event)
        story = ledger.get(story_id) or Story(
            id=story_id,
            rule=event.rule,
            companies=tuple(sorted(set(_companies(event)))),
            alliance=event.alliance,
            started=now,
        )
        changes = _changes(story, event)
        alerts.append(
            Alert(
                id=ids.alert_id(event_id),
                story_id=story_id,
                sequence=story.sequence + 1,
                event_id=event_id,
                event=event,
                item=item,
                headline=headline(event, language),
                severity=_severity(story, event, changes),
                created=now,
                language=language,
                previous_status=story.status,
                changes=changes,
                feed_url=feed_url,
            )
        )
        ledger[story_id] = _moved(story, event)
    touched = {alert.story_id for alert in alerts}
    return Judgement(
        events=tuple(rows.items()),
        stories=tuple(story for key, story in ledger.items() if key in touched),
        alerts=tuple(alerts),
        deliveries=tuple(
            delivery for alert in alerts for delivery in _deliveries(alert, subscriptions, now)
        ),
    )


def _companies(event: Event) -> tuple[str, ...]:
    return event.companies or event.parties


def _story_id(event: Event) -> str:
    return ids.story_id(event.rule, set(_companies(event)))


def _known(event: Event) -> dict[str, Any]:
    values = {name: getattr(event, name) for name in _LEDGER}
    values["status"] = event.status.value
    return {name: value for name, value in values.items() if value is not None}


def _changes(story: Story, event: Event) -> tuple[Change, ...]:
    """What the event says otherwise than the story's ledger; silence changes nothing.

    The first alert of a story has nothing before it that could have changed.
    """
    if not story.sequence:
        return ()
    return tuple(
        Change(name, story.state.get(name), value)
        for name, value in _known(event).items()
        if story.state.get(name) != value
    )


def _moved(story: Story, event: Event) -> Story:
    return replace(
        story,
        sequence=story.sequence + 1,
        status=event.status,
        state={**story.state, **_known(event)},
    )


def _severity(story: Story, event: Event, changes: tuple[Change, ...]) -> Severity:
    decisive = event.status in (Status.AGREED, Status.COMPLETED, Status.DENIED)
    if decisive and story.status != event.status:
        return Severity.URGENT
    return Severity.NOTABLE if changes or not story.sequence else Severity.INFO


def _deliveries(
    alert: Alert, subscriptions: Sequence[Subscription], now: datetime
) -> Iterable[Delivery]:
    """One delivery a channel: two subscriptions of one channel don't make it say things twice.

    Of those that want the alert, the one that may have it first gets it.
    """
    by_channel: dict[str, Subscription] = {}
    for subscription in sorted(subscriptions, key=lambda each: (each.due(alert), each.id)):
        if subscription.wants(alert):
            by_channel.setdefault(subscription.channel, subscription)
    for channel, subscription in by_channel.items():
        yield Delivery(
            id=ids.delivery_id(alert.id, subscription.id),
            alert_id=alert.id,
            subscription_id=subscription.id,
            channel=channel,
            next_attempt_at=subscription.due(alert),
            created=now,
        )
