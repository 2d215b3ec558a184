from __future__ import annotations

import base64
import json
import math
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import standardwebhooks
import svix.webhooks

from tests.support.factories import (
    ALERT_URL,
    hostile_alert,
    make_alert,
    make_event,
    make_update,
)
from tests.support.hostile import any_hostile_text
from tests.support.receivers import new_secret
from worker.channels.base import Unsendable
from worker.channels.webhook import alert_body, message_body, signature_headers, signing_keys
from worker.domain.alert import Change


def test_the_signature_of_a_known_message() -> None:
    # A secret, id, time and body whose signature is published with the specification's libraries.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = signature_headers(
        signing_keys(secret),
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, tz=UTC),
        b'{"test": 2432232314}',
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("hours", [-11, 0, 1, 14])
def test_times_are_signed_the_same_in_every_zone(hours: int) -> None:
    secret = new_secret()
    moment = datetime.now(timezone(timedelta(hours=hours)))
    headers = signature_headers(signing_keys(secret), "msg_1", moment, b"{}")
    standardwebhooks.Webhook(secret).verify(b"{}", headers)


def test_a_rotation_signs_with_every_secret() -> None:
    old, new, other = new_secret(), new_secret(), new_secret()
    keys = signing_keys(f"{new} {old}")
    headers = signature_headers(keys, "msg_1", datetime.now(UTC), b"{}")
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        standardwebhooks.Webhook(secret).verify(b"{}", headers)
        svix.webhooks.Webhook(secret).verify(b"{}", headers)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(other).verify(b"{}", headers)


@pytest.mark.parametrize("length", [16, 24, 25, 26, 32, 64])
def test_secrets_without_padding_give_the_same_key(length: int) -> None:
    key = bytes(range(length))
    encoded = "whsec_" + base64.b64encode(key).decode()
    assert signing_keys(encoded) == signing_keys(encoded.rstrip("=")) == (key,)


def test_the_envelope_and_data_are_the_published_ones() -> None:
    alert = make_update()
    body = alert_body(alert, ALERT_URL.format(id=alert.id))
    envelope = json.loads(body)
    assert list(envelope) == ["type", "timestamp", "data"]
    assert (envelope["type"], envelope["timestamp"]) == (
        "alert.updated",
        "2026-03-02T09:30:00.000Z",
    )
    data = envelope["data"]
    published = (
        "id story_id sequence rule status previous_status headline changes alliance parties roles"
        " direction from_pct to_pct pct amount attribution expected_date confidence severity"
        " language evidence item also_reported_by rule_version url"
    )
    assert set(published.split()) <= set(data)
    assert {"id", "url", "title", "source", "feed", "published", "seen"} <= set(data["item"])
    assert data["changes"][1] == {"field": "to_pct", "from": 24.0, "to": 15.0}
    assert b'": ' not in body
    assert b", " not in body.replace(b"Nissan, ", b"").replace(b"talks, ", b"")


def test_the_first_alert_of_a_story_is_created_and_others_update_it() -> None:
    assert json.loads(alert_body(make_alert(), ALERT_URL))["type"] == "alert.created"


def test_text_travels_as_it_is() -> None:
    body = alert_body(make_alert(title="Été à 43 % — 日産 🚗"), "http://x.example/1")
    assert "Été à 43 % — 日産 🚗".encode() in body


@any_hostile_text
def test_any_text_makes_json_with_true_offsets(text: str) -> None:
    alert = hostile_alert(text)
    body = alert_body(alert, ALERT_URL)
    data = json.loads(body.decode("utf-8"))["data"]
    assert body == alert_body(alert, ALERT_URL)
    assert data["item"]["title"] == re.sub("[\ud800-\udfff]", "\ufffd", text)
    passage = data["evidence"][0]
    assert len(passage["text"]) == passage["end"] - passage["start"]


def test_what_json_cannot_hold_is_named() -> None:
    with pytest.raises(Unsendable, match="JSON"):
        alert_body(make_alert(event=make_event(to_pct=math.nan)), ALERT_URL)
    odd = replace(make_update(), changes=(Change("x", None, object()),))
    with pytest.raises(Unsendable, match="JSON"):
        alert_body(odd, ALERT_URL)
    assert message_body("subscription.test", datetime(2026, 1, 1, tzinfo=UTC), {}) == (
        b'{"type":"subscription.test","timestamp":"2026-01-01T00:00:00.000Z","data":{}}'
    )
