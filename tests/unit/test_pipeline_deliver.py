"""One attempt over fakes: what is sent, and what its verdict leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.factories import NOW, make_alert
from tests.support.flow import clock
from worker import pipeline
from worker.domain.delivery import (
    Announcement,
    Bulletin,
    Claimed,
    Delivery,
    DeliveryState,
    Notice,
    Outcome,
    RetryPolicy,
    Settlement,
    Verdict,
)

POLICY = RetryPolicy(
    (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2)), timedelta(hours=72)
)


@dataclass
class FakeChannel:
    verdict: Verdict
    sent: list[Notice] = field(default_factory=list)
    announced: list[Bulletin] = field(default_factory=list)

    async def send(self, notice: Notice) -> Verdict:
        self.sent.append(notice)
        return self.verdict

    async def announce(self, bulletin: Bulletin) -> Verdict:
        self.announced.append(bulletin)
        return self.verdict


def claim(attempt: int = 1, **delivery: Any) -> Claimed:
    alert = make_alert()
    made = Delivery("msg_1", alert.id, "sub", "desk", created=NOW, attempts=attempt)
    return Claimed(replace(made, **delivery), alert, attempt, "lease")


async def deliver(
    claimed: Claimed,
    channels: Mapping[str, FakeChannel],
    public_url: str = "https://watch.example/",
) -> Settlement:
    return await pipeline.deliver(
        claimed,
        channel_of=lambda claimed: channels.get(claimed.delivery.channel),
        policy=POLICY,
        public_url=public_url,
        clock=clock,
        draw=lambda: 0.0,
    )


@pytest.mark.parametrize("public_url", ["https://watch.example/", "https://watch.example"])
async def test_a_notice_says_who_it_is(public_url: str) -> None:
    channel = FakeChannel(Verdict(Outcome.DELIVERED))
    claimed = claim(3)
    settlement = await deliver(claimed, {"desk": channel}, public_url)
    [notice] = channel.sent
    assert notice.message_id == "msg_1"
    assert notice.alert is claimed.alert
    assert notice.alert_url == f"https://watch.example/alerts/{make_alert().id}"
    assert notice.attempted_at == NOW
    assert settlement == Settlement(claimed, channel.verdict, DeliveryState.DELIVERED, None)


async def test_what_is_no_alert_is_announced() -> None:
    channel = FakeChannel(Verdict(Outcome.DELIVERED))
    said = Announcement("subscription.test", NOW, "A test")
    claimed = replace(claim(reached=("a@x.example",)), alert=None, announcement=said)
    await deliver(claimed, {"desk": channel})
    assert channel.announced == [Bulletin("msg_1", said, NOW, ("a@x.example",))]
    nothing = await deliver(replace(claimed, announcement=None), {"desk": channel})
    assert nothing.state is DeliveryState.EXHAUSTED


async def test_a_failed_attempt_is_put_off() -> None:
    channel = FakeChannel(Verdict(Outcome.RETRY, "HTTP 500"))
    settlement = await deliver(claim(2), {"desk": channel})
    assert settlement.state is DeliveryState.PENDING
    assert settlement.next_attempt_at == NOW + timedelta(seconds=30)


async def test_a_channel_that_is_not_configured_any_more_exhausts() -> None:
    settlement = await deliver(claim(), {})
    assert settlement.state is DeliveryState.EXHAUSTED
    assert "not in the configuration" in settlement.verdict.detail


def settle(
    claimed: Claimed, verdict: Verdict, now: datetime = NOW, jitter: float = 0
) -> Settlement:
    return pipeline.settle(claimed, verdict, policy=POLICY, now=now, jitter=jitter)


@pytest.mark.parametrize(
    ("attempt", "jitter", "wait"),
    [(1, 0.0, 5), (1, 1.0, 6.25), (2, 0.0, 30), (3, 0.0, 120), (4, 0.0, 120), (99, 0.5, 135)],
)
def test_waits_grow_and_the_last_repeats(attempt: int, jitter: float, wait: float) -> None:
    settlement = settle(claim(attempt), Verdict(Outcome.RETRY), jitter=jitter)
    assert settlement.state is DeliveryState.PENDING
    assert settlement.next_attempt_at == NOW + timedelta(seconds=wait)


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        (timedelta(seconds=1), timedelta(seconds=5)),
        (timedelta(minutes=10), timedelta(minutes=10)),
        (timedelta(days=365), timedelta(hours=72)),
        (timedelta.max, timedelta(hours=72)),
    ],
)
def test_what_the_receiver_asks_for_is_honoured_within_reason(
    asked: timedelta, wait: timedelta
) -> None:
    settlement = settle(claim(), Verdict(Outcome.RETRY, retry_after=asked))
    assert settlement.next_attempt_at == NOW + wait


@pytest.mark.parametrize("outcome", [Outcome.PERMANENT, Outcome.GONE])
def test_a_final_answer_ends_it(outcome: Outcome) -> None:
    settlement = settle(claim(), Verdict(outcome))
    assert (settlement.state, settlement.next_attempt_at) == (DeliveryState.EXHAUSTED, None)


def test_an_interrupted_attempt_is_made_again() -> None:
    assert settle(claim(), Verdict(Outcome.INTERRUPTED)).state is DeliveryState.PENDING


def test_giving_up_counts_from_the_beginning() -> None:
    old = claim(20, created=NOW - timedelta(hours=72))
    young = claim(20, created=NOW - timedelta(hours=71, minutes=59))
    assert settle(old, Verdict(Outcome.RETRY)).state is DeliveryState.EXHAUSTED
    assert settle(young, Verdict(Outcome.RETRY)).state is DeliveryState.PENDING
    assert settle(old, Verdict(Outcome.DELIVERED)).state is DeliveryState.DELIVERED


def test_giving_up_counts_from_a_replay() -> None:
    replayed = claim(20, created=NOW - timedelta(days=30), replayed=NOW - timedelta(hours=1))
    assert settle(replayed, Verdict(Outcome.RETRY)).state is DeliveryState.PENDING
    assert (
        settle(replayed, Verdict(Outcome.RETRY), now=NOW + timedelta(hours=71)).state
        is DeliveryState.EXHAUSTED
    )
