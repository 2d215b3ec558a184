"""How hosts are treated: the pause after each request, and the rest that they ask for. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from worker.domain.feed import Feed, FeedState, Fetched, Rest, host_of, polled_url
from worker.feeds.pacing import span

HOST_GAP = timedelta(seconds=1)
_BUSY = (429, 503)


def is_on_this_machine(url: str) -> bool:
    """Whether an address names this machine, which is not somebody else's to be spared."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or host.endswith(".localhost") or ip_address(host).is_loopback
    except ValueError:
        return False


def gap_after(url: str) -> timedelta:
    """How long the host of an address is left alone after each request."""
    return timedelta() if is_on_this_machine(url) else HOST_GAP


def rests(
    feed: Feed, state: FeedState, fetched: Fetched, due: datetime | None, now: datetime
) -> tuple[Rest, ...]:
    """The hosts that are to be left alone after a poll, whatever feed is due there.

    429 and 503 are said for the host. Without `Retry-After` a 503 may be the trouble of one page;
    a 429 never is, and then the host rests until the feed's next poll, at `due`.
    """
    if fetched.status_code not in _BUSY:
        return ()
    if fetched.retry_after is not None:
        until = now + fetched.retry_after
        reason = f"its host asked for {span(fetched.retry_after)} (Retry-After)"
    elif fetched.status_code == 429 and due is not None:
        until, reason = due, "its host is asked too often (429)"
    else:
        return ()
    asked = {host_of(polled_url(feed, state)), host_of(fetched.url or "")} - {""}
    return tuple(Rest(host, until, reason) for host in sorted(asked))
