"""The dashboard in a real browser: every page, both themes, from a phone to a desk."""

from __future__ import annotations

import http.server
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from tests.support.dashboards import Harness, Queues, beat, make_part, running
from tests.support.factories import evidence_in, make_alert, make_event, make_item, make_update
from tests.support.stores import record_alert
from worker import classify
from worker.broker import CLASSIFY, BrokerReading, QueueReading
from worker.dashboard.server import LazyClassifier
from worker.domain import ids
from worker.domain.access import Role
from worker.domain.alert import Alert, Severity
from worker.domain.delivery import DeliveryState, Outcome, Verdict
from worker.domain.event import Status
from worker.domain.feed import Feed
from worker.store import Store

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="Debian's chromium is not installed (apt-get install chromium)"
)

SIZES = {"phone": (320, 640), "desk": (1280, 900)}
TEXT = (
    "YOKOHAMA, March 2 🚗 - Nissan is in talks to cut its stake in Mitsubishi Motors to 24% "
    "from 34%, two people close to the matter said on Monday.\n\nThe carmakers declined to comment."
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def classifier() -> LazyClassifier:
    rules = Path(__file__).parents[2] / "rules"
    return LazyClassifier(lambda: classify.load([rules]))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    store.upgrade()
    yield store
    store.close()


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


def fill(store: Store) -> tuple[Alert, str]:
    """Something of everything: an update with evidence, feeds well and failing, attempts."""
    now = datetime.now(UTC)
    beat(store)
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


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_every_page_is_accessible_and_asks_nobody_else(
    browser: Browser, store: Store, classifier: LazyClassifier, size: str, theme: Any
) -> None:
    alert, delivery = fill(store)
    width, height = SIZES[size]
    with (
        running(store, explain=classifier.explain) as harness,
        opened(
            browser, harness, viewport={"width": width, "height": height}, color_scheme=theme
        ) as watched,
    ):
        page = watched.page
        page.goto("/sign-in")
        check_page(page, "/sign-in")
        sign_in(watched, harness)
        for path in (
            "/",
            "/alerts",
            "/alerts?q=nothing+fits",
            f"/alerts/{alert.id}",
            "/feeds",
            "/deliveries",
            f"/deliveries/{delivery}",
            "/playground",
            f"/playground?item={alert.item.id}",
        ):
            page.goto(path)
            if page.locator("body[data-live]").count():
                expect(page.locator("#live-state")).to_be_visible()
            check_page(page, path)
        for details in page.locator(".rule details:not([open]) > summary").all():
            details.click()
        check_page(page, "every account of the playground")
        assert watched.complaints == []
        assert watched.off_origin() == []
        page.get_by_label("Text").fill("")
        page.get_by_label("Title").fill("")
        page.get_by_role("button", name="Try").click()
        expect(page.get_by_role("alert")).to_contain_text("There is nothing to look at")
        check_page(page, "an empty form of the playground")
        page.goto("/nowhere")
        check_page(page, "/nowhere")


def check_page(page: Page, path: str) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, f"{path}\n{results.generate_report()}"
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide == 0, f"{path} is {wide} px wider than the window"


def test_a_page_costs_little(browser: Browser, store: Store) -> None:
    fill(store)
    with running(store) as harness, opened(browser, harness) as watched:
        sign_in(watched, harness)
        watched.requests.clear()
        watched.page.goto("/")
        sizes = [
            request.sizes()["responseBodySize"]
            for request in watched.requests
            # What the page before was still loading when it was left is no part of this one.
            if "/live/" not in request.url and request.failure is None
        ]
        assert 0 < sum(sizes) < 100_000


def test_the_sign_in_link_leaves_nothing_behind_in_the_address(
    browser: Browser, store: Store
) -> None:
    with running(store) as harness, opened(browser, harness) as watched:
        secret = harness.token(kind="signin")
        watched.page.goto(f"/sign-in#{secret}")
        watched.page.wait_for_url(f"{harness.base}/")
        assert all(secret not in request.url for request in watched.requests)
        watched.page.go_back()
        assert secret not in watched.page.url
        cookies = watched.page.context.cookies()
        assert [(cookie["httpOnly"], cookie["sameSite"]) for cookie in cookies] == [
            (True, "Strict")
        ]
        watched.page.goto("/")
        watched.page.get_by_role("button", name="Sign out").click()
        expect(watched.page.get_by_label("Token")).to_be_visible()
        watched.page.goto("/alerts?q=x")
        expect(watched.page.get_by_label("Token")).to_be_visible()
        watched.page.get_by_label("Token").fill("wrong")
        watched.page.get_by_role("button", name="Sign in").click()
        expect(watched.page.get_by_role("alert")).to_contain_text("not valid")
        watched.page.get_by_label("Token").fill(harness.token(Role.READ))
        watched.page.get_by_role("button", name="Sign in").click()
        watched.page.wait_for_url(f"{harness.base}/alerts?q=x")


def test_a_link_in_a_message_leads_to_its_alert_though_cookies_stay_behind(
    browser: Browser, store: Store
) -> None:
    alert, _ = fill(store)
    with running(store) as harness, opened(browser, harness) as watched:
        sign_in(watched, harness)
        with elsewhere(f'<a href="{harness.base}/alerts/{alert.id}">Open</a>') as address:
            watched.page.goto(address)
            watched.page.get_by_text("Open").click()
            watched.page.wait_for_url(f"{harness.base}/alerts/{alert.id}")
            expect(watched.page.get_by_role("heading", level=1)).to_have_text(alert.headline)


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


def test_a_form_of_another_site_does_nothing(browser: Browser, store: Store) -> None:
    with running(store) as harness, opened(browser, harness) as watched:
        sign_in(watched, harness)
        form = f'<form method="post" action="{harness.base}/sign-out"><button>Win</button></form>'
        with elsewhere(form) as address:
            watched.page.goto(address)
            with watched.page.expect_response("**/sign-out") as answer:
                watched.page.get_by_role("button").click()
            assert answer.value.status == 403
        watched.page.goto("/")
        expect(watched.page.get_by_role("button", name="Sign out")).to_be_visible()


def test_pages_move_by_themselves(browser: Browser, store: Store) -> None:
    fill(store)
    with running(store) as harness, opened(browser, harness) as watched:
        page = watched.page
        sign_in(watched, harness)
        expect(page.locator("#live-state")).to_be_visible()
        harness.queues.reading = BrokerReading(
            True, {CLASSIFY: QueueReading(CLASSIFY, 4_321, 2.0, 1)}
        )
        row = page.get_by_role("row", name="classify").first
        expect(row).to_contain_text("4\u202f321", timeout=6_000)
        page.goto("/alerts")
        expect(page.locator("#live-state")).to_be_visible()
        link = page.locator(".what").first
        link.focus()
        focused = page.evaluate("document.activeElement.getAttribute('href')")
        alert = make_alert(
            title="Another", sequence=20, headline="Fresh off the wire", created=datetime.now(UTC)
        )
        record_alert(store, alert)
        expect(page.locator(".what").first).to_have_text("Fresh off the wire", timeout=8_000)
        # Whoever was reading with the keyboard is still where they were.
        assert page.evaluate("document.activeElement.getAttribute('href')") == focused
        assert watched.complaints == []


def test_a_stale_page_says_so_and_recovers(browser: Browser, store: Store) -> None:
    beat(store)
    with running(store) as harness, opened(browser, harness) as watched:
        page = watched.page
        sign_in(watched, harness)
        expect(page.locator("#live-state")).to_be_visible()
        page.context.set_offline(True)
        harness.app.state.sampler.stop()  # ends the open streams, as a stop of the service does
        expect(page.locator("#stale")).to_contain_text("Stale since", timeout=8_000)
        expect(page.locator("#live-state")).to_be_hidden()
        harness.app.state.sampler.stopping = False
        page.context.set_offline(False)
        expect(page.locator("#stale")).to_be_hidden(timeout=12_000)
        expect(page.locator("#live-state")).to_be_visible()


def test_a_hidden_page_pauses(browser: Browser, store: Store) -> None:
    beat(store)
    with running(store) as harness, opened(browser, harness) as watched:
        page = watched.page
        sign_in(watched, harness)
        expect(page.locator("#live-state")).to_be_visible()
        assert harness.app.state.sampler.viewers == 1
        hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
        say = "document.dispatchEvent(new Event('visibilitychange'))"
        page.evaluate(hide % "true" + say)
        wait_for_viewers(page, harness, 0)
        page.evaluate(hide % "false" + say)
        wait_for_viewers(page, harness, 1)


def wait_for_viewers(page: Page, harness: Harness, number: int) -> None:
    for _ in range(80):
        if harness.app.state.sampler.viewers == number:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{harness.app.state.sampler.viewers} viewers, not {number}")


def test_everything_is_there_without_scripts(browser: Browser, store: Store) -> None:
    alert, _ = fill(store)
    with (
        running(store, probe=Queues()) as harness,
        opened(browser, harness, java_script_enabled=False) as watched,
    ):
        harness.sampled()
        page = watched.page
        page.goto("/alerts")
        page.get_by_label("Token").fill(harness.token(Role.READ))
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(f"{harness.base}/alerts")
        page.get_by_label("Status").select_option("negotiating")
        page.get_by_role("button", name="Show").click()
        page.get_by_role("link", name=alert.headline).first.click()
        expect(page).to_have_url(f"{harness.base}/alerts/{alert.id}")
        expect(page.locator(".text mark.proof").first).to_contain_text("Nissan is in talks")
        assert page.locator(".text").text_content() == TEXT
        page.goto("/")
        expect(page.get_by_role("row", name="worker-deliver")).to_contain_text("up")
        expect(page.locator("#verdict")).to_contain_text("has not reported for")


def test_the_keyboard_reaches_everything(browser: Browser, store: Store) -> None:
    fill(store)
    with running(store) as harness, opened(browser, harness) as watched:
        page = watched.page
        sign_in(watched, harness)
        page.goto("/alerts")
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        for _ in range(6):  # four filters, their button, the first alert
            page.keyboard.press("Tab")
        expect(page.locator(".what").first).to_be_focused()
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Where it stands")).to_be_visible()


def test_the_playground_answers_in_place(
    browser: Browser, store: Store, classifier: LazyClassifier
) -> None:
    with (
        running(store, explain=classifier.explain) as harness,
        opened(browser, harness) as watched,
    ):
        page = watched.page
        sign_in(watched, harness)
        page.get_by_role("link", name="Try rules").click()
        page.get_by_label("Title").focus()
        page.keyboard.type("Nissan in talks")
        page.keyboard.press("Tab")
        page.keyboard.insert_text(TEXT)
        count = f"{len(TEXT)} of at most 20\u202f000 characters"  # code points, as the server
        expect(page.locator("#trial-count")).to_have_text(count)
        watched.requests.clear()
        page.keyboard.press("Control+Enter")
        expect(page.locator("#h-found")).to_have_text("1 event found")
        expect(page.locator("#h-found")).to_be_focused()
        expect(page.locator(".events h3")).to_contain_text("Mitsubishi Motors")
        assert page.locator(".text").text_content() == TEXT
        marked = page.locator(".text mark.tone-who").all_text_contents()
        assert {"Nissan", "Mitsubishi Motors"} <= set(marked)
        # Nothing but the answer was fetched, and the page is still the same one.
        assert [(request.method, request.resource_type) for request in watched.requests] == [
            ("POST", "fetch")
        ]
        page.get_by_label("Language").select_option("fr")
        page.get_by_label("Text").fill("x" * 20_001)
        page.get_by_role("button", name="Try").click()
        expect(page.get_by_role("alert")).to_contain_text("at most 20\u202f000 are taken")
        expect(page.get_by_label("Text")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("Text")).to_have_value("x" * 20_001)
        page.get_by_label("Text").fill("Rien de nouveau.")
        page.get_by_role("button", name="Try").click()
        expect(page.locator("#h-found")).to_have_text("No event found")
        expect(page.get_by_role("alert")).to_be_hidden()
        expect(page.get_by_label("Text")).not_to_have_attribute("aria-invalid", "true")
        assert [line for line in watched.complaints if "422" not in line] == []


def test_the_playground_keeps_the_text_when_the_session_is_over(
    browser: Browser, store: Store, classifier: LazyClassifier
) -> None:
    with (
        running(store, explain=classifier.explain) as harness,
        opened(browser, harness) as watched,
    ):
        page = watched.page
        sign_in(watched, harness)
        page.goto("/playground")
        page.get_by_label("Text").fill("A long text of mine")
        page.context.clear_cookies()
        page.get_by_role("button", name="Try").click()
        expect(page.get_by_role("alert")).to_contain_text("Your session has ended")
        expect(page.get_by_label("Text")).to_have_value("A long text of mine")


def test_why_leads_from_an_alert_to_the_rules_without_scripts(
    browser: Browser, store: Store, classifier: LazyClassifier
) -> None:
    alert, _ = fill(store)
    with (
        running(store, explain=classifier.explain) as harness,
        opened(browser, harness, java_script_enabled=False) as watched,
    ):
        page = watched.page
        page.goto(f"/alerts/{alert.id}")
        page.get_by_label("Token").fill(harness.token(Role.READ))
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Why?").click()
        expect(page.get_by_label("Text")).to_have_value(TEXT)
        expect(page.locator("#rule-equity-change")).to_contain_text("fired")
        page.get_by_label("Text").fill(
            "Nissan has agreed to cut its stake in Mitsubishi Motors to 24%, the companies said."
        )
        page.get_by_role("button", name="Try").click()
        expect(page.locator(".events h3")).to_contain_text("Nissan agrees to cut its stake")
        assert watched.off_origin() == []
