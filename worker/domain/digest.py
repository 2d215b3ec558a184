"""Several alerts in one message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from worker.domain.alert import Alert

DIGEST = "alert.digest"
"""The kind of announcement, and the type of webhook, that a digest is sent as."""


@dataclass(frozen=True, slots=True)
class Digest:
    """The alerts of one digest, story by story and each in its order. `due` is its time."""

    due: datetime
    alerts: tuple[Alert, ...]
