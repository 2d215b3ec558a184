"""Feeds by the API: added, changed, polled, removed, by those who may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.support.dashboards import Harness
from worker.domain import ids
from worker.domain.access import Role
from worker.domain.feed import Feed, FeedStatus
from worker.feeds.discovery import Discovered
from worker.net import BadAddress

URL = "https://news.example/rss?key=hidden-word"


def ask(
    harness: Harness, method: str, path: str, role: Role = Role.ADMIN, body: Any = None
) -> httpx.Response:
    return harness.client.request(
        method, f"/api/v1/feeds{path}", json=body, headers=harness.bearer(role)
    )


def actions(harness: Harness) -> list[str]:
    return [entry.action for entry in reversed(harness.store.audit_log(20))]


def test_a_feed_is_added_changed_polled_and_removed(any_dashboard: Harness) -> None:
    added = ask(any_dashboard, "POST", "", body={"url": URL, "name": "News", "interval": "90s"})
    assert added.status_code == 201, added.text
    feed = added.json()
    assert feed["id"] == ids.feed_id(URL)
    assert (feed["interval_seconds"], feed["configured"]) == (90, False)
    assert "hidden-word" not in added.text
    again = ask(any_dashboard, "POST", "", body={"url": URL, "name": "Other"})
    assert (again.status_code, again.json()["name"]) == (200, "News")

    path = f"/{feed['id']}"
    changed = ask(any_dashboard, "PATCH", path, body={"name": "Wire", "full_text": True})
    assert (changed.json()["name"], changed.json()["full_text"]) == ("Wire", True)
    assert changed.json()["interval_seconds"] == 90
    paused = ask(any_dashboard, "PATCH", path, Role.OPERATE, {"status": "paused"})
    assert paused.json()["status"] == "paused"
    assert ask(any_dashboard, "POST", f"{path}/poll", Role.OPERATE).status_code == 409
    resumed = ask(any_dashboard, "PATCH", path, Role.OPERATE, {"status": "active"})
    assert resumed.json()["status"] == "active"
    polled = ask(any_dashboard, "POST", f"{path}/poll", Role.OPERATE)
    assert polled.status_code == 202
    [(_, state)] = any_dashboard.store.feeds()
    assert state.next_poll_at is not None
    assert state.next_poll_at <= datetime.now(UTC)
    assert ask(any_dashboard, "GET", path, Role.READ).json()["status"] == "active"

    assert ask(any_dashboard, "DELETE", path).status_code == 204
    assert ask(any_dashboard, "DELETE", path).status_code == 404
    assert ask(any_dashboard, "GET", path).status_code == 404
    assert actions(any_dashboard) == [
        "add_feed", "change_feed", "pause_feed", "resume_feed", "poll_feed", "remove_feed",
    ]  # fmt: skip


def test_who_may_not_is_told_so_and_changes_nothing(dashboard: Harness) -> None:
    now = datetime.now(UTC)
    feed = Feed(ids.feed_id(URL), URL, "News", timedelta(minutes=2))
    dashboard.store.add_feed(feed, now)
    path = f"/{feed.id}"
    tried = [
        ask(dashboard, "POST", "", Role.OPERATE, {"url": "https://b.example/rss"}),
        ask(dashboard, "PATCH", path, Role.OPERATE, {"name": "x"}),
        ask(dashboard, "PATCH", path, Role.READ, {"status": "paused"}),
        ask(dashboard, "DELETE", path, Role.OPERATE),
        ask(dashboard, "POST", f"{path}/poll", Role.READ),
    ]
    assert [answer.status_code for answer in tried] == [403] * 5
    assert [known for known, _ in dashboard.store.feeds()] == [feed]
    assert actions(dashboard) == []


def test_the_configuration_keeps_its_feeds(dashboard: Harness) -> None:
    feed = Feed(ids.feed_id(URL), URL, "News")
    dashboard.store.sync_feeds([feed], datetime.now(UTC))
    path = f"/{feed.id}"
    assert ask(dashboard, "PATCH", path, body={"name": "x"}).status_code == 409
    assert ask(dashboard, "DELETE", path).status_code == 409
    assert ask(dashboard, "PATCH", path, body={"status": "paused"}).status_code == 200
    [(known, state)] = dashboard.store.feeds()
    assert (known.name, state.status) == ("News", FeedStatus.PAUSED)


def test_what_is_no_feed_is_refused_by_field(dashboard: Harness) -> None:
    for body, named in (
        ({"url": "ftp://a.example/"}, "url"),
        ({"url": "https://a.example/", "interval": "soon"}, "interval"),
        ({"url": "https://a.example/", "interval": "100ms"}, "interval"),
        ({"url": "https://a.example/", "headers": {"x": "y"}}, "headers"),
        ({"url": "https://"}, "url"),
    ):
        answer = ask(dashboard, "POST", "", body=body)
        assert answer.status_code == 422, answer.text
        assert named in answer.json()["detail"]
    assert dashboard.store.feeds() == []


def test_the_feed_of_a_site_is_found(dashboard: Harness) -> None:
    async def discover(url: str) -> Sequence[Discovered]:
        if "nothing" in url:
            return []
        if "inside" in url:
            raise BadAddress("not a public address")
        return [Discovered("https://a.example/feed", "A", "rss20", 3)]

    dashboard.app.state.services = replace(dashboard.app.state.services, discover=discover)
    found = ask(dashboard, "POST", "", body={"url": "https://a.example/", "discover": True})
    assert found.status_code == 201
    assert found.json()["id"] == ids.feed_id("https://a.example/feed")
    for url, why in (
        ("https://nothing.example/", "No feed"),
        ("https://inside.example/", "public"),
    ):
        answer = ask(dashboard, "POST", "", body={"url": url, "discover": True})
        assert answer.status_code == 422
        assert why in answer.json()["detail"]
