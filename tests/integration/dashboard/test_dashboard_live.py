"""Server-sent events: what changes is pushed, and a stop waits for nobody."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.support.dashboards import Harness, Queues, beat, running
from tests.support.factories import make_alert
from tests.support.stores import record_alert
from worker.broker import CLASSIFY, BrokerReading, QueueReading
from worker.domain.alert import Alert
from worker.store import Store

ROOT = Path(__file__).parents[3]


class Events:
    """Reads an event stream in a thread."""

    def __init__(self, base: str, path: str, headers: dict[str, str]) -> None:
        self.got: list[tuple[str, str, Any]] = []
        self.ended = threading.Event()
        self._opened = threading.Event()
        self.status = 0
        self._client = httpx.Client(base_url=base, headers=headers, timeout=30, verify=False)
        self._path = path
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        assert self._opened.wait(10)

    def _read(self) -> None:
        try:
            with self._client.stream("GET", self._path) as answer:
                self.status = answer.status_code
                self._socket = answer.extensions["network_stream"].get_extra_info("socket")
                fields: dict[str, str] = {}
                for line in answer.iter_lines():
                    self._opened.set()
                    if line:
                        name, _, value = line.partition(": ")
                        fields[name] = value
                    elif "data" in fields:
                        data = json.loads(fields["data"])
                        self.got.append((fields.get("event", ""), fields.get("id", ""), data))
                        fields = {}
                    else:
                        fields = {}
        except httpx.HTTPError:
            pass
        finally:
            self._opened.set()
            self.ended.set()

    def of(self, *kinds: str) -> list[Any]:
        return [data for kind, _, data in list(self.got) if kind in kinds]

    def wait(self, condition: Any, within: float = 8) -> None:
        deadline = time.monotonic() + within
        while not condition():
            assert time.monotonic() < deadline, self.got[-3:]
            time.sleep(0.05)

    def close(self) -> None:
        with suppress(OSError):  # it may have ended by itself
            self._socket.shutdown(socket.SHUT_RDWR)  # else the thread would read on till a beat
        self._thread.join(timeout=5)
        self._client.close()


@pytest.fixture
def streams() -> Iterator[Any]:
    with ExitStack() as stack:

        def open_(harness: Harness, path: str, **headers: str) -> Events:
            events = Events(harness.base, path, {**harness.bearer(), **headers})
            stack.callback(events.close)
            return events

        yield open_


def fragments(events: Events) -> dict[str, str]:
    return {data["id"]: data["html"] for data in events.of("fragment")}


@pytest.fixture
def at_its_pace(sqlite_store: Store) -> Iterator[Harness]:
    """A dashboard that reads as often as in service."""
    beat(sqlite_store)
    with running(sqlite_store, sample_interval=1.0) as harness:
        yield harness


def test_the_board_is_pushed_within_two_seconds_of_a_change(
    at_its_pace: Harness, streams: Any
) -> None:
    dashboard = at_its_pace
    events = streams(dashboard, "/live/health")
    events.wait(lambda: "queues" in fragments(events))
    assert set(fragments(events)) == {
        "verdict",
        "queues",
        "flow",
        "outbox",
        "parts",
        "feeds-brief",
        "newest",
    }
    took = []
    for depth in (4_321, 5_321, 6_321):  # the best of three: other tests share the machine
        reading = QueueReading(CLASSIFY, depth, 2.0, 1)
        dashboard.queues.reading = BrokerReading(True, {CLASSIFY: reading})
        changed = time.monotonic()
        shown = f"{depth // 1000}\u202f321"
        events.wait(lambda shown=shown: shown in fragments(events)["queues"])
        took.append(time.monotonic() - changed)
    assert min(took) < 2


def test_only_what_has_changed_is_sent_again(dashboard: Harness, streams: Any) -> None:
    events = streams(dashboard, "/live/health")
    events.wait(lambda: len(events.of("beat")) > 6)
    sent = [data["id"] for data in events.of("fragment")]
    assert sent.count("flow") <= 2
    assert sent.count("feeds-brief") <= 2


def test_a_new_alert_and_delivery_reach_their_pages(dashboard: Harness, streams: Any) -> None:
    lists = {
        "/live/alerts": "alert-list",
        "/live/deliveries": "delivery-list",
        "/live/health": "newest",
    }
    opened = {name: streams(dashboard, path) for path, name in lists.items()}
    for name, events in opened.items():
        events.wait(lambda name=name, events=events: name in fragments(events))
    record_alert(dashboard.store, make_alert(headline="Fresh off the wire", created=now()))
    for name, events in opened.items():
        events.wait(lambda n=name, e=events: "Fresh off the wire" in fragments(e)[n], within=4)


def now() -> datetime:
    return datetime.now(UTC)


def test_fifty_viewers_cost_one_sampler(at_its_pace: Harness) -> None:
    dashboard = at_its_pace
    with ExitStack() as stack:
        viewers = [Events(dashboard.base, "/live/health", dashboard.bearer()) for _ in range(50)]
        for viewer in viewers:
            stack.callback(viewer.close)
            viewer.wait(lambda viewer=viewer: "queues" in fragments(viewer), within=20)
        assert dashboard.app.state.sampler.viewers == 50
        asked = dashboard.queues.asked
        time.sleep(3)
        assert dashboard.queues.asked - asked <= 4


def test_viewers_who_leave_are_forgotten(dashboard: Harness, streams: Any) -> None:
    events = streams(dashboard, "/live/health")
    events.wait(lambda: dashboard.app.state.sampler.viewers == 1)
    events.close()
    events.wait(lambda: dashboard.app.state.sampler.viewers == 0)


def told(events: Events) -> list[str]:
    return [data["id"] for data in events.of("alert.created", "alert.updated")]


def fresh(number: int, **fields: Any) -> Alert:
    return make_alert(title=f"News {number}", sequence=number, **{"created": now(), **fields})


def test_the_stream_tells_each_alert_once_as_webhooks_do(
    any_dashboard: Harness, streams: Any
) -> None:
    old = fresh(1)
    record_alert(any_dashboard.store, old)
    any_dashboard.sampled()
    events = streams(any_dashboard, "/api/v1/alerts/stream")
    second = fresh(2)
    record_alert(any_dashboard.store, second)
    events.wait(lambda: told(events))
    time.sleep(0.7)
    assert told(events) == [second.id]
    assert [kind for kind, _, _ in events.got] == ["alert.updated"]
    assert events.got[0][2]["url"].endswith(f"/alerts/{second.id}")


def test_what_was_missed_in_a_break_comes_after_it_and_nothing_twice(
    any_dashboard: Harness, streams: Any
) -> None:
    any_dashboard.sampled()
    events = streams(any_dashboard, "/api/v1/alerts/stream")
    first = fresh(1)
    record_alert(any_dashboard.store, first)
    events.wait(lambda: told(events))
    last = events.got[-1][1]
    events.close()
    missed = [fresh(number) for number in (2, 3)]
    late = fresh(4, created=first.created - timedelta(seconds=3))  # its transaction was slow
    for alert in (*missed, late):
        record_alert(any_dashboard.store, alert)
    again = streams(any_dashboard, "/api/v1/alerts/stream", **{"last-event-id": last})
    again.wait(lambda: len(told(again)) >= 3)
    record_alert(any_dashboard.store, fresh(5))
    again.wait(lambda: len(told(again)) >= 4)
    time.sleep(0.7)
    assert told(again) == [late.id, missed[0].id, missed[1].id, fresh(5).id]


def test_a_long_break_is_made_good_beyond_what_is_kept_at_hand(
    dashboard: Harness, streams: Any
) -> None:
    dashboard.sampled()
    events = streams(dashboard, "/api/v1/alerts/stream")
    begun = fresh(1, created=now() - timedelta(seconds=1))
    record_alert(dashboard.store, begun)
    events.wait(lambda: told(events))
    last = events.got[-1][1]
    events.close()
    many = [
        fresh(number, created=begun.created + timedelta(milliseconds=number))
        for number in range(2, 702)
    ]
    for alert in many:
        record_alert(dashboard.store, alert, channels=())
    again = streams(dashboard, "/api/v1/alerts/stream", **{"last-event-id": last})
    again.wait(lambda: len(told(again)) >= 700, within=30)
    assert told(again) == [alert.id for alert in many]


def test_a_strange_last_event_id_begins_anew(dashboard: Harness) -> None:
    """An error would end the reconnecting of a browser for good."""
    headers = {**dashboard.bearer(), "last-event-id": "strange"}
    with dashboard.client.stream("GET", "/api/v1/alerts/stream", headers=headers) as answer:
        assert answer.status_code == 200


def test_a_stream_ends_when_its_token_is_revoked(sqlite_store: Store) -> None:
    shift = [timedelta(0)]
    with running(sqlite_store, clock=lambda: now() + shift[0]) as harness:
        events = Events(harness.base, "/live/health", harness.bearer())
        events.wait(lambda: events.of("beat"))
        [token] = sqlite_store.tokens()
        sqlite_store.revoke_token(token.id, now())
        shift[0] = timedelta(seconds=40)
        assert events.ended.wait(8)
        events.close()


def test_an_unknown_topic_is_none(dashboard: Harness) -> None:
    assert dashboard.client.get("/live/none", headers=dashboard.bearer()).status_code == 404


PROGRAM = """
import sys
from datetime import UTC, datetime
from tests.support.dashboards import SEAL, Queues, nothing_explained, nothing_found
from worker.dashboard import Services, create_app
from worker.dashboard.server import bind, run
from worker.store import Store
bound = bind("127.0.0.1", 0)
port = bound.getsockname()[1]
app = create_app(Services(
    store=Store.open(sys.argv[1]), probe=Queues(), clock=lambda: datetime.now(UTC),
    classify=nothing_found, explain=nothing_explained, enqueue_items=lambda ids: None,
    seal=lambda: SEAL,
    public_url=f"http://127.0.0.1:{port}",
))
print(port, flush=True)
run(app, bound)
print("ended in order", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_open_streams_do_not_hold_up_a_stop(sqlite_url: str, number: signal.Signals) -> None:
    store = Store.open(sqlite_url)
    helper = Harness(store, Queues(), None, None, "")  # type: ignore[arg-type]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, sqlite_url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    try:
        base = f"http://127.0.0.1:{int(process.stdout.readline())}"
        wait_until_up(base)
        streams = [
            Events(base, path, helper.bearer())
            for path in ("/live/health", "/live/alerts", "/api/v1/alerts/stream")
        ]
        streams[0].wait(lambda: streams[0].of("beat"))
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 3
        assert "ended in order" in process.stdout.read()
        for stream in streams:
            assert stream.ended.wait(2)
            stream.close()
    finally:
        if psutil.pid_exists(process.pid) and process.poll() is None:
            process.kill()
        store.close()


def wait_until_up(base: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            httpx.get(f"{base}/healthz")
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return
