"""How a request can fail. Every message is one line without secrets, fit for a log or a page."""

# ruff: noqa: N818 - the names say what happened, as their readers do

from __future__ import annotations


class NetError(Exception):
    """A request that got no usable answer."""


class BadAddress(NetError):
    """The address or a header cannot be used: no host, another scheme than http(s), …"""


class Blocked(NetError):
    """The host lies outside the public Internet and no allowed network names it."""


class Unreachable(NetError):
    """The name does not resolve, nobody listens, or no trusted connection came about."""


class TimedOut(NetError):
    """The deadline for the whole exchange passed."""


class TooLarge(NetError):
    """The body, once decompressed, is longer than the caller allows."""


class BadAnswer(NetError):
    """What came back breaks HTTP, its content coding, or redirects without end."""
