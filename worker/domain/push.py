"""Feeds that are pushed to us through a hub (WebSub, https://www.w3.org/TR/websub/). Pure.

    wanted ──ask──▶ asked ──verified──▶ active ──misses──▶ silent
       ▲              │                  │  ▲                 │
       └── no answer ─┘◀──── renew ──────┘  └─── verified ────┘      denied: asked again in a day

Only `active`, and only until its lease ends, lets a feed be polled less often: whatever a hub does
or does not do, a feed is polled as if there were none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LEASE = timedelta(days=10)
"""What we ask for; hubs give what they like."""
PUSHED_PACE = timedelta(minutes=15)
"""How often a feed is polled all the same while its hub pushes."""
MOST_MISSES = 2
"""Polls that found what the hub should have pushed, until it counts as silent."""

_ANSWER_WITHIN = timedelta(minutes=10)
_LONGEST_WAIT = timedelta(hours=24)
_SHORTEST_LEASE = timedelta(minutes=5)
_LONGEST_LEASE = timedelta(days=30)


class PushState(StrEnum):
    """`ENDING`: we have asked the hub to stop."""

    WANTED = "wanted"
    ASKED = "asked"
    ACTIVE = "active"
    SILENT = "silent"
    DENIED = "denied"
    ENDING = "ending"


@dataclass(frozen=True, slots=True)
class Hub:
    """Where a feed can be subscribed to, and the name it has there."""

    url: str
    topic: str


@dataclass(frozen=True, slots=True)
class Push:
    """One feed's subscription. `key` is the end of our address for it, which nobody can guess.

    `secret` signs what the hub sends, and is sealed here. `failures` counts requests since the
    hub last verified one; `misses` polls that found what had not been pushed. `next_at` is when
    something is to be done again.
    """

    feed_id: str
    hub: str
    topic: str
    key: str
    secret: str
    state: PushState
    next_at: datetime | None = None
    lease_until: datetime | None = None
    pushed_at: datetime | None = None
    failures: int = 0
    misses: int = 0
    reason: str = ""


def ask_again(failures: int, now: datetime) -> datetime:
    """When to ask a hub again that has not verified `failures` requests in a row."""
    doublings = min(max(failures - 1, 0), 12)
    return now + min(_ANSWER_WITHIN * (1 << doublings), _LONGEST_WAIT)


def granted(seconds: str | None, now: datetime) -> tuple[datetime, datetime]:
    """When a lease of so many seconds ends, and when to renew it: well before.

    A hub that says nothing gives what was asked for; none is believed beyond a month.
    """
    lease = LEASE
    if seconds is not None and seconds.isascii() and seconds.isdigit():
        lease = min(timedelta(seconds=int(seconds[:9])), _LONGEST_LEASE)
    lease = max(lease, _SHORTEST_LEASE)
    return now + lease, now + lease * 0.75


def paced(due: datetime, reason: str, now: datetime) -> tuple[datetime, str]:
    """The next poll of a feed that its hub pushes, instead of at `due` because of `reason`."""
    later = now + PUSHED_PACE
    return (due, reason) if due >= later else (later, "15m: its hub pushes what is new (WebSub)")
