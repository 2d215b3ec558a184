"""Webhooks to subscribers of the API, whose addresses and secrets come sealed from the store."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from worker.channels.base import Channel, Outbound
from worker.channels.webhook import WebhookChannel, WebhookSettings
from worker.domain.circuit import Terms
from worker.domain.delivery import Bulletin, Endpoint, Notice, Outcome, Verdict
from worker.seal import Seal, WrongKey

CHANNEL_PREFIX = "api:"
"""What the names of these channels begin with; no channel of a configuration has a colon."""
ENDPOINT_TERMS = Terms(concurrent=8)
_KEPT = 512


@dataclass(frozen=True, slots=True)
class SigningSecret:
    """One of the secrets of an endpoint; after `until` it signs no more."""

    text: str
    until: datetime | None = None

    def __repr__(self) -> str:
        return f"SigningSecret(until={self.until})"


def write_secrets(secrets: Sequence[SigningSecret], seal: Seal) -> str:
    """The secrets in the form in which they are stored."""
    return seal.close(
        json.dumps([[each.text, each.until and each.until.isoformat()] for each in secrets])
    )


def read_secrets(sealed: str, seal: Seal) -> list[SigningSecret]:
    """The secrets that were stored, the newest first. Raises `WrongKey`."""
    return [
        SigningSecret(text, datetime.fromisoformat(until) if until else None)
        for text, until in json.loads(seal.open(sealed))
    ]


def in_force(secrets: Sequence[SigningSecret], now: datetime) -> list[SigningSecret]:
    """Those that sign now."""
    return [each for each in secrets if each.until is None or each.until > now]


class EndpointChannels:
    """Makes the channels of endpoints, and keeps those that were used lately."""

    def __init__(
        self, outbound: Outbound, seal: Seal, *, timeout: float, clock: Callable[[], datetime]
    ) -> None:
        self._outbound = outbound
        self._seal = seal
        self._timeout = timeout
        self._clock = clock
        self._opened: OrderedDict[Endpoint, tuple[str, list[SigningSecret]]] = OrderedDict()

    def channel(self, endpoint: Endpoint) -> Channel:
        """The channel to an endpoint, which signs with the secrets that are in force now."""
        try:
            url, secrets = self._open(endpoint)
        except WrongKey as error:
            return SealedChannel(str(error))
        signing = " ".join(each.text for each in in_force(secrets, self._clock()))
        settings = WebhookSettings(
            name="endpoint", type="webhook", url=SecretStr(url), secret=SecretStr(signing)
        )
        return WebhookChannel(settings, self._outbound, timeout=self._timeout)

    def _open(self, endpoint: Endpoint) -> tuple[str, list[SigningSecret]]:
        known = self._opened.get(endpoint)
        if known is None:
            known = self._seal.open(endpoint.url), read_secrets(endpoint.secrets, self._seal)
            self._opened[endpoint] = known
            while len(self._opened) > _KEPT:
                self._opened.popitem(last=False)
        return known


class SealedChannel(Channel):
    """An endpoint that this process cannot read: somebody has to mend the configuration."""

    kind = "webhook"

    def __init__(self, why: str) -> None:
        super().__init__("endpoint")
        self._verdict = Verdict(Outcome.RETRY, detail=f"the endpoint's address is {why}")

    async def _send(self, notice: Notice) -> Verdict:
        return self._verdict

    async def _announce(self, bulletin: Bulletin) -> Verdict:
        return self._verdict
