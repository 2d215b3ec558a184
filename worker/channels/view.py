"""An alert as people read it: every text cleaned and labelled, not yet in a channel's form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from worker.channels.labels import Labels, labels_for
from worker.channels.text import clean_block, clean_line, safe_link
from worker.domain.alert import Alert, Change, Severity
from worker.domain.delivery import Notice

NOTHING = "–"
_MAX_QUOTES = 3
_FIGURES = ("from_pct", "to_pct", "pct", "amount")


@dataclass(frozen=True, slots=True)
class View:
    """What a message says, top to bottom. All of it is plain text; the links are http(s) only."""

    labels: Labels
    severity: Severity
    headline: str
    kicker: str
    changes: tuple[str, ...]
    is_first: bool
    facts: tuple[tuple[str, str], ...]
    quotes: tuple[str, ...]
    more_quotes: int
    source: str
    item_title: str
    item_time: str
    item_link: str | None
    alert_link: str | None
    alert_id: str
    story_id: str


def view_of(notice: Notice) -> View:
    """Makes the view in the alert's language. Pure."""
    alert = notice.alert
    item, labels = alert.item, labels_for(alert.language)
    passages = [passage for passage in alert.event.evidence if not passage.role]
    quotes = dict.fromkeys(clean_block(passage.text, 700) for passage in passages)
    quotes.pop("", None)
    rule = _shown(labels.rule(alert.event.rule), 100)
    status = labels.statuses[alert.event.status.value]
    return View(
        labels=labels,
        severity=alert.severity,
        headline=clean_line(alert.headline, 400) or rule,
        kicker=" · ".join(filter(None, (rule, status, labels.reasons.get(alert.reason.value)))),
        changes=tuple(change_line(change, labels) for change in alert.changes[:10]),
        is_first=alert.sequence == 1,
        facts=tuple(_facts(alert, labels)),
        quotes=tuple(quotes)[:_MAX_QUOTES],
        more_quotes=max(0, len(quotes) - _MAX_QUOTES),
        source=clean_line(item.source, 120),
        item_title=clean_line(item.title, 300),
        item_time=labels.moment(item.published or item.seen),
        item_link=safe_link(item.url),
        alert_link=safe_link(notice.alert_url),
        alert_id=alert.id,
        story_id=alert.story_id,
    )


def _shown(text: str, limit: int) -> str:
    """One line that is never empty, for the places where something has to stand."""
    return clean_line(text, limit) or NOTHING


def change_line(change: Change, labels: Labels) -> str:
    """What changed in one field, from what to what."""
    name = _shown(labels.field(change.field), 60)
    after = _shown(labels.value(change.field, change.after), 200)
    if change.before is None:
        return f"{name}{labels.colon}{after} ({labels.new})"
    before = _shown(labels.value(change.field, change.before), 200)
    return f"{name}{labels.colon}{before} → {after}"


def _facts(alert: Alert, labels: Labels) -> Iterator[tuple[str, str]]:
    event = alert.event
    found: list[tuple[str, object]] = [("status", event.status.value), ("parties", event.parties)]
    found += [(role, value) for role, value in event.roles.items() if role != "parties"]
    if event.from_pct is None and event.to_pct is None:
        found.append(("direction", event.direction))
    found += [(figure, getattr(event, figure)) for figure in _FIGURES]
    found += [("expected_date", event.expected_date), ("attribution", event.attribution)]
    for name, value in found:
        if value is not None and value != "" and value != ():
            yield _shown(labels.field(name), 60), _shown(labels.value(name, value), 300)
