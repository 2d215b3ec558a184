"""Pages as people get them, without scripts."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.support.dashboards import Harness, Queues, beat, make_part, running
from tests.support.factories import evidence_in, make_alert, make_event, make_item, make_update
from tests.support.stores import record_alert
from worker.broker import CLASSIFY, BrokerReading, QueueReading
from worker.domain.delivery import DeliveryState, Outcome, Verdict
from worker.domain.event import Evidence
from worker.store import Store


class Marks(HTMLParser):
    """The text of an element with class `text`, and what is marked in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.marked: list[tuple[str, str]] = []
        self._inside = 0
        self._mark: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._inside:
            self._inside += 1
        elif tag == "div" and dict(attrs).get("class") == "text":
            self._inside = 1
        if self._inside and tag == "mark":
            self._mark = dict(attrs).get("class") or ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = max(0, self._inside - 1)
        self._mark = None

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.text += data
            if self._mark is not None:
                self.marked.append((self._mark.strip(), data))


def page(harness: Harness, path: str) -> str:
    answer = harness.client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
    return answer.text


def test_evidence_is_marked_at_its_exact_place(any_dashboard: Harness) -> None:
    text = "PARIS 🚗🚗 – <b>Renault</b> & Nissan\n\nRenault réduit sa part de 43% dans Nissan."
    item = make_item(text=text, title="Renault & Nissan")
    proof = evidence_in(item, "Renault réduit sa part de 43% dans Nissan")
    figure = evidence_in(item, "43%", role="from_pct")
    title = Evidence("title", 0, 7, "Renault", "holder")
    alert = make_alert(item=item, event=make_event(item=item, evidence=(proof, figure, title)))
    record_alert(any_dashboard.store, alert)
    any_dashboard.sign_in()
    html = page(any_dashboard, f"/alerts/{alert.id}")
    marks = Marks(html)
    assert marks.text == text
    assert marks.marked == [
        ("proof", "Renault réduit sa part de "),
        ("proof role tone-figure", "43%"),
        ("proof", " dans Nissan"),
    ]
    assert '<mark class=" role tone-who" title="Shareholder">Renault</mark> &amp; Nissan' in html


def test_nothing_from_a_feed_becomes_markup(dashboard: Harness) -> None:
    nasty = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    alert = make_alert(
        title=nasty,
        text=nasty * 3,
        headline=nasty,
        url="javascript:alert(1)",
        source=nasty,
        created=datetime.now(UTC),
    )
    record_alert(dashboard.store, alert, channels=["desk"])
    dashboard.sampled()
    dashboard.sign_in()
    for path in ("/", "/alerts", f"/alerts/{alert.id}", "/deliveries", f"/alerts?q={nasty}"):
        html = page(dashboard, path)
        assert "alert(1)" in html, path
        assert "<script>" not in html
        assert "<img" not in html
        assert "javascript:" not in html


def test_an_alert_shows_its_changes_story_and_deliveries(dashboard: Harness) -> None:
    first, second = make_alert(), make_update()
    now = datetime.now(UTC)
    record_alert(dashboard.store, first, now=now)
    record_alert(dashboard.store, second, channels=["hook"], now=now)
    claims = dashboard.store.claim_deliveries(now, lease=timedelta(minutes=1), limit=5)
    for claimed in claims:
        verdict = Verdict(Outcome.RETRY, "HTTP 503: busy", status_code=503)
        dashboard.store.settle(
            claimed,
            verdict,
            state=DeliveryState.PENDING,
            next_attempt_at=now + timedelta(hours=1),
            now=now,
        )
    dashboard.sign_in()
    html = page(dashboard, f"/alerts/{second.id}")
    for part in (
        "<del>under negotiation</del> <ins>agreed</ins>",
        "<del>24%</del> <ins>15%</ins>",
        f'href="/alerts/{first.id}"',
        "two people close to the matter",
        "93% sure",
        "HTTP 503: busy",
        "next attempt",
    ):
        assert part in html
    assert "First report" not in html


