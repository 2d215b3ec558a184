"""The HTTP library's errors in our words: its own texts repeat addresses in full."""

from __future__ import annotations

import os

import aiohttp

from worker.net.dial import RefusedError
from worker.net.errors import BadAddress, BadAnswer, Blocked, NetError, Unreachable


def translate(error: Exception, shown: str) -> NetError:
    """What happened in our words: the library's own texts repeat addresses in full."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, RefusedError):
        return Blocked(f"{shown} is not a public address, and no allowed network names it")
    if isinstance(error, aiohttp.InvalidURL):
        return BadAddress(f"{shown} is not an address")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Unreachable(f"the host of {shown} has no address")
    if isinstance(error, aiohttp.ServerTimeoutError):
        return Unreachable(f"{shown} accepted no connection in time")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return Unreachable(f"the certificate of {shown} is not trusted")
    if isinstance(error, aiohttp.ClientSSLError):
        return Unreachable(f"no secure connection to {shown}")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return Unreachable(f"the proxy answered {error.status} for {shown}")
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return Unreachable(f"no connection to the proxy for {shown}")
    if isinstance(error, aiohttp.ClientConnectorError):
        code = error.os_error.errno
        reason = os.strerror(code).lower() if code else type(error.os_error).__name__
        return Unreachable(f"no connection to {shown}: {reason}")
    if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionError):
        return Unreachable(f"{shown} closed the connection without an answer")
    if isinstance(error, aiohttp.ClientResponseError | aiohttp.ClientPayloadError):
        return BadAnswer(f"the answer of {shown} is broken or cut short")
    if isinstance(error, ValueError):
        return BadAddress(f"the request to {shown} cannot be written: {type(error).__name__}")
    return Unreachable(f"no answer from {shown}: {type(error).__name__}")
