"""Stories in the API and on the pages, on real databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.dashboards import Harness
from tests.support.factories import make_alert, make_event, make_item, make_update
from tests.support.stores import record_alert
from worker.domain.access import Role
from worker.domain.alert import Subscription
from worker.domain.event import Classification, Status
from worker.domain.story import Reason
from worker.judging import Bench


def _told(harness: Harness) -> str:
    """A story of a rumour, an agreement, and another report of that."""
    bench = Bench(harness.store, [Subscription("sub_desk", "desk")], {})
    begin = datetime.now(UTC) - timedelta(hours=5)
    story = ""
    for number, status in enumerate((Status.RUMOURED, Status.AGREED, Status.AGREED)):
        now = begin + timedelta(hours=number)
        item = make_item(
            id=f"item_{number}", title=f"Title {number}", source=f"Outlet {number}",
            published=now, seen=now,
        )  # fmt: skip
        event = make_event(item=item, status=status, expected_date=None)
        harness.store.store_items([item], now)
        judged = bench.judge_item(item, Classification("en", (event,)), now)
        story = judged.judgement.stories[0].id
    return story


def test_a_story_shows_its_ledger_and_timeline(any_dashboard: Harness) -> None:
    story = _told(any_dashboard)
    headers = any_dashboard.bearer()
    shown = any_dashboard.client.get(f"/api/v1/stories/{story}", headers=headers).json()
    assert (shown["status"], shown["sequence"]) == ("agreed", 2)
    assert shown["ledger"]["status"]["item"] == "item_1"
    assert shown["ledger"]["status"]["former"][0]["value"] == "rumoured"
    assert shown["ledger"]["parties"]["value"] == ["Nissan", "Mitsubishi Motors"]
    assert [alert["reason"] for alert in shown["alerts"]] == ["new", "update"]
    assert [m["source"] for m in shown["alerts"][1]["also_reported_by"]] == ["Outlet 2"]
    assert [(r["title"], r["raised"]) for r in shown["reports"]] == [
        ("Title 0", True),
        ("Title 1", True),
        ("Title 2", False),
    ]
    listed = any_dashboard.client.get("/api/v1/stories?company=nissan", headers=headers).json()
    assert [line["id"] for line in listed["items"]] == [story]
    nothing = any_dashboard.client.get("/api/v1/stories?status=denied", headers=headers).json()
    assert nothing == {"items": [], "next": None}


def test_a_story_is_muted_by_those_who_may(any_dashboard: Harness) -> None:
    story, client = _told(any_dashboard), any_dashboard.client
    until = (datetime.now(UTC) + timedelta(hours=8)).isoformat()
    path = f"/api/v1/stories/{story}/mute"
    reader, operator = any_dashboard.bearer(), any_dashboard.bearer(Role.OPERATE)
    assert client.post(path, params={"until": until}, headers=reader).status_code == 403
    muted = client.post(path, params={"until": until}, headers=operator)
    assert (muted.status_code, muted.json()["subscription_id"]) == (200, None)
    past = client.post(path, params={"until": "2020-01-01T00:00:00Z"}, headers=operator)
    assert past.status_code == 422
    shown = client.get(f"/api/v1/stories/{story}", headers=reader).json()
    assert len(shown["mutes"]) == 1
    assert client.delete(path, headers=operator).status_code == 204
    assert client.delete(path, headers=operator).status_code == 404
    nobody = client.post("/api/v1/stories/none/mute", params={"until": until}, headers=operator)
    assert nobody.status_code == 404


def test_the_pages_show_what_changed(dashboard: Harness) -> None:
    first = make_alert(created=datetime.now(UTC) - timedelta(hours=1))
    second = make_update(created=datetime.now(UTC), reason=Reason.CORRECTION)
    record_alert(dashboard.store, first)
    record_alert(dashboard.store, second)
    _told(dashboard)
    dashboard.sign_in()
    page = dashboard.client.get("/alerts").text
    assert "update 2" in page
    assert "<del>under negotiation</del> → <ins>agreed</ins>" in page
    assert '<span class="chip reason">correction</span>' in page
    listed = dashboard.store.reads.alerts_since(datetime.now(UTC) - timedelta(days=1), 9)
    agreed = next(a for a in listed if a.item.title == "Title 1")
    detail = dashboard.client.get(f"/alerts/{agreed.id}").text
    assert "Also reported by" in detail
    assert "Outlet 2" in detail
