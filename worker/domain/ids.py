"""Identities that are derived, never drawn: a step that runs twice makes the same row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime


def derive(prefix: str, *parts: str) -> str:
    """A short stable id from what identifies a thing; 120 bits, so collisions are not a worry."""
    digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=15)
    return f"{prefix}_{digest.hexdigest()}"


def feed_id(url: str) -> str:
    """A feed is its address."""
    return derive("feed", url)


def item_id(feed: str, entry_key: str) -> str:
    """An item is an entry of a feed; `entry_key` comes from `feeds.identity`."""
    return derive("item", feed, entry_key)


def event_id(item: str, rule: str, companies: Iterable[str]) -> str:
    """An event is a rule and the relation it found in one item."""
    return derive("evt", item, rule, *sorted(companies))


def story_id(rule: str, companies: Iterable[str]) -> str:
    """A story is a rule and the companies between which something is going on."""
    return derive("story", rule, *sorted(companies))


def alert_id(event: str) -> str:
    """An alert is raised by one event."""
    return derive("alert", event)


def delivery_id(alert: str, subscription: str) -> str:
    """A delivery takes one alert to one subscription; also the `webhook-id` of its messages."""
    return derive("msg", alert, subscription)


def digest_id(subscription: str, due: datetime, round_: int = 0) -> str:
    """A digest takes what has come in for one subscription out at one time.

    Later rounds are for what comes when the digest is on its way already.
    """
    parts = ["digest", subscription, due.astimezone(UTC).isoformat()]
    return derive("msg", *parts, *([str(round_)] if round_ else []))
