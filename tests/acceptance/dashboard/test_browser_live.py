"""Pages that move by themselves, and say so when they cannot."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.sync_api import Browser, Page, expect

from tests.support.browsers import fill, signed_in
from tests.support.dashboards import Harness, beat
from tests.support.factories import make_alert
from tests.support.stores import record_alert
from worker.broker import CLASSIFY, BrokerReading, QueueReading
from worker.store import Store


def test_pages_move_by_themselves(browser: Browser, store: Store) -> None:
    fill(store)
    with signed_in(browser, store) as (harness, watched):
        page = watched.page
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
    with signed_in(browser, store) as (harness, watched):
        page = watched.page
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
    with signed_in(browser, store) as (harness, watched):
        page = watched.page
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
