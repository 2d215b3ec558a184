"""Hubs of WebSub: found in what a feed says, asked for a subscription, believed by signature."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import urlencode, urljoin

from worker.domain.push import LEASE, Hub
from worker.feeds.links import addresses, header_links, markup_links
from worker.net import NetError, Outbound

_METHODS = ("sha1", "sha256", "sha384", "sha512")
_REDIRECTS = frozenset({301, 302, 307, 308})
_MOST_HOPS = 5
_TIMEOUT = 15.0
# Entries have links of their own, also to themselves.
_FIRST_ENTRY = re.compile(rb"<(?:[A-Za-z][\w.-]{0,20}:)?(?:item|entry)[\s>]")


class HubRefused(Exception):  # noqa: N818 - it states what the hub did
    """A hub did not take a request; one line that says why, fit for a log."""


def hub_of(headers: Mapping[str, str], body: bytes, url: str) -> Hub | None:
    """The hub of a feed or page and its topic; `None` where none is named.

    What the headers say goes before what the body says (WebSub, 4). Without `self` the topic is
    the address itself.
    """
    said = headers.get("Link", "")
    if not said and not body:
        return None
    in_headers = header_links(said, url)
    first = _FIRST_ENTRY.search(body[: 256 * 1024])
    in_body = markup_links(body[: first.start()] if first else body, url)
    hubs = addresses(in_headers, "hub") or addresses(in_body, "hub")
    topics = addresses(in_headers, "self") or addresses(in_body, "self")
    return Hub(hubs[0], topics[0] if topics else url) if hubs else None


async def ask(
    outbound: Outbound, hub: str, mode: str, topic: str, callback: str, secret: str
) -> None:
    """Ask a hub to subscribe or unsubscribe us; it verifies that later. Raises `HubRefused`.

    A hub that has moved is asked where it is now, with the same request.
    """
    form = {"hub.mode": mode, "hub.topic": topic, "hub.callback": callback}
    if mode == "subscribe":
        form |= {"hub.secret": secret, "hub.lease_seconds": str(int(LEASE.total_seconds()))}
    try:
        for _ in range(_MOST_HOPS):
            answer = await outbound.request(
                "POST",
                hub,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                body=urlencode(form).encode(),
                timeout=_TIMEOUT,
                max_bytes=64 * 1024,
                cut=True,
            )
            location = answer.headers.get("Location")
            if answer.status in _REDIRECTS and location:
                hub = urljoin(hub, location)
                continue
            if not 200 <= answer.status < 300:
                raise HubRefused(f"the hub answers with HTTP {answer.status}")
            return
    except NetError as error:
        raise HubRefused(str(error)) from None
    raise HubRefused(f"the hub redirects more than {_MOST_HOPS} times")


def is_signed(header: str | None, body: bytes, secret: str) -> bool:
    """Whether `X-Hub-Signature` proves that who sent `body` knows the secret (WebSub, 7.1)."""
    method, _, given = (header or "").strip().partition("=")
    if method.lower() not in _METHODS or not given.isascii():
        return False
    expected = hmac.new(secret.encode(), body, getattr(hashlib, method.lower())).hexdigest()
    return hmac.compare_digest(expected, given.strip().lower())
