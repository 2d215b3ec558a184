"""What subscribers ask for: checked, sealed, and put into words again."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError

from worker.channels import CHANNEL_PREFIX
from worker.channels.base import http_url
from worker.channels.endpoint import SigningSecret, in_force, read_secrets, write_secrets
from worker.config import SubscriptionSettings
from worker.dashboard.problems import Problem
from worker.domain import ids
from worker.domain.alert import Subscription
from worker.domain.delivery import SUBSCRIPTION_TEST, Announcement
from worker.domain.payload import timestamp
from worker.net import redact_url
from worker.seal import Seal
from worker.store import Asked, Challenge, Subscriber

MOST_SECRETS = 5
DEFAULT_OVERLAP = timedelta(days=1)
LONGEST_OVERLAP = timedelta(days=7)


def new_secret() -> str:
    """A signing secret as Standard Webhooks wants it, of 256 bits."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def asked(
    subscription_id: str, wanted: Mapping[str, Any], url: str, sealed_secrets: str, seal: Seal
) -> Asked:
    """What a subscriber asks for, in the form in which it is stored.

    `wanted` is a request without its `url`. Raises `Problem` naming every fault.
    """
    try:
        http_url(SecretStr(url))
    except ValueError as error:
        raise Problem(422, f"url: {error}", findings=[_finding("url", str(error))]) from None
    return Asked(
        subscription=_subscription(subscription_id, wanted),
        name=str(wanted.get("name", "")),
        url=seal.close(url),
        shown_url=_without_path(url),
        secrets=sealed_secrets,
        wanted=dict(wanted),
    )


def _without_path(url: str) -> str:
    """The address as people may see it: the path of a webhook is mostly a secret."""
    parts = urlsplit(url)
    more = "…" if parts.path.strip("/") or parts.query else ""
    return redact_url(f"{parts.scheme}://{parts.netloc}/") + more


def _subscription(subscription_id: str, wanted: Mapping[str, Any]) -> Subscription:
    """The request by the rules of the configuration. Raises `Problem`."""
    channel = f"{CHANNEL_PREFIX}{subscription_id}"
    values = {key: value for key, value in wanted.items() if key != "name"}
    try:
        settings = SubscriptionSettings.model_validate({**values, "channel": channel})
    except ValidationError as error:
        findings = [
            _finding(".".join(map(str, each["loc"])), _said(each))
            for each in error.errors(include_url=False, include_input=False)
        ]
        detail = "; ".join(f"{each['field']}: {each['problem']}" for each in findings[:5])
        raise Problem(422, detail, findings=findings) from None
    if settings.delivery == "digest" and not settings.digest_at:
        raise Problem(422, "digest_at: names no time", findings=[_finding("digest_at", "empty")])
    return replace(settings.subscription(), id=subscription_id)


def _said(error: Mapping[str, Any]) -> str:
    context = error.get("ctx", {})
    mend = f" ({context['mend']})" if "mend" in context else ""
    return f"{context.get('problem', error['msg'])}{mend}"


def _finding(field: str, problem: str) -> dict[str, str]:
    return {"field": field, "problem": problem}


def make_test(subscription_id: str, now: datetime) -> Challenge:
    """A test message; whoever takes it proves that the endpoint wants messages."""
    said = Announcement(
        kind=SUBSCRIPTION_TEST,
        created=now,
        headline="A test of this subscription",
        lines=("Answer it with a status from 200 to 299.",),
        data={
            "subscription_id": subscription_id,
            "message": "A test. Answer it with a status from 200 to 299.",
        },
    )
    return Challenge(ids.derive("msg", "test", subscription_id, now.isoformat()), said)


def rotated(sealed: str, new: str, overlap: timedelta, now: datetime, seal: Seal) -> str:
    """The secrets after a rotation: `new` signs from now on, the others until `overlap` is over."""
    until = now + overlap
    old = [
        replace(each, until=min(until, each.until or until))
        for each in in_force(read_secrets(sealed, seal), now)
        if overlap
    ]
    return write_secrets([SigningSecret(new), *old][:MOST_SECRETS], seal)


def subscription_out(subscriber: Subscriber, seal: Seal, now: datetime) -> dict[str, Any]:
    """A subscription as the API shows it."""
    wanted, circuit, asked_for = subscriber.subscription, subscriber.circuit, subscriber.asked
    quiet = wanted.quiet
    return {
        "id": wanted.id,
        "name": asked_for.name if asked_for else "",
        "origin": subscriber.origin,
        "channel": wanted.channel,
        "url": asked_for.shown_url if asked_for else None,
        "state": subscriber.state,
        "ended": subscriber.ended,
        "rules": list(wanted.rules),
        "companies": list(wanted.companies),
        "alliances": list(wanted.alliances),
        "languages": list(wanted.languages),
        "min_status": wanted.min_status.value,
        "min_confidence": wanted.min_confidence,
        "delivery": "digest" if wanted.digest_at else "instant",
        "digest_at": [f"{moment:%H:%M}" for moment in wanted.digest_at],
        "quiet_hours": f"{quiet.start:%H:%M}-{quiet.end:%H:%M}" if quiet else None,
        "urgent": [severity.value for severity in quiet.passing] if quiet else [],
        "timezone": quiet.timezone if quiet else wanted.timezone,
        "created": timestamp(subscriber.created),
        "updated": timestamp(subscriber.updated),
        "verified": timestamp(subscriber.verified),
        "signing_secrets": _secrets_out(asked_for, seal, now) if asked_for else [],
        "health": {
            "circuit": _circuit_word(subscriber, now),
            "failures": circuit.failures if circuit else 0,
            "failing_since": timestamp(circuit.failing_since) if circuit else None,
            "next_try": timestamp(circuit.open_until) if circuit else None,
            "last_error": circuit.last_error if circuit else None,
        },
    }


def _secrets_out(asked_for: Asked, seal: Seal, now: datetime) -> list[dict[str, Any]]:
    """How many secrets sign, and until when; never what they are."""
    return [
        {"until": timestamp(each.until)}
        for each in in_force(read_secrets(asked_for.secrets, seal), now)
    ]


def _circuit_word(subscriber: Subscriber, now: datetime) -> str:
    circuit = subscriber.circuit
    if circuit is None or circuit.open_until is None:
        return "closed"
    return "open" if circuit.open_until > now and circuit.probe is None else "half-open"
