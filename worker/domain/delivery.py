"""Getting one message to one subscriber: states, attempts and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from worker.domain.alert import Alert
from worker.domain.digest import Digest


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


SUBSCRIPTION_TEST = "subscription.test"
SUBSCRIPTION_DISABLED = "subscription.disabled"
OPS_FAILING = "ops.endpoint_failing"
OPS_NOTE = "ops.note"


@dataclass(frozen=True, slots=True)
class Announcement:
    """A message that is no alert: a test, or what operators should know.

    `kind` is the `type` of a webhook and `data` its data; `headline` and `lines` are for people.
    `links`, where given, are one a line: addresses that we made and that may be followed.
    """

    kind: str
    created: datetime
    headline: str
    lines: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[str, ...] = ()

    def linked_lines(self) -> list[tuple[str, str]]:
        """Each line with its link, empty where there is none."""
        return [
            (line, self.links[number] if number < len(self.links) else "")
            for number, line in enumerate(self.lines)
        ]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a subscriber takes webhooks. Both fields are sealed: only who has the key reads them.

    `secrets` are those that sign, the newest first, with the moments at which they end.
    """

    url: str
    secrets: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one subscription. `id` is constant over attempts and replays.

    It is about an alert, or is an announcement of its own (`alert_id` is then `None`).
    `replayed` is when it was last put back by hand; giving up counts from then.
    `reached` are those of several recipients who have it already. `told_by` is the event in whose
    words the alert is told, where that is not its own.
    """

    id: str
    alert_id: str | None
    subscription_id: str
    channel: str
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    next_attempt_at: datetime | None = None
    created: datetime | None = None
    settled: datetime | None = None
    last_error: str | None = None
    replayed: datetime | None = None
    reached: tuple[str, ...] = ()
    told_by: str | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """The first message about a story over a channel: its `Verdict.receipt`, and what it told."""

    receipt: str
    root: Alert


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this process may send until its lease ends, with what it is to say.

    It says `alert`, or else `digest` or `announcement`. `attempt` is the number of the attempt that
    has been recorded as begun (1, 2, …); `lease` identifies this claim: only its holder may settle.
    `endpoint` is where it goes when no configuration names the channel. `unwanted` are addresses
    of the channel that get nothing.
    """

    delivery: Delivery
    alert: Alert | None
    attempt: int
    lease: str
    announcement: Announcement | None = None
    endpoint: Endpoint | None = None
    thread: Thread | None = None
    unwanted: frozenset[str] = frozenset()
    digest: Digest | None = None


class Claims(list[Claimed]):
    """The claims that were granted. `later`: when to come back for others of the wanted ids."""

    def __init__(self) -> None:
        super().__init__()
        self.later: dict[str, datetime] = {}


@dataclass(frozen=True, slots=True)
class Notice:
    """What a channel is asked to send. `message_id` is the same on every attempt.

    `thread` is the story's first message over the same channel, for channels that can reply to
    it. `reached` and `unwanted` are addresses that have the message, or want none.
    """

    message_id: str
    alert: Alert
    alert_url: str
    attempted_at: datetime
    thread: Thread | None = None
    reached: tuple[str, ...] = ()
    unwanted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Bulletin:
    """An announcement that a channel is asked to send; as `Notice` otherwise.

    It goes into `thread` when it is about a story.
    """

    message_id: str
    said: Announcement
    attempted_at: datetime
    reached: tuple[str, ...] = ()
    unwanted: frozenset[str] = frozenset()
    thread: Thread | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a channel makes of an answer. `detail` and `answer` are free of secrets.

    `retry_after` is the wait that the receiver asked for; `answer` at most 2,000 characters.
    `receipt` is what the receiver calls a message that others can reply to. `reached` are the
    addresses that have it now, `refused` those that never will, with the reason.
    """

    outcome: Outcome
    detail: str = ""
    status_code: int | None = None
    retry_after: timedelta | None = None
    answer: str = ""
    receipt: str = ""
    reached: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


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
