"""What a channel does when sending goes wrong in ways that nobody foresaw."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from tests.support.factories import make_alert, make_event, make_notice
from tests.support.receivers import new_secret
from worker.channels.base import Answer, secrets_in
from worker.channels.webhook import WebhookChannel, WebhookSettings
from worker.domain.delivery import Outcome
from worker.net import Blocked, TimedOut


@dataclass
class Canned:
    """An answer that is given without a network."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class FakeOutbound:
    """Answers or raises what it is told, and keeps what it was asked."""

    def __init__(self, outcome: Canned | BaseException) -> None:
        self.outcome = outcome
        self.asked: list[dict[str, object]] = []

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float,  # noqa: ASYNC109 - as the real one
        max_bytes: int,
        follow_redirects: bool = False,
        cut: bool = False,
    ) -> Answer:
        self.asked.append(
            {"method": method, "url": url, "timeout": timeout, "follow": follow_redirects}
        )
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


def channel(outbound: FakeOutbound) -> WebhookChannel:
    settings = WebhookSettings(
        name="hook",
        type="webhook",
        url=SecretStr("https://hooks.example/planted"),
        secret=SecretStr(new_secret()),
    )
    return WebhookChannel(settings, outbound, timeout=15)


async def test_asks_once_within_the_timeout_and_follows_nothing() -> None:
    outbound = FakeOutbound(Canned(200))
    await channel(outbound).send(make_notice())
    assert outbound.asked == [
        {"method": "POST", "url": "https://hooks.example/planted", "timeout": 15, "follow": False}
    ]


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (Blocked("10.0.0.1 is not on the public Internet"), "10.0.0.1 is not on the public"),
        (TimedOut("no answer in 15 s"), "no answer in 15 s"),
        (RuntimeError("https://hooks.example/planted"), "unexpected RuntimeError"),
        (KeyError("planted"), "unexpected KeyError"),
    ],
)
async def test_every_error_is_a_verdict_without_secrets(error: Exception, detail: str) -> None:
    with capture_logs() as logs:
        verdict = await channel(FakeOutbound(error)).send(make_notice())
    assert verdict.outcome is Outcome.RETRY
    assert verdict.detail.startswith(detail)
    assert "planted" not in repr(verdict) + repr(logs)


async def test_the_unforeseen_is_logged_by_its_type() -> None:
    with capture_logs() as logs:
        await channel(FakeOutbound(ZeroDivisionError("x"))).send(make_notice())
    (line,) = logs
    assert (line["event"], line["channel"], line["error"]) == (
        "channel_failed",
        "hook",
        "ZeroDivisionError",
    )


async def test_cancellation_passes() -> None:
    with pytest.raises(asyncio.CancelledError):
        await channel(FakeOutbound(asyncio.CancelledError())).send(make_notice())


async def test_a_message_that_cannot_be_made_is_not_tried_again() -> None:
    outbound = FakeOutbound(Canned(200))
    alert = make_alert(event=make_event(to_pct=math.inf))
    verdict = await channel(outbound).send(make_notice(alert))
    assert verdict.outcome is Outcome.PERMANENT
    assert outbound.asked == []


def test_which_parts_of_an_address_are_secret() -> None:
    assert secrets_in("https://h.example/hook") == ("https://h.example/hook",)
    assert secrets_in("https://h.example/services/T/B/abcdefg") == (
        "https://h.example/services/T/B/abcdefg",
        "/services/T/B/abcdefg",
    )
    assert secrets_in("https://h.example/a?token=0123456789")[1] == "/a?token=0123456789"
