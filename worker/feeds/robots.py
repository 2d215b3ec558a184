"""What a site's robots.txt allows us (RFC 9309)."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from protego import Protego

from worker.net import Response

AGENT = "alliance-watch"
MAX_BYTES = 500 * 1024
_KEPT_SECONDS = 3600.0
_MOST_SITES = 500

Get = Callable[[str], Awaitable[Response | None]]
"""Fetches a robots.txt; `None` when nobody answers."""


def rules_of(answer: Response | None) -> Protego | None:
    """The rules in an answer; `None` when nothing may be fetched.

    As RFC 9309, 2.3.1: what is not there (4xx) allows everything, a site in trouble (5xx, no
    answer) nothing for the time being.
    """
    if answer is None or answer.status >= 500 or answer.status == 429:
        return None
    text = answer.body.decode("utf-8", "replace") if answer.status == 200 else ""
    try:
        return Protego.parse(text)
    except ValueError:
        return Protego.parse("")


class Robots:
    """Asks each site once an hour."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[str, tuple[Protego | None, float]] = OrderedDict()

    async def allows(self, url: str, get: Get) -> bool:
        """Whether we may fetch `url`; `get` is used when the site's rules are not known."""
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        rules, until = self._known.get(site, (None, 0.0))
        if until <= self._clock():
            rules = rules_of(await get(f"{site}/robots.txt"))
            self._known[site] = (rules, self._clock() + _KEPT_SECONDS)
            self._known.move_to_end(site)
            while len(self._known) > _MOST_SITES:
                self._known.popitem(last=False)
        return rules is not None and bool(rules.can_fetch(url, AGENT))
