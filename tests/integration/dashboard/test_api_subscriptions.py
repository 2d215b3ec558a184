"""Subscribers who serve themselves, on real databases behind a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import standardwebhooks
import svix.webhooks

from tests.support.dashboards import SEAL, Harness
from tests.support.factories import make_alert
from tests.support.receivers import WebhookReceiver
from tests.support.stores import record_alert
from worker import pipeline
from worker.channels import EndpointChannels
from worker.domain import ids
from worker.domain.access import Role
from worker.domain.delivery import DeliveryState, Outcome, RetryPolicy
from worker.net import Outbound

POLICY = RetryPolicy((timedelta(seconds=5), timedelta(minutes=1)), timedelta(hours=72))
ADMIN, OPERATE, READ = Role.ADMIN, Role.OPERATE, Role.READ
URL = "https://desk.example/hooks/very-secret-path-0123456789"


def call(
    harness: Harness,
    method: str,
    path: str,
    body: Any = None,
    *,
    role: Role = ADMIN,
    status: int = 200,
    **headers: str,
) -> Any:
    answer = harness.client.request(
        method,
        f"/api/v1{path}",
        json=body,
        headers={**harness.bearer(role), **{k.replace("_", "-"): v for k, v in headers.items()}},
    )
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
    return answer.json() if answer.content else None


def create(harness: Harness, url: str = URL, **keys: Any) -> Any:
    return call(harness, "POST", "/subscriptions", {"url": url, **keys}, status=201)


def send_due(harness: Harness, *, later: timedelta = timedelta(0)) -> list[Outcome]:
    """What a worker does with everything that is due."""

    async def send() -> list[Outcome]:
        async with Outbound(allow=["127.0.0.0/8"]) as out:
            channels = EndpointChannels(out, SEAL, timeout=5, clock=lambda: datetime.now(UTC))
            done: list[Outcome] = []
            now = datetime.now(UTC) + later
            while claims := harness.store.claim_deliveries(
                now, lease=timedelta(seconds=60), limit=50
            ):
                for claimed in claims:
                    settlement = await pipeline.deliver(
                        claimed,
                        channel_of=lambda c: channels.channel(c.endpoint) if c.endpoint else None,
                        policy=POLICY,
                        public_url=harness.base,
                        clock=lambda: datetime.now(UTC),
                    )
                    assert harness.store.settle_many([settlement], now) == [True]
                    done.append(settlement.verdict.outcome)
            return done

    return asyncio.run(send())


def owe_alert(harness: Harness, subscription: Any, title: str = "News") -> str:
    """An alert for a subscriber, as the pipeline records it."""
    alert = make_alert(title=title, story_id=ids.story_id("equity-change", [title]))
    now = datetime.now(UTC)
    [delivery] = record_alert(
        harness.store,
        alert,
        channels=(subscription["channel"],),
        now=now,
        subscription=subscription["id"],
    )
    return delivery


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as server:
        yield server


def subscribed(harness: Harness, receiver: WebhookReceiver, **keys: Any) -> Any:
    """A subscriber whose endpoint has answered its test."""
    made = create(harness, receiver.url, **keys)
    receiver.secret = made["secret"]
    assert send_due(harness) == [Outcome.DELIVERED]
    return call(harness, "GET", f"/subscriptions/{made['id']}", role=READ)


def test_an_endpoint_that_answers_its_test_is_active(
    any_dashboard: Harness, receiver: WebhookReceiver
) -> None:
    made = create(any_dashboard, receiver.url, name="Desk", rules=["equity-change"])
    assert (made["state"], made["name"], made["rules"]) == ("unverified", "Desk", ["equity-change"])
    assert made["secret"].startswith("whsec_")
    [owed] = any_dashboard.owing
    assert (owed.channel, owed.delivery_id) == (made["channel"], made["test_delivery"])
    shown = call(any_dashboard, "GET", f"/subscriptions/{made['id']}", role=READ)
    assert "secret" not in shown
    receiver.secret = made["secret"]
    assert send_due(any_dashboard) == [Outcome.DELIVERED]
    [message] = receiver.received
    assert message.json["type"] == "subscription.test"
    assert message.json["data"]["subscription_id"] == made["id"]
    assert message.message_id == made["test_delivery"]
    shown = call(any_dashboard, "GET", f"/subscriptions/{made['id']}", role=READ)
    assert shown["state"] == "active"
    assert shown["verified"]
    assert shown["health"]["circuit"] == "closed"


def test_alerts_are_held_until_the_endpoint_has_answered(
    any_dashboard: Harness, receiver: WebhookReceiver
) -> None:
    made = create(any_dashboard, receiver.url)
    held = owe_alert(any_dashboard, made)
    assert send_due(any_dashboard) == [Outcome.RETRY], "the receiver does not know the secret yet"
    now = datetime.now(UTC)
    assert any_dashboard.store.overdue_deliveries(now, queued_before=now, limit=9) == []
    receiver.secret = made["secret"]
    later = timedelta(seconds=10)
    assert send_due(any_dashboard, later=later) == [Outcome.DELIVERED, Outcome.DELIVERED]
    assert receiver.ids == [made["test_delivery"], held]


def test_nothing_secret_is_shown_stored_or_noted(any_dashboard: Harness) -> None:
    made = create(any_dashboard)
    rotated = call(any_dashboard, "POST", f"/subscriptions/{made['id']}/rotate-secret")
    listed = call(any_dashboard, "GET", "/subscriptions", role=READ)
    noted = [str(entry) for entry in any_dashboard.store.audit_log(50)]
    hidden = (made["secret"], rotated["secret"], "very-secret-path")
    for text in (str(listed), str(noted)):
        assert not any(secret in text for secret in hidden)
    assert listed["items"][0]["url"] == "https://desk.example/…"
    row = any_dashboard.store.subscriber(made["id"])
    assert not any(secret in repr(row) for secret in hidden)


def test_every_change_is_on_record_and_needs_its_role(any_dashboard: Harness) -> None:
    made = create(any_dashboard)
    path = f"/subscriptions/{made['id']}"
    changes: list[tuple[str, str, Any, Role, int]] = [
        ("PATCH", path, {"name": "Other"}, ADMIN, 200),
        ("POST", f"{path}/rotate-secret", None, ADMIN, 200),
        ("POST", f"{path}/test", None, OPERATE, 202),
        ("PATCH", path, {"enabled": False}, ADMIN, 200),
        ("POST", f"{path}/enable", None, ADMIN, 202),
        ("DELETE", path, None, ADMIN, 204),
    ]
    weaker = {ADMIN: OPERATE, OPERATE: READ}
    for method, where, body, role, _ in changes:
        call(any_dashboard, method, where, body, role=weaker[role], status=403)
    call(any_dashboard, "POST", "/subscriptions", {"url": URL}, role=OPERATE, status=403)
    for method, where, body, role, status in changes:
        call(any_dashboard, method, where, body, role=role, status=status)
    noted = [entry.action for entry in any_dashboard.store.audit_log(50)][::-1]
    assert noted == [
        "create_subscription",
        "change_subscription",
        "rotate_secret",
        "test_subscription",
        "change_subscription",
        "disable_subscription",
        "enable_subscription",
        "delete_subscription",
    ]
    call(any_dashboard, "GET", path, role=READ, status=404)
    call(any_dashboard, "PATCH", path, {"name": "x"}, status=404)
    call(any_dashboard, "POST", f"{path}/test", status=404)
    assert call(any_dashboard, "GET", "/subscriptions", role=READ)["items"] == []


def test_both_secrets_sign_until_the_overlap_is_over(
    any_dashboard: Harness, receiver: WebhookReceiver
) -> None:
    made = subscribed(any_dashboard, receiver)
    old = receiver.secret
    path = f"/subscriptions/{made['id']}/rotate-secret"
    rotated = call(any_dashboard, "POST", path, {"overlap_seconds": 3600})
    assert [each["until"] is None for each in rotated["signing_secrets"]] == [True, False]
    owe_alert(any_dashboard, made)
    assert send_due(any_dashboard) == [Outcome.DELIVERED]
    message = receiver.received[-1]
    assert len(message.signatures) == 2
    for secret in (old, rotated["secret"]):
        standardwebhooks.Webhook(secret).verify(message.body, dict(message.headers))
        svix.webhooks.Webhook(secret).verify(message.body, dict(message.headers))
    newest = call(any_dashboard, "POST", path, {"overlap_seconds": 0})["secret"]
    receiver.secret = newest
    owe_alert(any_dashboard, made, "Other news")
    assert send_due(any_dashboard) == [Outcome.DELIVERED]
    assert len(receiver.received[-1].signatures) == 1


def test_the_same_request_again_is_answered_as_before(any_dashboard: Harness) -> None:
    token = any_dashboard.token(ADMIN)

    def post(path: str, body: Any, key: str, bearer: str = token) -> httpx.Response:
        headers = {"authorization": f"Bearer {bearer}", "idempotency-key": key}
        return any_dashboard.client.post(f"/api/v1{path}", json=body, headers=headers)

    first, again = (post("/subscriptions", {"url": URL}, "k1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(call(any_dashboard, "GET", "/subscriptions")["items"]) == 1
    other = post("/subscriptions", {"url": "https://other.example/"}, "k1")
    assert other.status_code == 422
    assert post("/subscriptions", {"url": URL}, "k2").json()["id"] != first.json()["id"]
    stranger = post("/subscriptions", {"url": URL}, "k1", any_dashboard.token(ADMIN))
    assert stranger.json()["id"] != first.json()["id"]
    rotate = f"/subscriptions/{first.json()['id']}/rotate-secret"
    assert post(rotate, None, "k1").json() == post(rotate, None, "k1").json()
    assert post("/subscriptions", {"url": "ftp://x.example"}, "k3").status_code == 422
    assert post("/subscriptions", {"url": "ftp://x.example"}, "k3").status_code == 422
    known = any_dashboard.store.begin_request("req_x", "d", datetime.now(UTC))
    assert known is None
    assert any_dashboard.store.forget_requests(datetime.now(UTC)) >= 4
    assert post("/subscriptions", {"url": URL}, "k1").status_code == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "ftp://x.example"}, "url"),
        ({"url": "https://x.example", "quiet_hours": "at night"}, "quiet_hours"),
        ({"url": "https://x.example", "timezone": "Mars/Base"}, "timezone"),
        ({"url": "https://x.example", "min_confidence": 2}, "min_confidence"),
        ({"url": "https://x.example", "min_status": "sure"}, "min_status"),
        ({"url": "https://x.example", "colour": "red"}, "colour"),
        ({"url": "https://x.example", "delivery": "digest", "digest_at": []}, "digest_at"),
        ({}, "url"),
    ],
)
def test_what_cannot_be_is_named(dashboard: Harness, body: Any, field: str) -> None:
    problem = call(dashboard, "POST", "/subscriptions", body, status=422)
    assert field in [error["field"] for error in problem["errors"]]
    assert call(dashboard, "GET", "/subscriptions")["items"] == []


def test_another_address_has_to_prove_itself_and_nothing_else_has_to(
    any_dashboard: Harness, receiver: WebhookReceiver
) -> None:
    made = subscribed(any_dashboard, receiver)
    path = f"/subscriptions/{made['id']}"
    wanted = {"companies": ["nissan"], "quiet_hours": "22:00-06:30", "min_status": "agreed"}
    changed = call(any_dashboard, "PATCH", path, wanted)
    assert changed["state"] == "active"
    assert (changed["companies"], changed["quiet_hours"]) == (["nissan"], "22:00-06:30")
    assert changed["rules"] == []
    [known] = any_dashboard.store.subscriptions()
    assert (known.companies, known.id) == (("nissan",), made["id"])
    with WebhookReceiver(receiver.secret, path="/moved") as moved:
        assert call(any_dashboard, "PATCH", path, {"url": moved.url})["state"] == "unverified"
        owe_alert(any_dashboard, made)
        assert send_due(any_dashboard) == [Outcome.DELIVERED, Outcome.DELIVERED]
        assert [message.json["type"] for message in moved.received] == [
            "subscription.test",
            "alert.created",
        ]
    assert call(any_dashboard, "GET", path)["companies"] == ["nissan"]
    assert len(receiver.received) == 1


def test_a_disabled_subscription_gets_nothing_until_it_is_enabled_and_answers(
    any_dashboard: Harness, receiver: WebhookReceiver
) -> None:
    made = subscribed(any_dashboard, receiver)
    path = f"/subscriptions/{made['id']}"
    given_up = owe_alert(any_dashboard, made)
    off = call(any_dashboard, "PATCH", path, {"enabled": False})
    assert (off["state"], off["ended"]) == ("disabled", "switched off by api:test")
    assert any_dashboard.store.subscriptions() == []
    assert send_due(any_dashboard) == []
    shown = call(any_dashboard, "GET", f"/deliveries/{given_up}")
    assert (shown["state"], shown["last_error"]) == (
        "exhausted",
        "not sent: switched off by api:test",
    )
    call(any_dashboard, "POST", f"{path}/test", status=409)
    call(any_dashboard, "POST", f"/deliveries/{given_up}/replay", status=409)
    assert call(any_dashboard, "POST", f"{path}/enable", status=202)["state"] == "unverified"
    call(any_dashboard, "POST", f"{path}/enable", status=409)
    assert send_due(any_dashboard) == [Outcome.DELIVERED]
    assert call(any_dashboard, "GET", path)["state"] == "active"
    call(any_dashboard, "POST", f"/deliveries/{given_up}/replay", status=202)
    assert send_due(any_dashboard) == [Outcome.DELIVERED]
    assert receiver.ids[-1] == given_up


def test_deliveries_are_replayed_by_time_and_a_dry_run_sends_nothing(
    any_dashboard: Harness, receiver: WebhookReceiver
) -> None:
    began = datetime.now(UTC)
    made = subscribed(any_dashboard, receiver)
    sent = [owe_alert(any_dashboard, made, f"News {n}") for n in range(3)]
    send_due(any_dashboard)
    waiting = owe_alert(any_dashboard, made, "Not sent yet")
    before = {message.message_id: message.body for message in receiver.received}
    body: dict[str, Any] = {
        "subscription": made["id"],
        "since": began.isoformat(),
        "state": "delivered",
    }
    dry = call(any_dashboard, "POST", "/deliveries/replay", {**body, "dry_run": True}, status=202)
    assert (dry["dry_run"], dry["count"], dry["more"]) == (True, 3, False)
    assert dry["deliveries"] == sent
    assert send_due(any_dashboard) == [Outcome.DELIVERED], "only the one that was waiting"
    done = call(
        any_dashboard, "POST", "/deliveries/replay", body, role=OPERATE, status=202,
        idempotency_key="again",
    )  # fmt: skip
    assert done["count"] == 4
    assert len(send_due(any_dashboard)) == 4
    assert receiver.ids[-4:] == [*sent, waiting]
    assert all(m.body == before.get(m.message_id, m.body) for m in receiver.received)
    assert receiver.faults == []
    future = {**body, "since": (began + timedelta(days=1)).isoformat()}
    assert call(any_dashboard, "POST", "/deliveries/replay", future, status=202)["count"] == 0
    call(any_dashboard, "POST", "/deliveries/replay", body, role=READ, status=403)
    call(any_dashboard, "POST", f"/deliveries/{sent[0]}/replay", status=202)
    call(any_dashboard, "POST", f"/deliveries/{sent[0]}/replay", status=409)
    call(any_dashboard, "POST", "/deliveries/msg_none/replay", status=404)


def test_subscriptions_of_the_configuration_are_shown_and_left_alone(
    any_dashboard: Harness,
) -> None:
    from worker.domain.alert import Subscription

    any_dashboard.store.sync_subscriptions([Subscription("sub_desk", "desk")], datetime.now(UTC))
    shown = call(any_dashboard, "GET", "/subscriptions/sub_desk", role=READ)
    assert (shown["origin"], shown["channel"], shown["url"]) == ("configuration", "desk", None)
    for method, where in (("PATCH", ""), ("DELETE", ""), ("POST", "/test")):
        sent: Any = {} if method == "PATCH" else None
        call(any_dashboard, method, f"/subscriptions/sub_desk{where}", sent, status=409)


def test_an_endpoint_that_says_gone_is_disabled(
    any_dashboard: Harness, receiver: WebhookReceiver
) -> None:
    from tests.support.receivers import Reply

    made = create(any_dashboard, receiver.url)
    receiver.secret = made["secret"]
    receiver.replies.append(Reply(410))
    assert send_due(any_dashboard) == [Outcome.GONE]
    shown = call(any_dashboard, "GET", f"/subscriptions/{made['id']}")
    assert shown["state"] == "disabled"
    assert "gone" in shown["ended"]
    [ended] = any_dashboard.store.untold_endings()
    assert ended.subscription.id == made["id"]


def test_lists_are_passed_on_page_by_page(dashboard: Harness) -> None:
    made = [create(dashboard, f"https://desk{n}.example/")["id"] for n in range(5)]
    first = call(dashboard, "GET", "/subscriptions?limit=3")
    rest = call(dashboard, "GET", f"/subscriptions?limit=3&cursor={first['next']}")
    assert [each["id"] for each in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None
    call(dashboard, "GET", "/subscriptions?cursor=nonsense", status=400)


def test_a_delivery_of_a_deleted_endpoint_goes_nowhere(
    any_dashboard: Harness, receiver: WebhookReceiver
) -> None:
    made = subscribed(any_dashboard, receiver)
    sent = owe_alert(any_dashboard, made)
    send_due(any_dashboard)
    call(any_dashboard, "DELETE", f"/subscriptions/{made['id']}", status=204)
    assert any_dashboard.store.replay([sent], datetime.now(UTC)) == [sent]
    assert send_due(any_dashboard) == [Outcome.PERMANENT]
    detail = any_dashboard.store.reads.delivery(sent)
    assert detail is not None
    assert detail.delivery.state is DeliveryState.EXHAUSTED
