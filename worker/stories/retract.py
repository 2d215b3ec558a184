"""What follows when a publisher takes an item back. Pure.

The story is told anew without the item. Where that moves it, those who were told hear of it; where
others have reported the same, nothing moves and nobody is bothered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from worker.domain import ids
from worker.domain.alert import Alert, Subscription
from worker.domain.event import Event
from worker.domain.item import Item
from worker.domain.story import Reason, Story
from worker.stories import ledger, routing
from worker.stories.headline import headline
from worker.stories.judge import Judgement, StandingOf, report_of, told_anew
from worker.stories.relation import relation_of
from worker.stories.severity import severity

Heard = tuple[str, Item, Event]
_TAKEN_BACK = {"fr": "Retiré par {source} : {told}", "en": "Withdrawn by {source}: {told}"}


def retract(
    item: Item,
    language: str,
    stories: Mapping[str, Story],
    heard: Callable[[str], Sequence[Heard]],
    subscriptions: Sequence[Subscription],
    *,
    owners: Mapping[str, str],
    standing: StandingOf,
    traffic: routing.Traffic,
    feed_url: str,
    now: datetime,
) -> Judgement:
    """Tell the stories anew without `item`. `heard` gives all events of one of them."""
    moved: list[Story] = []
    alerts: list[Alert] = []
    routed: list[routing.Routed] = []
    for story in stories.values():
        told = heard(story.id)
        own = [(event_id, event) for event_id, source, event in told if source.id == item.id]
        if not own:
            continue
        after = _without_withdrawn(story, told, owners)
        changes = ledger.changes(story.ledger, after.ledger)
        if not changes:
            moved.append(after)
            continue
        event_id, event = own[0]
        alert = _alert(story, after, item, language, event_id, event, feed_url, now)
        moved.append(replace(after, sequence=alert.sequence, alert_id=alert.id))
        alerts.append(alert)
        routed.append(
            routing.route(alert, subscriptions, standing(story.id, True), traffic, now=now)
        )
    ways = routing.combine(routed)
    return Judgement(
        stories=tuple(moved),
        alerts=tuple(alerts),
        deliveries=ways.deliveries,
        digests=ways.digests,
        overtaken=ways.overtaken,
    )


def _without_withdrawn(story: Story, told: Sequence[Heard], owners: Mapping[str, str]) -> Story:
    reports = [
        report_of(source, event_id, event, relation_of(event, owners))
        for event_id, source, event in told
        if source.withdrawn is None
    ]
    return told_anew(story, reports)


def _alert(
    story: Story,
    after: Story,
    item: Item,
    language: str,
    event_id: str,
    event: Event,
    feed_url: str,
    now: datetime,
) -> Alert:
    changes = ledger.changes(story.ledger, after.ledger)
    told = headline(event, language)
    words = _TAKEN_BACK["fr" if language == "fr" else "en"]
    event = replace(event, status=after.status or event.status)
    return Alert(
        id=ids.derive("alert", event_id, "withdrawn"),
        story_id=story.id,
        sequence=story.sequence + 1,
        event_id=event_id,
        event=event,
        item=item,
        headline=words.format(source=item.source or "–", told=told),
        severity=severity(event, story.status, Reason.WITHDRAWAL, changes),
        created=now,
        language=language,
        previous_status=story.status,
        changes=changes,
        feed_url=feed_url,
        reason=Reason.WITHDRAWAL,
    )
