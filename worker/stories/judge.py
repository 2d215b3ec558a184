"""From the events of an item to alerts: pure, so that the same input always gives the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from worker.domain import ids
from worker.domain.alert import Alert, Change, Subscription
from worker.domain.delivery import Delivery
from worker.domain.event import Event, Status
from worker.domain.item import Item
from worker.domain.standing import Digested, Standing, Told
from worker.domain.story import Reason, Report, Story
from worker.stories import ledger, routing
from worker.stories.headline import headline
from worker.stories.relation import Relation, find_story, relation_of
from worker.stories.severity import severity

SURE = 0.5
"""Below this confidence an event is doubtful: it moves no story that somebody is sure of."""
_NOTHING: ledger.Ledger = {}
StandingOf = Callable[[str, bool], Standing]
"""What has been sent of a story; with true, also the subscriptions that were sent anything."""
KEPT = 32
"""How many reports of a story are kept to be put in order; older ones are folded in."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything that one item's events lead to, to be written in one transaction.

    `overtaken` are deliveries that need not be made any more: a later alert says more.
    """

    events: tuple[tuple[str, Event], ...] = ()
    stories: tuple[Story, ...] = ()
    alerts: tuple[Alert, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    reports: tuple[Told, ...] = ()
    digests: tuple[Digested, ...] = ()
    overtaken: tuple[str, ...] = ()


@dataclass(slots=True)
class _Draft:
    """A judgement in the making."""

    events: dict[str, Event] = field(default_factory=dict)
    stories: dict[str, Story] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    reports: list[Told] = field(default_factory=list)
    routed: list[routing.Routed] = field(default_factory=list)


def judge(
    item: Item,
    language: str,
    events: Sequence[Event],
    stories: Mapping[str, Story],
    subscriptions: Sequence[Subscription],
    *,
    owners: Mapping[str, str],
    standing: StandingOf,
    traffic: routing.Traffic,
    feed_url: str,
    now: datetime,
) -> Judgement:
    """Decide which alerts the events of `item` raise and who is to get each of them.

    `stories` holds those that share a company with the events (`relation.lock_keys`). `standing`
    tells what has been sent of one of them, and to whom if asked; `traffic` counts what the
    channels get.
    """
    draft = _Draft(stories=dict(stories))
    touched: dict[str, None] = {}
    for event in events:
        relation = relation_of(event, owners)
        event_id = ids.event_id(item.id, event.rule, relation.parties)
        if event_id in draft.events:
            continue
        draft.events[event_id] = event
        story_id = _judge_one(draft, item, language, event_id, event, relation, feed_url, now)
        touched[story_id] = None
        alert = _to_tell(draft, item, language, event_id, event, story_id, standing)
        if alert is not None:
            late = alert.told_by is not None
            sent = standing(story_id, alert.reason in routing.TAKEN_BACK)
            draft.routed.append(
                routing.route(alert, subscriptions, sent, traffic, now=now, late=late)
            )
    routed = routing.combine(draft.routed)
    return Judgement(
        events=tuple(draft.events.items()),
        stories=tuple(draft.stories[key] for key in touched),
        alerts=tuple(draft.alerts),
        deliveries=routed.deliveries,
        reports=tuple(draft.reports),
        digests=routed.digests,
        overtaken=routed.overtaken,
    )


def report_of(item: Item, event_id: str, event: Event, relation: Relation) -> Report:
    """What an event claims."""
    claims: dict[str, Any] = {
        name: getattr(event, name) for name in (*ledger.FIGURES, "amount", "expected_date")
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    claims |= {"status": event.status.value, "parties": dict(relation.parties)}
    if event.status is Status.DENIED and relation.about:
        claims["about"] = relation.about
    return Report(
        event_id=event_id,
        item_id=item.id,
        at=item.published or item.seen,
        claims=claims,
        correction=item.correction,
        doubtful=event.confidence < SURE,
    )


def _judge_one(
    draft: _Draft,
    item: Item,
    language: str,
    event_id: str,
    event: Event,
    relation: Relation,
    feed_url: str,
    now: datetime,
) -> str:
    """Add one event to its story, and the alert if it brings news; gives back the story's id."""
    report = report_of(item, event_id, event, relation)
    story = find_story(relation, event, report.at, draft.stories.values())
    if story is None:
        story = _founded(relation, event, event_id, draft.stories, now)
    moved = heard(story, report)
    changes = ledger.changes(story.ledger, moved.ledger) if story.sequence else ()
    if story.sequence and not changes:
        draft.stories[story.id] = moved
        draft.reports.append(
            Told(event_id, story.id, story.alert_id, headline(event, language), report.at)
        )
        return story.id
    alert = _alert(
        story, moved, changes, item, language, event_id, event, _reason(story, moved, report),
        feed_url, now,
    )  # fmt: skip
    draft.alerts.append(alert)
    draft.reports.append(Told(event_id, story.id, alert.id, alert.headline, report.at))
    draft.stories[story.id] = replace(moved, sequence=alert.sequence, alert_id=alert.id)
    return story.id


