"""Every page in both themes, from a phone to a desk, by keyboard and without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.browsers import TEXT, fill, opened, sign_in, signed_in
from tests.support.dashboards import Queues, running
from worker.dashboard.server import LazyClassifier
from worker.domain.access import Role
from worker.store import Store

SIZES = {"phone": (320, 640), "desk": (1280, 900)}


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
            "/history",
            "/history?span=30d",
            "/playground",
            f"/playground?item={alert.item.id}",
        ):
            page.goto(path)
            if page.locator("body[data-live]").count():
                expect(page.locator("#live-state")).to_be_visible()
            if path == "/history":
                expect(page.locator(".chart canvas").first).to_be_visible()
            check_page(page, path)
        closed = page.locator(".rule details:not([open]) > summary")
        for _ in range(closed.count()):  # each that is opened leaves the list
            closed.first.click()
        expect(closed).to_have_count(0)
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
    with signed_in(browser, store) as (_, watched):
        watched.requests.clear()
        watched.page.goto("/")
        sizes = [
            request.sizes()["responseBodySize"]
            for request in watched.requests
            # What the page before was still loading when it was left is no part of this one.
            if "/live/" not in request.url and request.failure is None
        ]
        assert 0 < sum(sizes) < 100_000


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
    with signed_in(browser, store) as (_, watched):
        page = watched.page
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
