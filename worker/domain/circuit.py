"""When an endpoint is spared: a circuit breaker with a half-open probe, and waits it asked for.

One circuit a channel, shared by all workers through the database. It opens after a few failures
in a row. Once its wait is over one message goes out as a probe; the answer to that one closes the
circuit or opens it again for longer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker.domain.delivery import Outcome, Verdict

# When to look again whether one of the messages under way has been answered.
_A_MOMENT = timedelta(milliseconds=50)


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for sending over one channel, counted over all workers.

    `concurrent` messages at a time at most, `per_second` a second (`None`: no limit).
    `threads`: messages about one story belong together. `addresses`: it goes to many people,
    some of whom may want nothing more.
    """

    concurrent: int | None = None
    per_second: float | None = None
    threads: bool = False
    addresses: bool = False


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """How many failures in a row open a circuit, and for how long, the last wait repeating."""

    threshold: int = 5
    waits: tuple[timedelta, ...] = tuple(
        timedelta(seconds=each) for each in (5, 15, 45, 120, 300, 600)
    )

    @classmethod
    def following(cls, waits: tuple[timedelta, ...], longest: timedelta) -> BreakerPolicy:
        """Waits like those between the attempts of a message, none beyond `longest`."""
        return cls(waits=tuple(min(wait, longest) for wait in waits))

    def wait(self, openings: int) -> timedelta:
        """How long the circuit stays open at its `openings`-th opening in a row (from 1)."""
        return self.waits[min(openings, len(self.waits)) - 1]


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is known of a channel's endpoint, for everybody who sends to it.

    `failures` in a row since `failing_since`; `openings` in a row; open until `open_until`, after
    which `probe` is the id of the delivery that tries it out. Nothing goes out before `next_at`
    (a limit, or the receiver asked for it). While `held` (an endpoint that has not shown that it
    wants messages) only announcements go out. `warned`: people were told of the failures then.
    """

    name: str
    failures: int = 0
    openings: int = 0
    failing_since: datetime | None = None
    open_until: datetime | None = None
    probe: str | None = None
    next_at: datetime | None = None
    held: bool = False
    warned: datetime | None = None
    last_error: str | None = None

    def room(self, terms: Terms, under_way: int, now: datetime) -> tuple[int | None, datetime]:
        """How many messages may go out now (`None`: any number), and when to ask for others."""
        waits = [each for each in (self.open_until, self.next_at) if each and each > now]
        if waits:
            return 0, max(waits)
        soon = now + _A_MOMENT
        if self.open_until is not None:
            return 1, now + timedelta(seconds=1)
        rooms: list[int] = []
        if terms.concurrent is not None:
            rooms.append(max(0, terms.concurrent - under_way))
        if terms.per_second is not None:
            rooms.append(1)
            if rooms[0]:
                soon = now + timedelta(seconds=1 / terms.per_second)
        return (min(rooms) if rooms else None), soon

    def claimed(self, ids: list[str], terms: Terms, now: datetime, lease: timedelta) -> Circuit:
        """After deliveries have been taken to be sent. The first one through is the probe."""
        after = self
        if terms.per_second is not None:
            after = replace(after, next_at=now + timedelta(seconds=len(ids) / terms.per_second))
        if self.open_until is not None:
            after = replace(after, open_until=now + lease, probe=ids[0])
        return after

    def answered(
        self, delivery_id: str, verdict: Verdict, now: datetime, policy: BreakerPolicy
    ) -> Circuit:
        """After an attempt. A refusal of one message says that the endpoint is alive."""
        if verdict.outcome is Outcome.INTERRUPTED:
            return replace(self, open_until=now, probe=None) if delivery_id == self.probe else self
        if verdict.outcome is not Outcome.RETRY:
            return Circuit(self.name, next_at=self.next_at, held=self.held)
        after = self._failed(delivery_id, verdict.detail, now, policy)
        if verdict.retry_after:
            asked = now + verdict.retry_after
            after = replace(after, next_at=max(asked, after.next_at or asked))
        return after

    def _failed(
        self, delivery_id: str, error: str, now: datetime, policy: BreakerPolicy
    ) -> Circuit:
        after = replace(
            self,
            failures=self.failures + 1,
            failing_since=self.failing_since or now,
            last_error=error,
        )
        probed = delivery_id == self.probe
        # What was under way when the circuit opened says nothing new.
        is_open = self.open_until is not None and not probed
        if is_open or after.failures < policy.threshold:
            return after
        openings = self.openings + 1
        return replace(after, openings=openings, open_until=now + policy.wait(openings), probe=None)

    @property
    def is_open(self) -> bool:
        """Whether the endpoint is being spared, or tried out."""
        return self.open_until is not None
