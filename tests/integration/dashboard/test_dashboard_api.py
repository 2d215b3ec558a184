"""The API on real databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from tests.support.dashboards import Harness, make_part, running
from tests.support.factories import make_alert, make_event, make_item, make_update
from tests.support.stores import record_alert
from worker.domain import ids
from worker.domain.access import Role
from worker.domain.alert import Subscription
from worker.domain.delivery import DeliveryState, Outcome, Verdict
from worker.domain.event import Classification, Status
from worker.domain.feed import Feed, Move, Polled
from worker.store import Store

PROBLEM = "application/problem+json"


def get(harness: Harness, path: str, **query: Any) -> Any:
    answer = harness.client.get(f"/api/v1{path}", params=query, headers=harness.bearer())
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_alert_is_what_webhooks_carry(any_dashboard: Harness) -> None:
    first, second = make_alert(), make_update()
    [delivery] = record_alert(any_dashboard.store, first)
    record_alert(any_dashboard.store, second, channels=())
    shown = get(any_dashboard, f"/alerts/{second.id}")
    assert shown["headline"] == second.headline
    assert shown["previous_status"] == "negotiating"
    assert shown["changes"][0] == {"field": "status", "from": "negotiating", "to": "agreed"}
    assert shown["roles"]["counterparty"] is None
    assert shown["url"] == f"{any_dashboard.base}/alerts/{second.id}"
    assert shown["item"]["title"] == second.item.title
    passage = shown["evidence"][0]
    assert second.item.text[passage["start"] : passage["end"]] == passage["text"]
    assert shown["deliveries"] == []
    assert get(any_dashboard, f"/alerts/{first.id}")["deliveries"][0]["id"] == delivery
    story = get(any_dashboard, f"/stories/{first.story_id}")
    assert [told["id"] for told in story["alerts"]] == [first.id, second.id]
    assert story["status"] == "agreed"


def test_lists_are_passed_on_page_by_page(any_dashboard: Harness) -> None:
    began = datetime.now(UTC) - timedelta(hours=1)
    told: list[str] = []
    for number in range(7):
        alert = make_alert(
            title=f"News {number}", sequence=number + 1, created=began + timedelta(seconds=number)
        )
        record_alert(any_dashboard.store, alert)
        told.insert(0, alert.id)
    for path, key in (("/alerts", "id"), ("/deliveries", "alert_id"), ("/items", "id")):
        seen: list[str] = []
        cursor = None
        for _ in range(4):
            page = get(any_dashboard, path, limit=3, **({"cursor": cursor} if cursor else {}))
            assert set(page) == {"items", "next"}
            seen += [entry[key] for entry in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 7, path
        if path == "/alerts":
            assert seen == told


def test_alerts_are_found_by_every_filter(any_dashboard: Harness) -> None:
    store = any_dashboard.store
    english = make_alert(created=datetime(2026, 1, 1, tzinfo=UTC))
    item = make_item(language="fr", title="Brevets partagés")
    event = make_event(
        item=item,
        rule="ip-sharing",
        status=Status.AGREED,
        parties=("Renault", "Geely"),
        companies=("renault", "geely"),
        alliance=None,
    )
    french = make_alert(
        language="fr",
        item=item,
        event=event,
        headline="Renault et Geely partagent",
        created=datetime(2026, 2, 1, tzinfo=UTC),
    )
    for alert in (english, french):
        record_alert(store, alert)

    def found(**query: Any) -> list[str]:
        return [entry["id"] for entry in get(any_dashboard, "/alerts", **query)["items"]]

    assert found() == [french.id, english.id]
    assert found(rule="ip-sharing") == [french.id]
    assert found(company="Geely") == [french.id]
    assert found(alliance="renault-nissan-mitsubishi") == [english.id]
    assert found(status="agreed") == [french.id]
    assert found(since="2026-01-15") == [french.id]
    assert found(until="2026-01-15T00:00:00Z") == [english.id]
    assert found(q="PARTAGES") == [french.id]
    assert found(q="partages nissan") == []
    assert found(rule="ip-sharing", company="nissan") == []


def test_every_attempt_of_a_delivery_is_shown(any_dashboard: Harness) -> None:
    store, now = any_dashboard.store, datetime.now(UTC)
    alert = make_alert()
    [delivery] = record_alert(store, alert, now=now)
    [claimed] = store.claim_deliveries(now, lease=timedelta(minutes=1), limit=1)
    verdict = Verdict(Outcome.PERMANENT, "HTTP 404", status_code=404, answer="no such hook")
    store.settle(
        claimed,
        verdict,
        state=DeliveryState.EXHAUSTED,
        next_attempt_at=None,
        now=now + timedelta(milliseconds=250),
    )
    shown = get(any_dashboard, f"/deliveries/{delivery}")
    assert shown["state"] == "exhausted"
    [attempt] = shown["tries"]
    assert attempt["milliseconds"] == 250
    assert (attempt["outcome"], attempt["status_code"]) == ("permanent", 404)
    assert attempt["answer"] == "no such hook"
    [line] = get(any_dashboard, "/deliveries", state="exhausted", channel="desk")["items"]
    assert line["headline"] == alert.headline
    assert get(any_dashboard, "/deliveries", state="delivered")["items"] == []
    assert get(any_dashboard, "/deliveries", alert=alert.id)["items"][0]["id"] == delivery


def test_an_item_is_pushed_once(any_dashboard: Harness) -> None:
    headers = any_dashboard.bearer(Role.OPERATE)
    body = {
        "id": "afp-1",
        "title": "Renault réduit sa part",
        "text": "PARIS 🚗 – Renault réduit sa part.",
        "lang": "fr",
        "published": "2099-01-26T10:00:00+01:00",
        "url": "https://wire.example/1",
    }
    first = any_dashboard.client.post("/api/v1/items", json=body, headers=headers)
    assert first.status_code == 202
    assert first.json()["new"] is True
    again = any_dashboard.client.post("/api/v1/items", json=body, headers=headers)
    assert again.json() == {**first.json(), "new": False}
    item_id = first.json()["id"]
    assert any_dashboard.enqueued == [item_id]
    shown = get(any_dashboard, f"/items/{item_id}")
    assert shown["text"] == body["text"]
    assert (shown["state"], shown["events"]) == ("waiting", [])
    assert shown["published"] == shown["seen"]  # nothing is published in the future
    assert [entry.action for entry in any_dashboard.store.audit_log(9)] == ["push_item"]
    [listed] = get(any_dashboard, "/items", state="waiting")["items"]
    assert "text" not in listed


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({"title": "x"}, 422, "id"),
        ({"id": "a", "title": " ", "text": ""}, 422, "title or a text"),
        ({"id": "a", "title": "x", "published": "yesterday"}, 422, "published"),
        ({"id": "a", "title": "x", "lang": "de"}, 422, "lang"),
        ({"id": "a", "title": "x", "txet": "y"}, 422, "txet"),
        ({"id": 1, "title": "x"}, 422, "id"),
        ([], 422, ""),
        ("{", 400, "not valid JSON"),
    ],
)
def test_an_item_that_is_not_one_is_refused_with_its_faults(
    dashboard: Harness, body: Any, status: int, named: str
) -> None:
    headers = dashboard.bearer(Role.OPERATE)
    options: dict[str, Any] = {"json": body}
    if isinstance(body, str):
        options = {"content": body}
        headers["content-type"] = "application/json"
    answer = dashboard.client.post("/api/v1/items", headers=headers, **options)
    assert answer.status_code == status
    assert answer.headers["content-type"] == PROBLEM
    problem = answer.json()
    assert problem["status"] == status
    assert named in problem["detail"]
    assert dashboard.enqueued == []


def test_other_formats_are_refused_by_name(dashboard: Harness) -> None:
    headers = dashboard.bearer(Role.OPERATE) | {"content-type": "text/csv"}
    answer = dashboard.client.post("/api/v1/items", content="<a/>", headers=headers)
    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_without_end_is_refused(dashboard: Harness, declared: bool) -> None:
    headers = dashboard.bearer(Role.OPERATE) | {"content-type": "application/json"}
    blob = b'{"id":"a","title":"' + b"x" * 2_100_000 + b'"}'
    content: Any = blob if declared else iter([blob[:1_000_000], blob[1_000_000:]])
    answer = dashboard.client.post("/api/v1/items", content=content, headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == PROBLEM


def test_the_classifier_can_be_tried_and_nothing_is_stored(sqlite_store: Store) -> None:
    item = make_item()
    event = make_event(item=item)
    asked: list[Any] = []

    def classify(title: str, text: str, **options: Any) -> Classification:
        asked.append((title, text, options))
        return Classification("en", (event,))

    with running(sqlite_store, classify=classify) as harness:
        answer = harness.client.post(
            "/api/v1/classify",
            json={"id": "a", "title": item.title, "text": item.text, "published": "2026-03-02"},
            headers=harness.bearer(),
        )
        assert answer.status_code == 200
        [found] = answer.json()["events"]
        assert found["roles"]["holder"] == "Nissan"
        assert answer.json()["lang"] == "en"
        assert asked == [
            (
                item.title,
                item.text,
                {"language": None, "published": datetime(2026, 3, 2, tzinfo=UTC)},
            )
        ]
        assert get(harness, "/items")["items"] == []


def test_feeds_are_shown_without_their_secrets(any_dashboard: Harness) -> None:
    url = "https://user:hunter2@wire.example/rss?token=hunter3"
    feed = Feed(ids.feed_id(url), url, "Example Wire", headers={"authorization": "hunter4"})
    store, now = any_dashboard.store, datetime.now(UTC)
    store.sync_feeds([feed], now)
    [(_, state)] = store.claim_due_feeds(now, limit=1, lease=timedelta(minutes=1), owner="p")
    failed = replace(
        state,
        failures=4,
        last_error="HTTP 503",
        next_poll_at=now,
        move=Move(address="https://new.example/rss?token=hunter5"),
    )
    store.store_polls("p", [Polled(feed, failed, (), now)])
    any_dashboard.sampled()
    any_dashboard.sign_in()
    listed = any_dashboard.client.get("/api/v1/feeds")
    [shown] = listed.json()["items"]
    assert shown["level"] == "bad"
    assert "4 polls in a row have failed: HTTP 503" in shown["trouble"]
    assert shown["moved_to"] == "https://new.example/rss"
    assert "new.example" in any_dashboard.client.get("/feeds").text
    for text in (
        listed.text,
        any_dashboard.client.get("/feeds").text,
        any_dashboard.client.get("/").text,
        any_dashboard.client.get("/metrics").text,
    ):
        assert "Example Wire" in text
        assert "hunter" not in text


def test_queues_and_workers_are_as_the_pages_show_them(any_dashboard: Harness) -> None:
    any_dashboard.store.beat(make_part("worker-classify", silent=timedelta(seconds=60), pid=9))
    any_dashboard.sampled()
    shown = get(any_dashboard, "/queues")
    assert [queue["name"] for queue in shown["items"]] == ["classify", "deliver"]
    assert shown["items"][0] == {
        "name": "classify",
        "depth": 0,
        "oldest_age_seconds": None,
        "in_flight": 0,
        "consumers": 1,
        "waited_seconds": None,
        "ran_seconds": None,
    }
    assert shown["level"] == "bad"
    assert shown["troubles"][0]["text"].startswith("worker-classify (process 9 on desk)")
    workers = get(any_dashboard, "/workers")["items"]
    assert {(worker["kind"], worker["state"]) for worker in workers} == {
        ("poller", "up"),
        ("worker-classify", "up"),
        ("worker-classify", "lost"),
        ("worker-deliver", "up"),
    }
    assert workers[0]["figures"]["memory_bytes"] == 84_000_000


def test_the_atom_feed_is_one(dashboard: Harness) -> None:
    nasty = make_alert(headline="A & B <script>\x00\u202e \ud83d", sequence=2, title="x")
    record_alert(dashboard.store, make_alert())
    record_alert(dashboard.store, nasty)
    answer = dashboard.client.get("/api/v1/alerts.atom", headers=dashboard.bearer())
    assert answer.headers["content-type"].startswith("application/atom+xml")
    root = ElementTree.fromstring(answer.content)
    name = "{http://www.w3.org/2005/Atom}"
    entries = root.findall(f"{name}entry")
    assert len(entries) == 2
    titles = [entry.findtext(f"{name}title") or "" for entry in entries]
    assert any(title.startswith("A & B <script>") for title in titles)
    for required in ("id", "title", "updated"):
        assert all(node.findtext(f"{name}{required}") for node in (root, *entries))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/alerts?cursor=strange", 400),
        ("/alerts?limit=0", 422),
        ("/alerts?status=wild", 422),
        ("/alerts?since=yesterday", 422),
        ("/deliveries?state=lost", 422),
        ("/items?cursor=%00", 400),
        ("/alerts/none", 404),
        ("/stories/none", 404),
        ("/items/none", 404),
        ("/deliveries/none", 404),
        ("/nowhere", 404),
    ],
)
def test_errors_are_problem_documents(dashboard: Harness, path: str, status: int) -> None:
    answer = dashboard.client.get(f"/api/v1{path}", headers=dashboard.bearer())
    assert answer.status_code == status
    assert answer.headers["content-type"] == PROBLEM
    problem = answer.json()
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]


def test_the_openapi_document_describes_what_is_sent(dashboard: Harness) -> None:
    alert = make_update()
    [delivery] = record_alert(dashboard.store, alert)
    dashboard.store.sync_subscriptions([Subscription("sub_desk", "desk")], datetime.now(UTC))
    dashboard.store.add_feed(Feed("feed_1", "https://a.example/rss", "A"), datetime.now(UTC))
    dashboard.sampled()
    schema = dashboard.client.get("/api/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    paths = schema["paths"]
    assert "ProblemDocument" in schema["components"]["schemas"]
    assert "HTTPValidationError" not in str(schema)
    filled = {
        "/api/v1/alerts/{alert_id}": f"/alerts/{alert.id}",
        "/api/v1/stories/{story_id}": f"/stories/{alert.story_id}",
        "/api/v1/items/{item_id}": f"/items/{alert.item.id}",
        "/api/v1/deliveries/{delivery_id}": f"/deliveries/{delivery}",
        "/api/v1/subscriptions/{subscription_id}": "/subscriptions/sub_desk",
        "/api/v1/feeds/{feed_id}": "/feeds/feed_1",
    }
    checked = 0
    for path, operations in paths.items():
        if not path.startswith("/api/v1/") or "get" not in operations:
            continue
        answers = operations["get"]["responses"]
        assert {"200", "401", "403", "503"} <= set(answers), path
        described = answers["200"]["content"].get("application/json", {}).get("schema")
        if described is None:
            continue
        body = get(dashboard, filled.get(path, path.removeprefix("/api/v1")))
        validator = validator_for(described, default=Draft202012Validator)
        validator({**described, "components": schema["components"]}).validate(body)
        checked += 1
    assert checked >= 10


def test_a_longer_window_never_shows_less_than_a_shorter_one(sqlite_store: Store) -> None:
    """Also while the hour is kept from a count before a transaction with older times ended."""
    now = datetime.now(UTC)
    record_alert(sqlite_store, make_alert(created=now - timedelta(minutes=30)))
    with running(sqlite_store) as harness:
        harness.sampled()  # the hour has been counted
        late = make_alert(title="Late", sequence=2, created=now - timedelta(seconds=4))
        record_alert(sqlite_store, late)
        harness.sampled()
        flow = get(harness, "/queues")["flow"]
    assert [window["window_seconds"] for window in flow] == [60, 300, 3600]
    assert [window["alerts"] for window in flow] == [1, 1, 2]