def test_lists_can_be_filtered_and_turned(dashboard: Harness) -> None:
    began = datetime.now(UTC)
    for number in range(60):
        alert = make_alert(
            title=f"News {number}",
            headline=f"Headline number {number:02}.",
            sequence=number + 1,
            created=began - timedelta(minutes=number),
        )
        record_alert(dashboard.store, alert, now=alert.created)
    dashboard.sign_in()
    first = page(dashboard, "/alerts?rule=equity-change")
    assert "Headline number 00." in first
    assert "Headline number 50." not in first
    older = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    second = page(dashboard, "/alerts" + older.replace("&amp;", "&"))
    assert "Headline number 59." in second
    assert "Headline number 00." not in second
    assert 'value="equity-change" selected' in second
    assert "No alert fits these filters." in page(dashboard, "/alerts?q=zeppelin")
    assert "data-live" not in page(dashboard, "/alerts?q=zeppelin")
    assert 'data-live="alerts"' in page(dashboard, "/alerts")
    assert "No delivery fits these filters." in page(dashboard, "/deliveries?state=exhausted")
    assert page(dashboard, "/deliveries?channel=desk").count("Headline number") == 50


def test_pages_that_do_not_exist_say_so(dashboard: Harness) -> None:
    dashboard.sign_in()
    for path in ("/alerts/none", "/deliveries/none", "/nowhere", "/alerts?cursor=strange"):
        answer = dashboard.client.get(path, headers={"accept": "text/html"})
        assert answer.status_code in (400, 404)
        assert answer.headers["content-type"].startswith("text/html")
        assert "<h1>" in answer.text


def test_health_says_in_words_what_is_wrong(sqlite_store: Store) -> None:
    beat(sqlite_store, ["poller", "worker-deliver"])
    sqlite_store.beat(make_part("worker-classify", silent=timedelta(seconds=48)))
    queues = Queues(
        BrokerReading(True, {CLASSIFY: QueueReading(CLASSIFY, 1_234, 90.0, 2)}),
    )
    with running(sqlite_store, probe=queues) as harness:
        harness.sampled()
        harness.sign_in()
        html = page(harness, "/")
        assert "Nobody works on queue classify while 1\u202f234 messages wait." in html
        assert "worker-classify (process 4242 on desk) has not reported for" in html
        assert "The oldest message in queue classify has waited 1 min." in html
        assert '<strong class="bad-text">none</strong>' in html


def test_all_is_well_when_it_is(dashboard: Harness) -> None:
    dashboard.sampled()
    dashboard.sign_in()
    html = page(dashboard, "/")
    assert "All is well" in html
    assert "worker-classify" in html
    assert "84 MB" in html


def test_a_queue_that_is_away_is_named_and_recovers(sqlite_store: Store) -> None:
    beat(sqlite_store)
    queues = Queues()
    with running(sqlite_store, probe=queues) as harness:
        harness.sampled()
        assert harness.client.get("/readyz").status_code == 200
        queues.reading = BrokerReading(False, error="ConnectionError")
        harness.sign_in()
        wait_for(harness, "The message queue does not answer (ConnectionError).")
        answer = harness.client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"]["queue"] == "no answer"
        assert 'alliance_watch_source_up{source="queue"} 0.0' in harness.client.get("/metrics").text
        queues.reading = Queues().reading
        wait_for(harness, "All is well")


def test_a_queue_that_hangs_holds_nothing_up(sqlite_store: Store) -> None:
    beat(sqlite_store)
    queues = Queues()
    with running(sqlite_store, probe=queues) as harness:
        harness.sampled()
        harness.sign_in()
        queues.hang = 8.0
        began = time.monotonic()
        wait_for(harness, "The message queue does not answer (no answer for", within=9)
        assert time.monotonic() - began < 9
        took = time.monotonic()
        page(harness, "/")
        assert time.monotonic() - took < 1
        assert harness.app.state.sampler.latest.store_error == ""


def test_the_board_stays_readable_while_the_database_is_away(
    sqlite_store: Store, tmp_path: Path
) -> None:
    beat(sqlite_store)
    with running(sqlite_store) as harness:
        harness.sampled()
        harness.sign_in()
        page(harness, "/")
        (tmp_path / "store.db").rename(tmp_path / "away.db")
        sqlite_store.close()
        (tmp_path / "store.db").mkdir()
        wait_for(harness, "The database does not answer")
        assert harness.client.get("/healthz").json() == {"status": "ok"}
        assert harness.client.get("/readyz").status_code == 503
        assert "worker-classify" in page(harness, "/")
        for path in ("/alerts", "/api/v1/alerts"):
            answer = harness.client.get(path, headers={"accept": "text/html"})
            assert answer.status_code == 503
            assert "retry-after" in answer.headers
        (tmp_path / "store.db").rmdir()
        (tmp_path / "away.db").rename(tmp_path / "store.db")
        beat(sqlite_store)
        wait_for(harness, "All is well")


