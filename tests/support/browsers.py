"""A real browser before the dashboard.

CHROMIUM                    where Debian's Chromium is; None where it is not installed
opened(browser, harness)    a `Watched`: a page of its own whose complaints and requests are noted
sign_in(watched, harness)   the page with a session that may operate
signed_in(browser, store)   a dashboard and a page of it, signed in
elsewhere(body)             the address of a page on another site
remember(store)             an hour of figures for the charts
fill(store)                 something of everything that the dashboard shows
"""

from __future__ import annotations

import http.server
import math
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Request

from tests.support.dashboards import Harness, beat, make_part, running
from tests.support.factories import evidence_in, make_alert, make_event, make_item, make_update
from tests.support.stores import record_alert
from worker.domain import ids
from worker.domain.access import Role
from worker.domain.alert import Alert, Severity
from worker.domain.delivery import DeliveryState, Outcome, Verdict
from worker.domain.event import Status
from worker.domain.feed import Feed
from worker.domain.history import Mark, Point, begin
from worker.store import Store

CHROMIUM = shutil.which("chromium")

TEXT = (
    "YOKOHAMA, March 2 🚗 - Nissan is in talks to cut its stake in Mitsubishi Motors to 24% "
    "from 34%, two people close to the matter said on Monday.\n\nThe carmakers declined to comment."
)


@dataclass
class Watched:
    """A page whose complaints and requests are noted."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def off_origin(self) -> list[str]:
        ours = urlsplit(self.base).netloc
        return [
            request.url
            for request in self.requests
            if urlsplit(request.url).scheme not in ("data", "blob")
            and urlsplit(request.url).netloc != ours
        ]


@contextmanager
def opened(browser: Browser, harness: Harness, **options: Any) -> Iterator[Watched]:
    context = browser.new_context(base_url=harness.base, reduced_motion="reduce", **options)
    try:
        page = context.new_page()
        watched = Watched(page, harness.base)
        page.on(
            "console",
            lambda message: (
                watched.complaints.append(message.text)
                if message.type in ("error", "warning")
                else None
            ),
        )
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        page.on("request", lambda request: watched.requests.append(request))
        yield watched
    finally:
        context.close()


def sign_in(watched: Watched, harness: Harness) -> None:
    watched.page.goto(f"/sign-in#{harness.token(Role.OPERATE, kind='signin')}")
    watched.page.wait_for_url(f"{harness.base}/")


@contextmanager
def signed_in(browser: Browser, store: Store, **services: Any) -> Iterator[tuple[Harness, Watched]]:
    """A dashboard over `store`, and a page with a session of it."""
    with running(store, **services) as harness, opened(browser, harness) as watched:
        sign_in(watched, harness)
        yield harness, watched


@contextmanager
def elsewhere(body: str) -> Iterator[str]:
    """A page on another site: localhost and 127.0.0.1 are two to a browser."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><body>{body}".encode())

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def remember(store: Store) -> None:
    """An hour of figures, with a gap and a new version in it."""
    step = timedelta(seconds=10)
    first = begin(datetime.now(UTC), step) - timedelta(hours=1)
    for number in range(360):
        if 200 <= number < 230:
            continue
        depth = 40 * (1 + math.sin(number / 20))
        figures = {
            "queue_depth.classify": depth,
            "queue_age.classify": depth / 10,
            "due": depth / 4,
            "due_age": 1.0,
            "seen": 12 + number % 5,
            "classified": 11 + number % 7,
            "latency_p50": 0.8,
            "latency_p95": 1.4 + (number % 9) / 10,
            "memory.poller": 96.0,
            "memory.worker-classify": 420.0,
        }
        store.add_point(step, Point(first + number * step, figures))
    store.add_mark(Mark(first + 180 * step, "version", "0.1.0"))


def fill(store: Store) -> tuple[Alert, str]:
    """Something of everything: an update with evidence, feeds well and failing, attempts."""
    now = datetime.now(UTC)
    beat(store)
    remember(store)
    store.beat(make_part("worker-classify", silent=timedelta(seconds=48), pid=9))
    for name, url in (
        ("Example Wire", "https://wire.example/rss"),
        ("Presse", "https://p.example"),
    ):
        store.add_feed(Feed(ids.feed_id(url), url, name), now)
    item = make_item(text=TEXT)
    event = make_event(
        item=item,
        evidence=(
            evidence_in(item, "Nissan is in talks to cut its stake in Mitsubishi Motors to 24%"),
            evidence_in(item, "24%", role="to_pct"),
            evidence_in(item, "two people close to the matter", role="attribution"),
        ),
    )
    first = make_alert(item=item, event=event, created=now - timedelta(minutes=5))
    record_alert(store, first, channels=("desk", "hook"), now=first.created)
    [(claimed, *_)] = [store.claim_deliveries(now, lease=timedelta(minutes=1), limit=1)]
    verdict = Verdict(Outcome.PERMANENT, "HTTP 404", status_code=404, answer="<b>gone</b>")
    store.settle(claimed, verdict, state=DeliveryState.EXHAUSTED, next_attempt_at=None, now=now)
    record_alert(store, make_update(created=now - timedelta(minutes=1)), now=now)
    for number, status in enumerate(Status, start=3):  # every colour
        told = make_alert(
            title=f"News {number}",
            sequence=number,
            status=status,
            severity=list(Severity)[number % 3],
            created=now - timedelta(hours=number),
        )
        record_alert(store, told, now=now)
    return first, claimed.delivery.id
