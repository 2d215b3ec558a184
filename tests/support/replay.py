"""A scripted story, replayed by a clock through the real classifier and a real store.

items()     the items of tests/data/story, oldest first
expected()  the alerts that they must raise
Replay      brings items in, hour by hour, over several workers, and delivers what is due
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from worker import classify, pipeline, wiring
from worker.config import Settings
from worker.domain import ids
from worker.domain.alert import Alert, Subscription
from worker.domain.delivery import DeliveryState, Outcome, Verdict
from worker.domain.event import Classification
from worker.domain.item import Entry, Item
from worker.feeds.corrections import corrects
from worker.shipped import shipped_rules
from worker.store import Store

FOLDER = Path(__file__).resolve().parents[1] / "data" / "story"
HOUR = timedelta(hours=1)


def _read(name: str) -> Any:
    return YAML(typ="safe").load((FOLDER / name).read_text(encoding="utf-8"))


@cache
def items() -> tuple[Item, ...]:
    """The items, each from the feed of its outlet."""
    found = []
    for row in _read("items.yaml"):
        at = datetime.fromisoformat(row["at"].replace("Z", "+00:00")).astimezone(UTC)
        title, text = row["title"], row["text"]
        feed = ids.feed_id(f"https://outlet.example/{row['outlet'].replace(' ', '-')}")
        found.append(
            Item(
                id=row["id"],
                feed_id=feed,
                title=title,
                text=text,
                seen=at,
                source=row["outlet"],
                published=at,
                published_raw=at,
                language=row["lang"],
                correction=corrects(Entry(title, text)),
            )
        )
    return tuple(sorted(found, key=lambda item: item.seen))


@cache
def expected() -> tuple[Mapping[str, Any], ...]:
    """The alerts, in their order."""
    return tuple(_read("alerts.yaml"))


@cache
def owners() -> Mapping[str, str]:
    """Units and their owners by the watchlists that ship."""
    return wiring.load_owners(Settings())


class Known:
    """The real classifier; each item is read once, however often it is replayed."""

    def __init__(self) -> None:
        self._classifier = classify.load([shipped_rules()])
        self._found: dict[tuple[str, str], Classification] = {}
        for item in items():
            self._found[item.title, item.text] = self._classifier.classify(
                item.title, item.text, language=item.language, published=item.published
            )

    def classify(
        self,
        title: str,
        text: str,
        *,
        language: str | None = None,
        published: datetime | None = None,
    ) -> Classification:
        return self._found[title, text]


@cache
def classifier() -> Known:
    """One for all tests of a process."""
    return Known()


def shuffled(seed: int) -> list[tuple[datetime, Item]]:
    """The items with the times of their arrival, each up to an hour after its publication."""
    draw = random.Random(seed)
    late = [(item.seen + HOUR * draw.random(), item) for item in items()]
    return sorted(late, key=lambda pair: pair[0])


@dataclass
class Replay:
    """The service without its processes: `workers` share the items of each hour."""

    store: Store
    subscriptions: Sequence[Subscription]
    workers: int = 3
    sent: list[tuple[str, Alert]] = field(default_factory=list)
    digests: list[tuple[str, datetime, tuple[Alert, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        start = items()[0].seen
        self.store.sync_subscriptions(self.subscriptions, start)
        classifier()

    def bring(self, arrivals: Sequence[tuple[datetime, Item]]) -> None:
        """All items, an hour at a time: what comes within one is worked on at the same time."""
        by_hour: dict[datetime, list[tuple[datetime, Item]]] = {}
        for at, item in arrivals:
            by_hour.setdefault(at.replace(minute=0, second=0, microsecond=0), []).append((at, item))
        with ThreadPoolExecutor(self.workers) as pool:
            for hour, lot in by_hour.items():
                self.store.store_items([item for _, item in lot], hour)
                shares = [lot[worker :: self.workers] for worker in range(self.workers)]
                list(pool.map(self._work, shares))
                self.deliver(hour + HOUR)

    def _work(self, share: Sequence[tuple[datetime, Item]]) -> None:
        for at, item in share:
            pipeline.classify(
                [item.id],
                classifier=classifier(),
                store=self.store,
                owner=f"worker-{item.id}",
                clock=lambda at=at: at,  # type: ignore[misc]
                owners=owners(),
            )

    def deliver(self, now: datetime) -> None:
        """Send everything that is due, as long as anything is."""
        while claims := self.store.claim_deliveries(now, lease=HOUR, limit=50):
            for claimed in claims:
                channel = claimed.delivery.channel
                if claimed.alert is not None:
                    self.sent.append((channel, claimed.alert))
                elif claimed.digest is not None:
                    self.digests.append((channel, claimed.digest.due, claimed.digest.alerts))
                self.store.settle(
                    claimed,
                    Verdict(Outcome.DELIVERED),
                    state=DeliveryState.DELIVERED,
                    next_attempt_at=None,
                    now=now,
                )
