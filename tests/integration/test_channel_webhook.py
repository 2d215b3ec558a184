"""Webhooks over real HTTP: signatures that others verify, answers of every sort."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import standardwebhooks
from pydantic import SecretStr

from tests.support.factories import make_notice, make_update
from tests.support.receivers import FixedServer, Reply, WebhookReceiver, new_secret
from worker.channels import Channel, build
from worker.channels.webhook import WebhookSettings
from worker.domain.delivery import Outcome
from worker.net import Outbound


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as server:
        yield server


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    async with Outbound(allow=["127.0.0.0/8"]) as way_out:
        yield way_out


def channel_to(url: str, secret: str, outbound: Outbound, timeout: float = 10) -> Channel:
    settings = WebhookSettings(
        name="hook", type="webhook", url=SecretStr(url), secret=SecretStr(secret)
    )
    return build(settings, outbound, timeout=timeout)


async def test_retries_keep_id_and_body_and_renew_the_timestamp(
    receiver: WebhookReceiver, outbound: Outbound
) -> None:
    channel = channel_to(receiver.url, receiver.secret, outbound)
    now = datetime.now(UTC)
    receiver.replies.append(Reply(500))
    outcomes = []
    for age in (120, 60, 0):
        notice = make_notice(make_update(), attempted_at=now - timedelta(seconds=age))
        outcomes.append((await channel.send(notice)).outcome)
    assert outcomes == [Outcome.RETRY, Outcome.DELIVERED, Outcome.DELIVERED]
    first, second, third = receiver.received
    assert first.body == second.body == third.body
    assert len({message.message_id for message in receiver.received}) == 1
    stamps = [int(message.headers["webhook-timestamp"]) for message in receiver.received]
    assert stamps == [int(now.timestamp()) - age for age in (120, 60, 0)]
    assert receiver.faults == []


async def test_during_a_rotation_old_and_new_secret_verify(
    receiver: WebhookReceiver, outbound: Outbound
) -> None:
    new = new_secret()
    channel = channel_to(receiver.url, f"{new} {receiver.secret}", outbound)
    assert (await channel.send(make_notice())).outcome is Outcome.DELIVERED
    (message,) = receiver.received
    assert len(message.signatures) == 2
    standardwebhooks.Webhook(new).verify(message.body, dict(message.headers))


async def test_a_wrong_secret_is_noticed_by_the_receiver(
    receiver: WebhookReceiver, outbound: Outbound
) -> None:
    channel = channel_to(receiver.url, new_secret(), outbound)
    verdict = await channel.send(make_notice())
    assert (verdict.outcome, verdict.status_code) == (Outcome.RETRY, 400)
    assert "No matching signature" in verdict.answer
    assert receiver.received == []


@pytest.mark.parametrize(
    ("reply", "outcome", "wait"),
    [
        (Reply(204), Outcome.DELIVERED, None),
        (Reply(410, "gone"), Outcome.GONE, None),
        (Reply(404, "no such hook"), Outcome.RETRY, None),
        (Reply(429, headers={"Retry-After": "90"}), Outcome.RETRY, 90),
        (Reply(503, headers={"Retry-After": "0"}), Outcome.RETRY, 0),
        (Reply(503), Outcome.RETRY, None),
        (Reply(500, "x" * 300_000), Outcome.RETRY, None),
    ],
)
async def test_answers(
    receiver: WebhookReceiver, outbound: Outbound, reply: Reply, outcome: Outcome, wait: int | None
) -> None:
    receiver.replies.append(reply)
    verdict = await channel_to(receiver.url, receiver.secret, outbound).send(make_notice())
    assert (verdict.outcome, verdict.status_code) == (outcome, reply.status)
    assert verdict.retry_after == (None if wait is None else timedelta(seconds=wait))
    cut = reply.body[:1999] + "…"
    assert verdict.answer == (reply.body if len(reply.body) <= 2000 else cut)


async def test_a_date_to_wait_for(receiver: WebhookReceiver, outbound: Outbound) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    receiver.replies.append(Reply(503, headers={"Retry-After": date}))
    verdict = await channel_to(receiver.url, receiver.secret, outbound).send(make_notice())
    assert verdict.retry_after is not None
    assert timedelta(minutes=9) < verdict.retry_after <= timedelta(minutes=10)


async def test_a_long_answer_does_not_undo_a_delivery(
    receiver: WebhookReceiver, outbound: Outbound
) -> None:
    receiver.replies.append(Reply(200, "thanks " * 100_000))
    verdict = await channel_to(receiver.url, receiver.secret, outbound).send(make_notice())
    assert verdict.outcome is Outcome.DELIVERED
    assert len(verdict.answer) <= 2000


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(
    receiver: WebhookReceiver, outbound: Outbound, status: int
) -> None:
    with FixedServer(Reply(status, headers={"Location": receiver.url})) as elsewhere:
        channel = channel_to(elsewhere.base_url + "/hook", receiver.secret, outbound)
        verdict = await channel.send(make_notice())
    assert (verdict.outcome, verdict.status_code) == (Outcome.RETRY, status)
    assert "redirects are not followed" in verdict.detail
    assert len(elsewhere.received) == 1
    assert receiver.received == []


async def test_an_answer_that_echoes_our_secrets_is_cleaned(outbound: Outbound) -> None:
    secret = new_secret()
    with FixedServer() as server:
        url = f"{server.base_url}/hooks/planted-token-in-the-path"
        server.reply = Reply(500, f"cannot POST /hooks/planted-token-in-the-path {secret} {url}")
        verdict = await channel_to(url, secret, outbound).send(make_notice())
    assert verdict.outcome is Outcome.RETRY
    assert "planted-token" not in repr(verdict)
    assert secret not in repr(verdict)
    assert "cannot POST ***" in verdict.answer


async def test_addresses_inside_are_not_reached_unless_allowed(receiver: WebhookReceiver) -> None:
    async with Outbound() as guarded:
        verdict = await channel_to(receiver.url, receiver.secret, guarded).send(make_notice())
    assert verdict.outcome is Outcome.RETRY
    assert verdict.detail
    assert receiver.received == []


async def test_many_at_once_each_arrive_once(receiver: WebhookReceiver, outbound: Outbound) -> None:
    channel = channel_to(receiver.url, receiver.secret, outbound)
    notices = [make_notice(make_update(id=f"alert_{n}")) for n in range(50)]
    verdicts = await asyncio.gather(*map(channel.send, notices))
    assert {verdict.outcome for verdict in verdicts} == {Outcome.DELIVERED}
    assert sorted(receiver.ids) == sorted(notice.message_id for notice in notices)
