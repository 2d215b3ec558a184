"""Signing in and out, and what other sites can make a browser do."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.support.browsers import elsewhere, fill, opened, signed_in
from tests.support.dashboards import running
from worker.domain.access import Role
from worker.store import Store


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
    with (
        signed_in(browser, store) as (harness, watched),
        elsewhere(f'<a href="{harness.base}/alerts/{alert.id}">Open</a>') as address,
    ):
        watched.page.goto(address)
        watched.page.get_by_text("Open").click()
        watched.page.wait_for_url(f"{harness.base}/alerts/{alert.id}")
        expect(watched.page.get_by_role("heading", level=1)).to_have_text(alert.headline)


def test_a_form_of_another_site_does_nothing(browser: Browser, store: Store) -> None:
    with signed_in(browser, store) as (harness, watched):
        form = f'<form method="post" action="{harness.base}/sign-out"><button>Win</button></form>'
        with elsewhere(form) as address:
            watched.page.goto(address)
            with watched.page.expect_response("**/sign-out") as answer:
                watched.page.get_by_role("button").click()
            assert answer.value.status == 403
        watched.page.goto("/")
        expect(watched.page.get_by_role("button", name="Sign out")).to_be_visible()
