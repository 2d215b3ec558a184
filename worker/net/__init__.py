"""The one way out: every request that the service makes goes through `Outbound`."""

from worker.net.address import follow
from worker.net.errors import (
    BadAddress,
    BadAnswer,
    Blocked,
    NetError,
    TimedOut,
    TooLarge,
    Unreachable,
)
from worker.net.outbound import Outbound, Redirect, Response
from worker.net.redact import redact_url

__all__ = [
    "BadAddress",
    "BadAnswer",
    "Blocked",
    "NetError",
    "Outbound",
    "Redirect",
    "Response",
    "TimedOut",
    "TooLarge",
    "Unreachable",
    "follow",
    "redact_url",
]
