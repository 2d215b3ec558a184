"""Trying the rules in a browser."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.support.browsers import TEXT, fill, opened, signed_in
from tests.support.dashboards import running
from worker.dashboard.server import LazyClassifier
from worker.domain.access import Role
from worker.store import Store


def test_the_playground_answers_in_place(
    browser: Browser, store: Store, classifier: LazyClassifier
) -> None:
    with signed_in(browser, store, explain=classifier.explain) as (_, watched):
        page = watched.page
        page.get_by_role("link", name="Try rules").click()
        page.get_by_label("Title").focus()
        page.keyboard.type("Nissan in talks")
        page.keyboard.press("Tab")
        page.keyboard.insert_text(TEXT)
        count = f"{len(TEXT)} of at most 20\u202f000 characters"  # code points, as the server
        expect(page.locator("#trial-count")).to_have_text(count)
        watched.requests.clear()
        page.keyboard.press("Control+Enter")
        expect(page.locator("#h-found")).to_have_text("1 event found", timeout=30_000)
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
    with signed_in(browser, store, explain=classifier.explain) as (_, watched):
        page = watched.page
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
