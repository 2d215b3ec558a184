"""What readers think of alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Opinion(StrEnum):
    """`RIGHT`: the alert says what the item says. `WRONG`: it should not have come, or not so."""

    RIGHT = "right"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Feedback:
    """A reader's last word on an alert. `reader` says where it was said and by whom."""

    alert_id: str
    item_id: str
    reader: str
    opinion: Opinion
    note: str
    said: datetime


@dataclass(frozen=True, slots=True)
class Unwanted:
    """An address that gets nothing more over a channel, and why."""

    channel: str
    address: str
    reason: str
    since: datetime


UNSUBSCRIBED = "unsubscribed"
"""The reason of those who asked for it themselves."""
