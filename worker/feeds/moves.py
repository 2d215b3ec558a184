"""When a permanent redirect is believed, and what follows from it. Pure.

One 301 is often a mistake, a login page or a network that wants to be paid; three in a row that
agree are a move. The redirect goes on being followed meanwhile, so nothing is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from worker.domain.feed import Feed, FeedState, Fetched, Move, PollResult, polled_url
from worker.net import Redirect

POLLS_THAT_AGREE = 3
_PERMANENT = (301, 308)


def moved_to(redirects: Sequence[Redirect]) -> str | None:
    """Where permanent redirects lead, as far as nothing temporary comes before them."""
    address = None
    for redirect in redirects:
        if redirect.status not in _PERMANENT:
            break
        address = redirect.url
    return address


def after_move(feed: Feed, state: FeedState, fetched: Fetched) -> Move:
    """What is known of a move after a poll. Only polls that gave a usable answer count."""
    move, target = state.move, fetched.moved_to
    if fetched.result not in (PollResult.NEW, PollResult.UNCHANGED):
        return move
    asked = polled_url(feed, state)
    if target is None or target in (asked, move.refused) or _is_downgrade(asked, target):
        return replace(move, candidate=None, agreed=0)
    agreed = move.agreed + 1 if target == move.candidate else 1
    if agreed < POLLS_THAT_AGREE:
        return replace(move, candidate=target, agreed=agreed)
    return replace(move, address=target, candidate=None, agreed=0)


def _is_downgrade(before: str, after: str) -> bool:
    """From https to http: followed while it lasts, never made permanent."""
    return urlsplit(before).scheme == "https" and urlsplit(after).scheme == "http"
