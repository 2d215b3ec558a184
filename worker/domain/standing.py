"""What has been told of a story, and what is to be told: between deciding and recording."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from worker.domain import ids
from worker.domain.alert import Alert
from worker.domain.story import Mute


@dataclass(frozen=True, slots=True)
class Told:
    """A report beside the story that it belongs to and the alert to which it is added.

    `headline` tells its event in the language of its item; `at` is when that was published.
    """

    event_id: str
    story_id: str
    alert_id: str | None
    headline: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pending:
    """A message of a story that still waits. `fields` are those that its alert saw change."""

    delivery_id: str
    channel: str
    sequence: int
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """What has been sent of a story so far.

    `latest` is its latest alert and `told` the channels that have it or will. `listeners` are the
    subscriptions that were sent anything of it.
    """

    latest: Alert | None = None
    told: frozenset[str] = frozenset()
    pending: tuple[Pending, ...] = ()
    mutes: tuple[Mute, ...] = ()
    listeners: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Digested:
    """An alert that waits for a digest. `due` is when the digest goes out."""

    subscription_id: str
    channel: str
    due: datetime
    alert_id: str
    told_by: str | None = None

    def digest_id(self, round_: int = 0) -> str:
        """The id of the digest's message: one for a subscription and a time.

        Later rounds are for alerts that come when the digest is on its way already.
        """
        return ids.digest_id(self.subscription_id, self.due, round_)