def wait_for(harness: Harness, text: str, within: float = 6) -> None:
    deadline = time.monotonic() + within
    while text not in (html := page(harness, "/")):
        assert time.monotonic() < deadline, html
        time.sleep(0.1)


def test_metrics_carry_what_the_page_shows(sqlite_store: Store) -> None:
    beat(sqlite_store)
    sqlite_store.beat(make_part("poller", figures={"polls": 12.0, "polls_failed": 3.0}))
    record_alert(sqlite_store, make_alert(), now=datetime.now(UTC) - timedelta(seconds=5))
    queues = Queues(BrokerReading(True, {CLASSIFY: QueueReading(CLASSIFY, 7, 90.0, 2)}))
    with running(sqlite_store, probe=queues) as harness:
        harness.sampled()
        lines = harness.client.get("/metrics").text.splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert values['alliance_watch_queue_depth{queue="classify"}'] == "7.0"
    age = float(values['alliance_watch_queue_oldest_age_seconds{queue="classify"}'])
    assert age == pytest.approx(90, abs=1.5)
    assert values['alliance_watch_queue_in_flight{queue="classify"}'] == "2.0"
    assert values['alliance_watch_queue_consumers{queue="deliver"}'] == "1.0"
    assert values['alliance_watch_outbox_pending{channel="desk"}'] == "1.0"
    assert float(values['alliance_watch_outbox_oldest_due_age_seconds{channel="desk"}']) > 4
    assert values['alliance_watch_parts_up{kind="poller"}'] == "1.0"
    assert values['alliance_watch_poller_events_total{event="polls_failed"}'] == "3.0"
    assert values['alliance_watch_source_up{source="database"}'] == "1.0"
    assert 'alliance_watch_build_info{version="0.1.0"}' in values
    assert "process_resident_memory_bytes" in values


def test_counters_count_each_thing_once(sqlite_store: Store) -> None:
    start = datetime.now(UTC)
    moments = [start]
    with running(sqlite_store, clock=lambda: moments[-1]) as harness:
        for second in range(3):
            alert = make_alert(
                title=f"N{second}", sequence=second + 1, created=start + timedelta(seconds=second)
            )
            record_alert(sqlite_store, alert, now=alert.created)
        [claimed, *_] = sqlite_store.claim_deliveries(start, lease=timedelta(minutes=1), limit=1)
        sqlite_store.settle(
            claimed,
            Verdict(Outcome.DELIVERED),
            state=DeliveryState.DELIVERED,
            next_attempt_at=None,
            now=start + timedelta(seconds=4),
        )
        for seconds in (5, 11, 12, 60, 61):
            moments.append(start + timedelta(seconds=seconds))
            deadline = time.monotonic() + 10
            while harness.app.state.sampler.latest.store_taken != moments[-1]:
                assert time.monotonic() < deadline
                time.sleep(0.02)
        text = harness.client.get("/metrics").text
    assert "alliance_watch_alerts_total 3.0" in text
    assert "alliance_watch_items_classified_total 3.0" in text
    assert 'alliance_watch_latency_seconds_count{stage="alert_to_receipt"} 1.0' in text
    assert 'alliance_watch_latency_seconds_bucket{le="5.0",stage="alert_to_receipt"} 1.0' in text


def test_static_files_may_be_kept_for_ever_under_their_versioned_address(
    dashboard: Harness,
) -> None:
    html = dashboard.client.get("/sign-in").text
    address = html.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = dashboard.client.get(address)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert dashboard.client.get("/static/board.css").headers["cache-control"] == "no-cache"
    assert dashboard.client.get("/static/../server.py").status_code in (401, 404)
    assert dashboard.client.get("/static/%2e%2e/server.py").status_code == 404


def test_monitors_may_ask_for_the_head_alone(dashboard: Harness) -> None:
    for path in ("/healthz", "/sign-in", "/static/board.css"):
        answer = dashboard.client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")
        assert int(answer.headers["content-length"]) > 0
    assert dashboard.client.head("/alerts").status_code == 401
    headers = dashboard.bearer()
    assert dashboard.client.head("/live/health", headers=headers).status_code == 405
