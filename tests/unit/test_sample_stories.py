"""The sample wire as stories: what moves is told, what is told again is not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import pytest

from worker import classify, wiring
from worker.config import Settings
from worker.domain import ids
from worker.domain.alert import Alert
from worker.domain.event import Status
from worker.domain.feed import Feed
from worker.domain.standing import Standing
from worker.domain.story import Story
from worker.feeds.identity import to_item
from worker.feeds.parse import parse_document
from worker.shipped import shipped_rules, shipped_sample
from worker.stories import Traffic, judge


@dataclass
class Told:
    """What the sample leads to, read in the order of its dates."""

    stories: dict[str, Story] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    silent: set[tuple[str, str]] = field(default_factory=set)
    reports: int = 0


@pytest.fixture(scope="module")
def told() -> Told:
    classifier = classify.load([shipped_rules()])
    owners = wiring.load_owners(Settings())
    found = Told()
    entries = []
    for path in sorted(p for p in shipped_sample().iterdir() if p.suffix in (".rss", ".atom")):
        feed = Feed(ids.feed_id(path.name), f"http://127.0.0.1/{path.name}", path.stem)
        for entry in parse_document(path.read_bytes(), None, feed.url).entries:
            assert entry.published is not None
            entries.append((entry.published, to_item(entry, feed, entry.published)))
    for at, item in sorted(entries, key=lambda pair: pair[0]):
        events = classifier.classify(item.title, item.text, published=at)
        made = judge(
            item,
            events.language or "en",
            events.events,
            found.stories,
            [],
            owners=owners,
            standing=lambda story_id, everyone: Standing(),
            traffic=Traffic(lambda channel, since, until: 0),
            feed_url="",
            now=at,
        )
        found.stories |= {story.id: story for story in made.stories}
        found.alerts += made.alerts
        found.reports += len(made.reports)
        raised = {alert.id for alert in made.alerts}
        number = (item.guid or "").rpartition(":")[2]
        found.silent |= {
            (number, found.stories[report.story_id].rule)
            for report in made.reports
            if report.alert_id not in raised
        }
    return found


def test_stories_go_on_and_are_not_told_twice(told: Told) -> None:
    assert len(told.stories) < len(told.alerts) < told.reports
    by_story: defaultdict[str, list[int]] = defaultdict(list)
    for alert in told.alerts:
        by_story[alert.story_id].append(alert.sequence)
        assert bool(alert.changes) is (alert.sequence > 1)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in by_story.values())


def test_the_deal_goes_from_talks_to_its_close_in_three_stories(told: Told) -> None:
    [first] = {alert.item.title for alert in told.alerts[:3]}
    assert first.startswith("Renault, Nissan close in on deal")
    for alert in told.alerts[:3]:
        moves = [a.event.status for a in told.alerts if a.story_id == alert.story_id]
        assert moves[0] is Status.NEGOTIATING
        assert Status.AGREED in moves
        assert len(moves) >= 3
    equity = next(a for a in told.alerts if a.event.rule == "equity-change")
    assert told.stories[equity.story_id].status is Status.COMPLETED


def test_the_same_news_in_the_other_language_is_silent(told: Told) -> None:
    """The French report of the agreement comes hours after the English one."""
    assert {("fr-020", "ev-unit-investment"), ("fr-020", "ip-sharing")} <= told.silent
