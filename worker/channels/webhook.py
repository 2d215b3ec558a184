"""Webhooks out, signed as Standard Webhooks describes (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr

from worker.channels.base import BaseSettings, Channel, HttpUrl, Outbound, Unsendable, secrets_in
from worker.channels.http import post_json
from worker.channels.verdict import judge_answer
from worker.domain.alert import Alert
from worker.domain.delivery import Bulletin, Notice, Verdict
from worker.domain.payload import alert_data, timestamp

_SECRET_PREFIX = "whsec_"  # noqa: S105 - the published prefix, not a secret
_SHORTEST_KEY = 16


def signing_keys(secret: str) -> tuple[bytes, ...]:
    """The keys in `secret`: one `whsec_…`, or during a rotation several separated by blanks.

    Raises `ValueError` saying what is wrong with the secret and never quoting it.
    """
    words = secret.split()
    if not words:
        raise ValueError("is empty")
    return tuple(_signing_key(word) for word in words)


def _signing_key(word: str) -> bytes:
    if not word.startswith(_SECRET_PREFIX):
        raise ValueError("must begin with whsec_")
    encoded = word.removeprefix(_SECRET_PREFIX)
    if not re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", encoded):
        raise ValueError("what follows whsec_ must be base64 (A-Z a-z 0-9 + / =)")
    encoded = encoded.rstrip("=")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        raise ValueError("what follows whsec_ is not complete base64") from None
    if len(key) < _SHORTEST_KEY:
        raise ValueError(
            f"holds {len(key)} bytes; the standard asks for 24 to 64, and fewer than"
            f" {_SHORTEST_KEY} can be guessed"
        )
    return key


def _secret(value: SecretStr) -> SecretStr:
    signing_keys(value.get_secret_value())
    return value


class WebhookSettings(BaseSettings):
    """A receiver of signed alerts."""

    type: Literal["webhook"]
    url: HttpUrl
    secret: Annotated[SecretStr, AfterValidator(_secret)]
    concurrency: Annotated[int, Field(ge=1, le=256)] = 16
    rate: Annotated[float, Field(gt=0, le=1000)] | None = None


def signature_headers(
    keys: Sequence[bytes], message_id: str, moment: datetime, body: bytes
) -> dict[str, str]:
    """The three headers of Standard Webhooks 1.0: `webhook-signature` has one `v1` a key.

    `moment` is any aware time; the header holds whole seconds since 1970.
    """
    seconds = str(int(moment.astimezone(UTC).timestamp()))
    signed = f"{message_id}.{seconds}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(
            "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
            for key in keys
        ),
    }


def alert_body(alert: Alert, alert_url: str) -> bytes:
    """The message about an alert: compact UTF-8 JSON, the same bytes on every attempt."""
    kind = "alert.created" if alert.sequence == 1 else "alert.updated"
    return message_body(kind, alert.created, alert_data(alert, alert_url))


def message_body(kind: str, moment: datetime, data: Any) -> bytes:
    """Any message in the published envelope `{type, timestamp, data}`.

    Raises `Unsendable` for data that JSON cannot hold. A lone surrogate, which UTF-8 cannot hold
    either, becomes U+FFFD: one code point for one, so that evidence offsets stay true.
    """
    envelope = {"type": kind, "timestamp": timestamp(moment), "data": data}
    try:
        text = json.dumps(envelope, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise Unsendable(f"the alert cannot be written as JSON ({type(error).__name__})") from None
    return re.sub("[\ud800-\udfff]", "\ufffd", text).encode()


class WebhookChannel(Channel):
    """Posts alerts to one receiver."""

    kind = "webhook"

    def __init__(self, settings: WebhookSettings, outbound: Outbound, *, timeout: float) -> None:
        self._url = settings.url.get_secret_value()
        secret = settings.secret.get_secret_value()
        super().__init__(settings.name, secrets=(*secrets_in(self._url), *secret.split()))
        self._keys = signing_keys(secret)
        self._outbound = outbound
        self._timeout = timeout

    async def _send(self, notice: Notice) -> Verdict:
        body = alert_body(notice.alert, notice.alert_url)
        return await self._post(notice.message_id, notice.attempted_at, body)

    async def _announce(self, bulletin: Bulletin) -> Verdict:
        said = bulletin.said
        body = message_body(said.kind, said.created, said.data)
        return await self._post(bulletin.message_id, bulletin.attempted_at, body)

    async def _post(self, message_id: str, moment: datetime, body: bytes) -> Verdict:
        headers = signature_headers(self._keys, message_id, moment, body)
        answer = await post_json(
            self._outbound, self._url, body, headers=headers, timeout=self._timeout
        )
        if isinstance(answer, Verdict):
            return answer
        return judge_answer(
            self.kind, answer.status, answer.headers, answer.body, datetime.now(UTC)
        )
