"""Getting one alert to one subscriber: states, attempts and verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from worker.domain.alert import Alert


class DeliveryState(StrEnum):
    """`PENDING` waits for `next_attempt_at`, `SENDING` is held under a lease; others are final."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    SUPERSEDED = "superseded"


class Outcome(StrEnum):
    """What an attempt came to. `INTERRUPTED`: we stopped or died before the answer was recorded."""

    DELIVERED = "delivered"
    RETRY = "retry"
    PERMANENT = "permanent"
    GONE = "gone"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert for one subscription. `id` is constant over attempts and replays.

    `replayed` is when it was last put back by hand; giving up counts from then.
    """

    id: str
    alert_id: str
    subscription_id: str
    channel: str
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    next_attempt_at: datetime | None = None
    created: datetime | None = None
    settled: datetime | None = None
    last_error: str | None = None
    replayed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this process may send until its lease ends, with what it is to say.

    `attempt` is the number of the attempt that has been recorded as begun (1, 2, …);
    `lease` identifies this claim, and only its holder may settle it.
    """

    delivery: Delivery
    alert: Alert
    attempt: int
    lease: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What a channel is asked to send. `message_id` is the same on every attempt.

    `thread` is the `Verdict.receipt` of the story's first message over the same subscription,
    for channels that can reply to it.
    """

    message_id: str
    alert: Alert
    alert_url: str
    attempted_at: datetime
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a channel makes of an answer. `detail` and `answer` are free of secrets.

    `retry_after` is the wait that the receiver asked for; `answer` at most 2,000 characters;
    `receipt` is what the receiver calls the message (Slack's `ts`), where it says so.
    """

    outcome: Outcome
    detail: str = ""
    status_code: int | None = None
    retry_after: timedelta | None = None
    answer: str = ""
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of a claimed delivery after an attempt. `PENDING` needs `next_attempt_at`."""

    claimed: Claimed
    verdict: Verdict
    state: DeliveryState
    next_attempt_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a delivery; `finished` and `outcome` are `None` while it is under way."""

    delivery_id: str
    number: int
    started: datetime
    finished: datetime | None = None
    outcome: Outcome | None = None
    status_code: int | None = None
    detail: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to try again: `waits` one after the other, the last repeating, until `give_up_after`."""

    waits: tuple[timedelta, ...]
    give_up_after: timedelta

    def wait(self, attempt: int, jitter: float) -> timedelta:
        """The wait after attempt number `attempt` (from 1), lengthened by up to a quarter.

        `jitter` in 0..1 is drawn by the caller.
        """
        base = self.waits[min(attempt, len(self.waits)) - 1]
        return base * (1 + 0.25 * jitter)

    def exhausted(self, created: datetime, now: datetime) -> bool:
        """Whether a delivery made at `created` has been tried for long enough."""
        return now - created >= self.give_up_after
