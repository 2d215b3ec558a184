"""The running processes of the service, as they report themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the service: what it is, where it runs, when it last said so.

    `figures` holds what it counts about itself (tasks done, failures, memory in bytes, …).
    """

    id: str
    kind: str
    host: str
    pid: int
    version: str
    started: datetime
    seen: datetime
    figures: Mapping[str, float | str] = field(default_factory=dict)
