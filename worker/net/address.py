"""Addresses of requests: what can be used, what a redirect leads to, what one origin is."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urljoin

from yarl import URL

from worker.net.errors import BadAddress, BadAnswer
from worker.net.redact import redact_url

# What may go to another origin: nothing that could carry a credential.
HARMLESS = frozenset(
    {"accept", "accept-language", "content-type", "if-modified-since", "if-none-match"}
)


def join(base: URL, location: str) -> str:
    try:
        return urljoin(str(base), location)
    except ValueError:
        raise BadAnswer(f"{redact_url(str(base))} redirects to no address") from None


def is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def usable(url: str, headers: dict[str, str]) -> tuple[URL, dict[str, str]]:
    """The address without user and password, which become a header; `BadAddress` if it is none."""
    shown = redact_url(url)
    try:
        target = URL(url.strip())
        user, password, port = target.user, target.password, target.port
    except (ValueError, UnicodeError):
        raise BadAddress(f"{shown} is not an address") from None
    if target.scheme not in ("http", "https"):
        raise BadAddress(f"{shown} is neither http nor https")
    if not target.host or not port:
        raise BadAddress(f"{shown} names no host")
    if any(c in value for pair in headers.items() for value in pair for c in "\r\n\0"):
        raise BadAddress(f"a header for {shown} holds a line break")
    if user is not None or password is not None:
        target = target.with_user(None)
        if "authorization" not in {name.lower() for name in headers}:
            credentials = base64.b64encode(f"{user or ''}:{password or ''}".encode()).decode()
            headers = {**headers, "Authorization": f"Basic {credentials}"}
    return target, headers


def follow(before: str, after: str, headers: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    """A request to `before` made to `after` instead: its address and headers.

    To the same origin with user, password and headers as they were; to another without any of
    them, since each may be a credential, as on the way of a redirect.
    """
    try:
        old, new = URL(before.strip()), URL(after)
        user, password = old.user, old.password
    except (ValueError, UnicodeError):
        return after, {}
    if not same_origin(old, new):
        return after, {k: v for k, v in headers.items() if k.lower() in HARMLESS}
    if user is None and password is None:
        return after, headers
    return str(new.with_user(user).with_password(password)), headers


def same_origin(before: URL, after: URL) -> bool:
    """RFC 6454; a move from http to https of the same host on their usual ports counts as same."""
    if before.host != after.host:
        return False
    here, there = (before.scheme, before.port), (after.scheme, after.port)
    return here == there or (here == ("http", 80) and there == ("https", 443))
