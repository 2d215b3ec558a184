"""Valid domain objects for tests, each field replaceable by name.

make_alert()                                  an English equity change, its first alert
make_alert(language="fr")                     the same kind of news from a French item
make_alert(title="…", text="…")               feed text replaced, evidence kept true to it
make_alert(event=make_event(status=…))        any part replaced as a whole
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from worker.domain import ids
from worker.domain.alert import Alert, Change, Severity
from worker.domain.delivery import Notice
from worker.domain.event import Event, Evidence, Status
from worker.domain.item import Item

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
FEED_URL = "https://wire.example/rss.xml"
ALERT_URL = "http://127.0.0.1:8765/alerts/{id}"

_TITLES = {
    "en": "Nissan in talks to cut Mitsubishi Motors stake",
    "fr": "Nissan négocie une baisse de sa part dans Mitsubishi Motors",
}
_PASSAGES = {
    "en": "Nissan is in talks to cut its stake in Mitsubishi Motors to 24% from 34%",
    "fr": "Nissan négocie la réduction de 34% à 24% de sa participation dans Mitsubishi Motors",
}
_TEXTS = {
    "en": "YOKOHAMA, March 2 - {passage}, two people close to the matter said on Monday.\n\n"
    "The carmakers declined to comment.",
    "fr": "YOKOHAMA, 2 mars - {passage}, ont dit lundi deux sources proches du dossier.\n\n"
    "Les constructeurs se sont refusés à tout commentaire.",
}
_ATTRIBUTIONS = {
    "en": "two people close to the matter",
    "fr": "deux sources proches du dossier",
}
_HEADLINES = {
    "en": "Nissan in talks to cut its stake in Mitsubishi Motors from 34% to 24%",
    "fr": "Nissan négocie une baisse de sa part dans Mitsubishi Motors de 34 % à 24 %",
}


def make_item(*, language: str = "en", **overrides: Any) -> Item:
    """A stored item in wire style; `overrides` are fields of `Item`."""
    title = overrides.pop("title", _TITLES[language])
    text = overrides.pop("text", _TEXTS[language].format(passage=_PASSAGES[language]))
    values: dict[str, Any] = {
        "id": ids.item_id(ids.feed_id(FEED_URL), title),
        "feed_id": ids.feed_id(FEED_URL),
        "title": title,
        "text": text,
        "seen": NOW,
        "source": "Example Wire",
        "url": "https://wire.example/items/1?a=1&b=2",
        "published": NOW,
        "published_raw": NOW,
        "language": language,
    }
    return Item(**{**values, **overrides})


def evidence_in(item: Item, passage: str, *, role: str = "") -> Evidence:
    """Evidence for `passage` at its place in the item's text, or the first 200 characters of the
    text (or title) when the passage does not occur."""
    start = item.text.find(passage)
    if start >= 0:
        return Evidence("text", start, start + len(passage), passage, role)
    if item.text:
        return Evidence("text", 0, len(item.text[:200]), item.text[:200], role)
    return Evidence("title", 0, len(item.title[:200]), item.title[:200], role)


def make_event(*, item: Item | None = None, language: str = "en", **overrides: Any) -> Event:
    """A stake that shrinks, proved by `item`; `overrides` are fields of `Event`."""
    item = item or make_item(language=language)
    values: dict[str, Any] = {
        "rule": "equity-change",
        "status": Status.NEGOTIATING,
        "confidence": 0.93,
        "parties": ("Nissan", "Mitsubishi Motors"),
        "roles": {"holder": "Nissan", "target": "Mitsubishi Motors", "counterparty": None},
        "evidence": (evidence_in(item, _PASSAGES[language]),),
        "direction": "decrease",
        "from_pct": 34.0,
        "to_pct": 24.0,
        "attribution": _ATTRIBUTIONS[language],
        "expected_date": "2026-04",
        "companies": ("nissan", "mitsubishi"),
        "alliance": "renault-nissan-mitsubishi",
    }
    return Event(**{**values, **overrides})


def make_alert(**overrides: Any) -> Alert:
    """An alert whose item, event and evidence agree with each other.

    Takes the fields of `Alert`, and besides `title`, `text`, `url`, `source` (of the item) and
    `status` (of the event).
    """
    language = overrides.pop("language", "en")
    item_fields = {
        name: overrides.pop(name)
        for name in ("title", "text", "url", "source")
        if name in overrides
    }
    event_fields = {name: overrides.pop(name) for name in ("status",) if name in overrides}
    item = overrides.pop("item", None) or make_item(language=language, **item_fields)
    event = overrides.pop("event", None) or make_event(item=item, language=language, **event_fields)
    event_id = ids.event_id(item.id, event.rule, event.companies)
    values: dict[str, Any] = {
        "id": ids.alert_id(event_id),
        "story_id": ids.story_id(event.rule, event.companies),
        "sequence": 1,
        "event_id": event_id,
        "event": event,
        "item": item,
        "headline": _HEADLINES[language],
        "severity": Severity.NOTABLE,
        "created": NOW,
        "language": language,
        "feed_url": FEED_URL,
    }
    return Alert(**{**values, **overrides})


def make_update(**overrides: Any) -> Alert:
    """The second alert of the same story: agreed, another figure, a date that moved."""
    values: dict[str, Any] = {
        "status": Status.AGREED,
        "sequence": 2,
        "previous_status": Status.NEGOTIATING,
        "changes": (
            Change("status", "negotiating", "agreed"),
            Change("to_pct", 24.0, 15.0),
            Change("expected_date", "2026-04", "2026-04-06"),
        ),
        "title": "Nissan to cut Mitsubishi Motors stake to 15%",
    }
    alert = make_alert(**{**values, **overrides})
    if "event" in overrides:
        return alert
    return replace(alert, event=replace(alert.event, to_pct=15.0, expected_date="2026-04-06"))


def make_notice(alert: Alert | None = None, *, attempted_at: datetime | None = None) -> Notice:
    """What a channel is asked to send; stamped with the present unless told otherwise, because
    receivers refuse signatures that are minutes old."""
    alert = alert or make_alert()
    return Notice(
        message_id=ids.delivery_id(alert.id, "sub_test"),
        alert=alert,
        alert_url=ALERT_URL.format(id=alert.id),
        attempted_at=attempted_at or datetime.now(UTC),
    )


def hostile_alert(text: str, *, language: str = "en", url: str | None = None) -> Alert:
    """An alert in which `text` stands wherever a feed's words can get to."""
    item = make_item(
        language=language, title=text, text=text, source=text, url=text if url is None else url
    )
    event = make_event(
        item=item,
        rule=text[:60] or "equity-change",
        parties=(text, "Nissan"),
        roles={"holder": text, "target": (text, "Nissan"), "counterparty": None},
        evidence=(Evidence("text", 0, len(text), text),) * 2,
        amount=text,
        attribution=text,
        expected_date=text,
        companies=("x", "nissan"),
    )
    return make_alert(
        language=language,
        item=item,
        event=event,
        headline=text,
        sequence=2,
        changes=(Change("amount", text, text), Change(text[:20] or "x", None, (text, text))),
    )
