"""The parts of pages that move, rendered once for everybody who looks at them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jinja2 import Environment

from worker.dashboard.health import feed_trouble, level, troubles
from worker.dashboard.snapshot import Snapshot, part_state, queue_lines
from worker.domain.feed import FeedStatus

NEWEST = 8
SHOW_REPLACED = timedelta(minutes=10)  # long enough to see that something was started again
LISTED = 50

# The text of a time that the page keeps current itself is no reason to send it again.
_AGO = re.compile(r"(<time [^>]*data-ago[^>]*>)[^<]*")


@dataclass(frozen=True, slots=True)
class Fragment:
    """A rendered part of a page. Two with the same `essence` show the same."""

    id: str
    html: str
    essence: str


def health_context(snapshot: Snapshot) -> dict[str, Any]:
    """What the health page and its parts show."""
    found = troubles(snapshot)
    parts = snapshot.store.parts if snapshot.store else ()
    return {
        "now": snapshot.taken,
        "snapshot": snapshot,
        "store": snapshot.store,
        "troubles": found,
        "level": level(found),
        "level_of": lambda subject: level(found, subject).value,
        "queues": queue_lines(snapshot),
        "parts": [
            {"part": part, "state": part_state(part, parts, snapshot.taken)} for part in parts
        ],
        "feed_counts": feed_counts(snapshot),
        "newest": snapshot.alerts[:NEWEST],
    }


def feed_counts(snapshot: Snapshot) -> dict[str, int]:
    """How many feeds are well, in trouble, paused, gone, removed."""
    counts = {"well": 0, "failing": 0, "paused": 0, "gone": 0, "removed": 0}
    for feed, state in snapshot.store.feeds if snapshot.store else ():
        if state.status is FeedStatus.ACTIVE:
            counts["failing" if feed_trouble(feed, state, snapshot.taken)[1] else "well"] += 1
        else:
            counts[state.status.value] += 1
    return counts


def feeds_context(snapshot: Snapshot) -> dict[str, Any]:
    """What the page of feeds shows, those in trouble first, the removed ones last."""
    counts = {entry.feed.id: entry for entry in (snapshot.store.overview if snapshot.store else ())}
    lines = []
    for feed, state in snapshot.store.feeds if snapshot.store else ():
        how_bad, text = feed_trouble(feed, state, snapshot.taken)
        lines.append(
            {
                "feed": feed,
                "state": state,
                "level": how_bad.value,
                "trouble": text,
                "overview": counts.get(feed.id),
            }
        )
    order = {"bad": 0, "warn": 1, "ok": 2}
    lines.sort(
        key=lambda line: (line["state"].status is FeedStatus.REMOVED, order[line["level"]])  # type: ignore[attr-defined,index]
    )
    return {"now": snapshot.taken, "lines": lines, "counts": feed_counts(snapshot)}


def alerts_context(snapshot: Snapshot) -> dict[str, Any]:
    """The first page of alerts without filters."""
    return {"now": snapshot.taken, "alerts": snapshot.alerts[:LISTED]}


def deliveries_context(snapshot: Snapshot) -> dict[str, Any]:
    """The first page of deliveries without filters."""
    return {"now": snapshot.taken, "deliveries": snapshot.deliveries[:LISTED]}


Context = Callable[[Snapshot], dict[str, Any]]

# topic → (what its fragments are given, the fragments: element id → template)
TOPICS: Mapping[str, tuple[Context, tuple[str, ...]]] = {
    "health": (
        health_context,
        ("verdict", "queues", "flow", "outbox", "parts", "feeds-brief", "newest"),
    ),
    "feeds": (feeds_context, ("feeds",)),
    "alerts": (alerts_context, ("alert-list",)),
    "deliveries": (deliveries_context, ("delivery-list",)),
}


class Board:
    """Renders a topic once for each snapshot, however many look at it."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._rendered: dict[str, tuple[Snapshot, tuple[Fragment, ...]]] = {}

    def fragments(self, topic: str, snapshot: Snapshot) -> tuple[Fragment, ...]:
        """The moving parts of a topic as of this snapshot."""
        kept = self._rendered.get(topic)
        if kept is not None and kept[0] is snapshot:
            return kept[1]
        context, names = TOPICS[topic]
        values = context(snapshot)
        made = tuple(self._fragment(name, values) for name in names)
        self._rendered[topic] = (snapshot, made)
        return made

    def _fragment(self, name: str, values: Mapping[str, Any]) -> Fragment:
        html = self._env.get_template(f"parts/{name}.html").render(values)
        return Fragment(name, html, _AGO.sub(r"\1", html))
