"""What is known of the message queues at one moment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """One queue, all its priorities together.

    `depth` counts messages that wait. `oldest_age_seconds` is how long the oldest of them has
    waited since it was published, `None` when none waits or the broker cannot tell.
    `in_flight` counts messages that consumers hold and have not acknowledged. `None` in a count
    says that this broker does not give it.
    """

    name: str
    depth: int
    oldest_age_seconds: float | None = None
    in_flight: int | None = None
    consumers: int | None = None


@dataclass(frozen=True, slots=True)
class QueueReading:
    """All queues of the service. `error` says in words, without secrets, why nothing was read."""

    reachable: bool
    queues: tuple[QueueFigures, ...] = ()
    error: str = ""
