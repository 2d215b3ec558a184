"""Who gets in, and what they may do."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from tests.support.dashboards import Harness, running
from tests.support.factories import make_alert
from tests.support.stores import record_alert
from worker.domain.access import Role
from worker.store import Store

OPEN = {"/healthz", "/readyz", "/metrics", "/api/openapi.json", "/sign-in", "/sign-in/state"}
# Open to who has a link that we made, and to Slack and hubs, whose signatures are checked.
SIGNED = {"/unsubscribe/health", "/feedback/health", "/slack/interactions", "/hub/health"}
_SUBSCRIPTION = "/api/v1/subscriptions/health"
NEEDS = {
    ("POST", "/api/v1/items"): Role.OPERATE,
    ("POST", "/api/v1/deliveries/replay"): Role.OPERATE,
    ("POST", "/api/v1/deliveries/health/replay"): Role.OPERATE,
    ("POST", f"{_SUBSCRIPTION}/test"): Role.OPERATE,
    ("POST", f"{_SUBSCRIPTION}/rotate-secret"): Role.ADMIN,
    ("POST", f"{_SUBSCRIPTION}/enable"): Role.ADMIN,
    ("POST", "/api/v1/subscriptions"): Role.ADMIN,
    ("POST", "/api/v1/alerts/health/feedback"): Role.OPERATE,
    ("POST", "/alerts/health/feedback"): Role.OPERATE,
    ("DELETE", "/api/v1/unwanted"): Role.ADMIN,
    ("POST", "/api/v1/feeds"): Role.ADMIN,
    ("DELETE", "/api/v1/feeds/health"): Role.ADMIN,
    ("PATCH", "/api/v1/feeds/health"): Role.OPERATE,
    ("POST", "/api/v1/feeds/health/poll"): Role.OPERATE,
    ("POST", "/api/v1/stories/health/mute"): Role.OPERATE,
    ("DELETE", "/api/v1/stories/health/mute"): Role.OPERATE,
    ("PATCH", _SUBSCRIPTION): Role.ADMIN,
    ("DELETE", _SUBSCRIPTION): Role.ADMIN,
}
BODY = {"id": "a", "title": "Nissan", "text": "Nissan and Renault."}


def routes(harness: Harness) -> list[tuple[str, str]]:
    """Every method and path; parameters filled with something that does not exist."""
    found: list[tuple[str, str]] = []

    def walk(entries: Any, prefix: str = "") -> None:
        for route in entries:
            if isinstance(route, APIRoute):
                path = re.sub(r"\{\w+\}", "health", prefix + route.path)
                found.extend((method, path) for method in route.methods or ())
            elif getattr(route, "original_router", None) is not None:
                walk(route.original_router.routes, prefix + route.include_context.prefix)

    walk(harness.app.routes)
    assert ("GET", "/api/v1/alerts") in found, found
    assert ("POST", "/api/v1/items") in found
    assert len(found) > 25
    return found


def send(client: httpx.Client, method: str, path: str, **options: Any) -> int:
    """The status alone; streams are closed at once."""
    if method in ("POST", "PATCH") and path.startswith("/api/"):
        options["json"] = BODY
    elif path == "/playground" and method == "POST":
        options["data"] = {"title": BODY["title"], "text": BODY["text"]}
    with client.stream(method, path, **options) as answer:
        return answer.status_code


def test_every_route_refuses_who_has_no_token(dashboard: Harness) -> None:
    for method, path in routes(dashboard):
        status = send(dashboard.client, method, path)
        if path in OPEN:
            assert status in (200, 422, 503), (method, path)
        elif path in SIGNED:
            assert status in (401, 404, 410, 422), (method, path)
        else:
            assert status == 401, (method, path)


def test_every_route_asks_for_the_right_role(dashboard: Harness) -> None:
    for role in Role:
        headers = dashboard.bearer(role)
        for method, path in routes(dashboard):
            if path in OPEN | SIGNED or path == "/sign-out":
                continue
            status = send(dashboard.client, method, path, headers=headers)
            needed = NEEDS.get((method, path), Role.READ)
            if role.allows(needed):
                # The body fits an item; what takes another one says so.
                assert status in (200, 202, 404, 422), (method, path, role, status)
            else:
                assert status == 403, (method, path, role)


@pytest.mark.parametrize(
    "forged",
    [
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null"},
        {},  # a browser always says something; a session without it is not to be trusted
    ],
)
def test_no_other_site_can_use_a_session(dashboard: Harness, forged: dict[str, str]) -> None:
    dashboard.sign_in(Role.ADMIN)
    for method, path in routes(dashboard):
        if method != "GET":
            status = send(dashboard.client, method, path, headers=forged)
            assert status == 403, (method, path)
    assert dashboard.client.get("/alerts").status_code == 200  # the session still stands


def test_getting_changes_nothing(dashboard: Harness, tmp_path: Path) -> None:
    alert = make_alert()
    record_alert(dashboard.store, alert)
    dashboard.sign_in(Role.ADMIN)
    before = dump(tmp_path)
    paths = [path for method, path in routes(dashboard) if method == "GET"]
    paths += [f"/playground?item={alert.item.id}"]
    paths += [f"/alerts/{alert.id}", f"/api/v1/items/{alert.item.id}", "/alerts?q=x&cursor=MTox"]
    for path in paths:
        send(dashboard.client, "GET", path)
    assert dump(tmp_path) == before


def dump(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "store.db") as connection:
        # The dashboard notes by itself, at any time, how the service fares.
        own = re.compile('INSERT INTO "?(?:marks|history)"?')
        return [line for line in connection.iterdump() if not own.match(line)]


def test_a_sign_in_link_works_once(dashboard: Harness) -> None:
    secret = dashboard.token(Role.OPERATE, kind="signin")
    form = {"token": secret, "next": "/alerts?q=Nissan"}
    headers = {"origin": dashboard.base}
    first = dashboard.client.post("/sign-in", data=form, headers=headers)
    assert (first.status_code, first.headers["location"]) == (303, "/alerts?q=Nissan")
    [cookie] = first.headers.get_list("set-cookie")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie  # loopback is served without TLS
    assert dashboard.client.get("/api/v1/session").json()["role"] == "operate"
    second = httpx.post(f"{dashboard.base}/sign-in", data=form, headers=headers)
    assert second.status_code == 403
    assert "not valid" in second.text
    assert "set-cookie" not in second.headers


def test_an_api_token_begins_sessions_as_often_as_one_likes(dashboard: Harness) -> None:
    secret = dashboard.token(Role.READ)
    for _ in range(2):
        answer = httpx.post(
            f"{dashboard.base}/sign-in",
            data={"token": f" {secret} "},
            headers={"origin": dashboard.base},
        )
        assert answer.status_code == 303
    assert dashboard.client.get("/alerts", headers={"authorization": f"Bearer {secret}"}).is_success


def test_secrets_are_good_for_what_they_are_meant_for(dashboard: Harness) -> None:
    """A session is no API token, a sign-in token neither, an API token no session."""
    dashboard.sign_in()
    [session] = dashboard.client.cookies.values()
    api = dashboard.token()
    with httpx.Client(base_url=dashboard.base) as client:
        for wrong in (session, dashboard.token(kind="signin"), "x", "é"):
            headers = [(b"authorization", f"Bearer {wrong}".encode())]
            assert client.get("/api/v1/alerts", headers=headers).status_code == 401
        client.cookies.set(dashboard.app.state.gate.cookie, api)
        assert client.get("/api/v1/alerts").status_code == 401


def test_nothing_secret_is_kept(dashboard: Harness, tmp_path: Path) -> None:
    secret = dashboard.token(kind="signin")
    dashboard.client.post("/sign-in", data={"token": secret}, headers={"origin": dashboard.base})
    [session] = dashboard.client.cookies.values()
    kept = "\n".join(dump(tmp_path))
    assert secret not in kept
    assert session not in kept


def test_signing_out_ends_the_session_for_good(dashboard: Harness) -> None:
    dashboard.sign_in()
    cookies = dict(dashboard.client.cookies)
    assert dashboard.client.get("/alerts").status_code == 200
    answer = dashboard.client.post("/sign-out", headers={"origin": dashboard.base})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    with httpx.Client(base_url=dashboard.base, cookies=cookies) as thief:
        assert thief.get("/api/v1/session").status_code == 401
    actions = [entry.action for entry in dashboard.store.audit_log(10)]
    assert actions == ["sign_out", "sign_in"]


def test_a_revoked_or_expired_token_lets_nobody_in(sqlite_store: Store) -> None:
    moments = [datetime.now(UTC)]
    with running(sqlite_store, clock=lambda: moments[-1]) as harness:
        revoked, session_of = harness.token(), harness.token()
        headers = {"authorization": f"Bearer {revoked}"}
        assert harness.client.get("/api/v1/alerts", headers=headers).status_code == 200
        harness.client.post(
            "/sign-in", data={"token": session_of}, headers={"origin": harness.base}
        )
        assert harness.client.get("/api/v1/session").status_code == 200
        [token_id] = [
            token.id for token in sqlite_store.tokens() if revoked.startswith(token.prefix)
        ]
        sqlite_store.revoke_token(token_id, moments[-1])
        moments.append(moments[-1] + timedelta(seconds=6))
        assert harness.client.get("/api/v1/alerts", headers=headers).status_code == 401
        moments.append(moments[-1] + timedelta(days=8))
        assert harness.client.get("/api/v1/session").status_code == 401


def test_people_are_led_to_the_sign_in_page_and_back(dashboard: Harness) -> None:
    page = {"accept": "text/html"}
    answer = dashboard.client.get("/alerts?q=a%26b", headers=page)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/alerts%3Fq%3Da%2526b"
    sign_in = dashboard.client.get(answer.headers["location"], headers=page)
    assert 'name="next" value="/alerts?q=a%26b"' in sign_in.text
    program = dashboard.client.get("/alerts")
    assert program.status_code == 401
    assert program.headers["content-type"] == "application/problem+json"
    assert program.headers["www-authenticate"].startswith("Bearer")


def test_the_cookie_is_for_tls_alone_where_there_is_tls(sqlite_store: Store) -> None:
    with running(sqlite_store, public_url="https://watch.example") as harness:
        answer = harness.client.post(
            "/sign-in",
            data={"token": harness.token(kind="signin")},
            headers={"origin": "https://watch.example"},
        )
        [cookie] = answer.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-aw_session=")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert "strict-transport-security" in answer.headers


def test_every_answer_carries_the_policy(dashboard: Harness) -> None:
    for path in ("/healthz", "/sign-in", "/nowhere", "/api/v1/alerts", "/static/board.css"):
        headers = dashboard.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "server" not in headers
        if not path.startswith("/static"):
            assert headers["cache-control"] == "no-store"


def test_the_use_of_a_token_is_noted_apart_from_the_request(dashboard: Harness) -> None:
    assert dashboard.client.get("/api/v1/alerts", headers=dashboard.bearer()).is_success
    assert [token.last_used for token in dashboard.store.tokens()] == [None]
    dashboard.app.state.gate.note_use()
    assert [token.last_used is not None for token in dashboard.store.tokens()] == [True]


def test_who_has_no_token_learns_nothing_of_what_is_wrong_with_the_body(
    dashboard: Harness,
) -> None:
    for path in ("/api/v1/items", "/api/v1/classify", "/api/v1/explain", "/playground"):
        for content in (b"{", b"<a/>", b""):
            assert dashboard.client.post(path, content=content).status_code == 401
