"""What readers answer without signing in, and what becomes of it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.support.dashboards import SEAL, Harness, beat, running
from tests.support.factories import make_alert, make_update
from tests.support.stores import record_alert
from worker.channels import MailLinks
from worker.domain.access import Role
from worker.domain.alert import Subscription
from worker.domain.circuit import Terms
from worker.domain.feedback import Opinion
from worker.store import Store

SECRETS = ("8f742231b10e8888abcd99yyyzzz85a5", "another-app-another-secret-42")
ALERT = make_alert()


@pytest.fixture
def desk(store: Store) -> Iterator[Harness]:
    """A dashboard with an alert that went out by mail and Slack."""
    beat(store)
    now = datetime.now(UTC)
    store.sync_subscriptions([Subscription("sub_desk", "desk"), Subscription("sub_m", "mail")], now)
    record_alert(store, ALERT, channels=("desk", "mail"), now=now)
    with running(store, slack_secrets=SECRETS) as harness:
        yield harness


def link_of(harness: Harness, kind: str, address: str = "a@example.org") -> str:
    made = MailLinks(harness.base, SEAL).about("mail", address, ALERT.id)
    url = made.unsubscribe if kind == "unsubscribe" else made.feedback
    return url.removeprefix(harness.base)


def unwanted(harness: Harness) -> list[tuple[str, str, str]]:
    return [(each.channel, each.address, each.reason) for each in harness.store.unwanted()]


def test_one_click_ends_the_mails_to_one_reader_without_signing_in(desk: Harness) -> None:
    link = link_of(desk, "unsubscribe")
    for _ in range(2):
        answer = desk.client.post(link, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "a@example.org" in answer.text
    assert unwanted(desk) == [("mail", "a@example.org", "unsubscribed")]
    [claimed] = desk.store.claim_deliveries(
        datetime.now(UTC),
        lease=timedelta(minutes=1),
        limit=9,
        ids=[
            line.delivery.id
            for line in desk.store.reads.deliveries(_of_channel("mail"), None, 9).items
        ],
        terms=lambda _: Terms(addresses=True),
    )
    assert claimed.unwanted == {"a@example.org"}


def _of_channel(name: str) -> Any:
    from worker.store import DeliveryFilter

    return DeliveryFilter(channel=name)


def test_opening_the_link_asks_first(desk: Harness) -> None:
    link = link_of(desk, "unsubscribe")
    page = desk.client.get(link)
    assert page.status_code == 200
    assert '<form method="post">' in page.text
    assert unwanted(desk) == []


@pytest.mark.parametrize("kind", ["unsubscribe", "feedback"])
def test_a_link_that_we_did_not_make_does_nothing(desk: Harness, kind: str) -> None:
    link = link_of(desk, kind)
    other = "feedback" if kind == "unsubscribe" else "unsubscribe"
    for forged in (link[:-2], f"/{kind}/x", link.replace(kind, other)):
        for answer in (
            desk.client.get(forged),
            desk.client.post(forged, data={"opinion": "wrong"}),
        ):
            assert answer.status_code == 404
    assert unwanted(desk) == []
    assert desk.store.feedback() == []


def test_who_unsubscribed_can_have_mails_again(desk: Harness) -> None:
    desk.client.post(link_of(desk, "unsubscribe"))
    shown = desk.client.get("/api/v1/unwanted", headers=desk.bearer()).json()["items"]
    assert [(each["address"], each["reason"]) for each in shown] == [
        ("a@example.org", "unsubscribed")
    ]
    query = {"channel": "mail", "address": "a@example.org"}
    for role, status in ((Role.OPERATE, 403), (Role.ADMIN, 204), (Role.ADMIN, 404)):
        headers = desk.bearer(role)
        answer = desk.client.request("DELETE", "/api/v1/unwanted", params=query, headers=headers)
        assert answer.status_code == status
    assert unwanted(desk) == []


def test_a_reader_says_what_an_alert_is_worth_from_a_mail(desk: Harness) -> None:
    link = link_of(desk, "feedback")
    page = desk.client.get(link)
    assert ALERT.headline in page.text
    assert desk.store.feedback() == []
    for opinion in ("right", "wrong"):
        data = {"opinion": opinion, "note": " not a stake "}
        assert desk.client.post(link, data=data).status_code == 200
    [said] = desk.store.feedback(alert_id=ALERT.id)
    assert (said.opinion, said.reader, said.note, said.item_id) == (
        Opinion.WRONG,
        "mail:a@example.org",
        "not a stake",
        ALERT.item.id,
    )
    assert desk.client.post(link, data={"opinion": "maybe"}).status_code == 422


def test_feedback_over_the_api(desk: Harness) -> None:
    path = f"/api/v1/alerts/{ALERT.id}/feedback"
    sent = {"opinion": "right", "note": "as the company said"}
    assert desk.client.post(path, json=sent, headers=desk.bearer()).status_code == 403
    headers = desk.bearer(Role.OPERATE)
    given = desk.client.post(path, json=sent, headers=headers).json()
    assert (given["opinion"], given["reader"]) == ("right", "api:test")
    assert desk.client.get("/api/v1/feedback", headers=headers).json()["items"] == [given]
    assert desk.client.post(path, json={"opinion": "so-so"}, headers=headers).status_code == 422
    nowhere = "/api/v1/alerts/alert_none/feedback"
    assert desk.client.post(nowhere, json=sent, headers=headers).status_code == 404


def test_feedback_on_the_page_of_an_alert(desk: Harness) -> None:
    desk.sign_in(Role.OPERATE)
    page = desk.client.get(f"/alerts/{ALERT.id}")
    assert 'value="wrong"' in page.text
    answer = desk.client.post(
        f"/alerts/{ALERT.id}/feedback",
        data={"opinion": "wrong"},
        headers={"origin": desk.base},
    )
    assert answer.status_code == 303
    assert [each.opinion for each in desk.store.feedback()] == [Opinion.WRONG]
    assert "wrong" in desk.client.get(f"/alerts/{ALERT.id}").text


# ── Slack ─────────────────────────────────────────────────────────────────────────────────────


def press(
    harness: Harness,
    action: str,
    value: str,
    *,
    secret: str = SECRETS[0],
    age: float = 0,
    spoil: str = "",
) -> httpx.Response:
    """What Slack sends when somebody presses a button."""
    payload = {
        "type": "block_actions",
        "user": {"id": "U0CA5", "username": "amy.mcgee"},
        "actions": [{"type": "button", "action_id": action, "value": value}],
    }
    body = urlencode({"payload": json.dumps(payload)})
    stamp = str(int(datetime.now(UTC).timestamp() - age))
    base = f"v0:{stamp}:{body}".encode()
    signature = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return harness.client.post(
        "/slack/interactions",
        content=body + spoil,
        headers={
            "content-type": "application/x-www-form-urlencoded",
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": signature,
        },
    )


def test_a_button_mutes_the_story_for_the_channel_it_stands_in(desk: Harness) -> None:
    assert press(desk, "aw_mute_story", f"{ALERT.story_id}@desk").status_code == 200
    [mute] = desk.store.mutes(datetime.now(UTC))
    assert (mute.story_id, mute.subscription_id, mute.by) == (
        ALERT.story_id,
        "sub_desk",
        "slack:U0CA5",
    )
    assert timedelta(days=6) < mute.until - datetime.now(UTC) <= timedelta(days=7)
    [owed] = desk.owing
    detail = desk.store.reads.delivery(owed.delivery_id)
    assert detail is not None
    assert re.match(r"Muted here until .* by amy\.mcgee\.", detail.headline)
    assert detail.delivery.channel == "desk"


@pytest.mark.parametrize("secret", SECRETS)
def test_buttons_say_what_an_alert_is_worth(desk: Harness, secret: str) -> None:
    assert press(desk, "aw_right_alert", f"{ALERT.id}@desk", secret=secret).status_code == 200
    assert press(desk, "aw_wrong_alert", f"{ALERT.id}@desk", secret=secret).status_code == 200
    [said] = desk.store.feedback()
    assert (said.opinion, said.reader) == (Opinion.WRONG, "slack:U0CA5")
    assert len(desk.owing) == 2


@pytest.mark.parametrize(
    "forged",
    [
        {"secret": "not-the-secret-of-any-app"},
        {"age": 301},
        {"age": -330},  # time goes on towards it while a busy machine sends
        {"spoil": "&x=1"},
    ],
)
def test_presses_that_slack_did_not_sign_lately_do_nothing(
    desk: Harness, forged: dict[str, Any]
) -> None:
    assert press(desk, "aw_wrong_alert", f"{ALERT.id}@desk", **forged).status_code == 401
    assert desk.client.post("/slack/interactions", content="payload={}").status_code == 401
    assert desk.store.feedback() == []
    assert desk.owing == []


@pytest.mark.parametrize(
    ("action", "value", "status"),
    [
        ("aw_wrong_alert", "alert_none@desk", 200),
        ("aw_mute_story", "story_none@desk", 200),
        ("aw_mute_story", f"{ALERT.story_id}@nowhere", 200),
        ("somebody_elses_button", "x", 200),
        ("aw_wrong_alert", "no channel", 400),
    ],
)
def test_presses_about_nothing_change_nothing(
    desk: Harness, action: str, value: str, status: int
) -> None:
    assert press(desk, action, value).status_code == status
    assert desk.store.feedback() == []
    assert desk.store.mutes(datetime.now(UTC)) == []
    assert desk.owing == []


def test_without_an_app_nothing_is_taken(dashboard: Harness) -> None:
    assert press(dashboard, "aw_wrong_alert", f"{ALERT.id}@desk").status_code == 401


def test_what_was_said_comes_out_with_its_alert(desk: Harness) -> None:
    update = make_update()
    record_alert(desk.store, update, channels=())
    now = datetime.now(UTC)
    for reader, opinion in (("a", Opinion.WRONG), ("b", Opinion.RIGHT)):
        desk.store.give_feedback(update.id, reader, opinion, "", now)
    desk.store.give_feedback(ALERT.id, "a", Opinion.WRONG, "no", now + timedelta(seconds=1))
    found = desk.store.alerts_with_feedback()
    assert [(alert.id, [each.reader for each in said]) for alert, said in found] == [
        (update.id, ["a", "b"]),
        (ALERT.id, ["a"]),
    ]
    assert desk.store.alerts_with_feedback(now + timedelta(hours=1)) == []