def _founded(
    relation: Relation,
    event: Event,
    event_id: str,
    stories: Mapping[str, Story],
    now: datetime,
) -> Story:
    about = relation.about if event.status is Status.DENIED else None
    names = tuple(sorted(relation.core | ({about} if about else frozenset())))
    story_id = ids.story_id(event.rule, names)
    if story_id in stories:  # there is another between them
        story_id = ids.story_id(event.rule, (*names, event_id))
    return Story(
        id=story_id,
        rule=event.rule,
        companies=(),
        alliance=event.alliance,
        started=now,
        core=names,
        matter=relation.matter,
    )


def heard(story: Story, report: Report) -> Story:
    """The story with one more report in its place; its sequence stays as it is."""
    return told_anew(story, (*story.reports, report), story.base)


def told_anew(story: Story, reports: Iterable[Report], base: ledger.Ledger = _NOTHING) -> Story:
    """The story as it follows from `base` and these reports; its sequence stays as it is."""
    told = ledger.in_order(reports)
    old, kept = told[:-KEPT], tuple(told[-KEPT:])
    return _standing(replace(story, base=ledger.fold(base, old), reports=kept))


def _standing(story: Story) -> Story:
    state = ledger.fold(story.base, story.reports)
    status = state.get("status")
    known = set(state["parties"].value) if "parties" in state else set()
    return replace(
        story,
        ledger=state,
        status=Status(status.value) if status else None,
        companies=tuple(sorted({*story.companies, *known})),
        reported=max((r.at for r in story.reports), default=story.reported),
    )


def _alert(
    story: Story,
    moved: Story,
    changes: tuple[Change, ...],
    item: Item,
    language: str,
    event_id: str,
    event: Event,
    reason: Reason,
    feed_url: str,
    now: datetime,
) -> Alert:
    status = moved.status or event.status
    if reason is Reason.NEW or status is event.status or event.status is not Status.DENIED:
        # An alert tells how far the story has got, though its item may speak of an earlier stage.
        event = replace(event, status=status)
    return Alert(
        id=ids.alert_id(event_id),
        story_id=story.id,
        sequence=story.sequence + 1,
        event_id=event_id,
        event=event,
        item=item,
        headline=headline(event, language),
        severity=severity(event, story.status, reason, changes),
        created=now,
        language=language,
        previous_status=story.status,
        changes=changes,
        feed_url=feed_url,
        reason=reason,
    )


def _reason(story: Story, moved: Story, report: Report) -> Reason:
    if not story.sequence:
        return Reason.NEW
    if report.correction:
        return Reason.CORRECTION
    if report.claims["status"] == Status.DENIED:
        return Reason.DENIAL
    if story.status is Status.DENIED and moved.status is not Status.DENIED:
        return Reason.CONTRADICTION
    return Reason.UPDATE


def _to_tell(
    draft: _Draft,
    item: Item,
    language: str,
    event_id: str,
    event: Event,
    story_id: str,
    standing: StandingOf,
) -> Alert | None:
    """The alert that the event has raised, or else the story's latest as this event tells it.

    Who wants only French, or only what is sure, may not have wanted the report that raised the
    alert; this one may be what they want.
    """
    if draft.alerts and draft.alerts[-1].event_id == event_id:
        return draft.alerts[-1]
    latest = standing(story_id, False).latest
    if latest is None or latest.id != draft.stories[story_id].alert_id:
        return None
    return retold(latest, event_id, event, item, language)


def retold(alert: Alert, event_id: str, event: Event, item: Item, language: str) -> Alert:
    """An alert in the words of another report of the same news."""
    event = replace(event, status=alert.event.status)
    return replace(
        alert,
        event=event,
        item=item,
        language=language,
        headline=headline(event, language),
        told_by=event_id,
    )
