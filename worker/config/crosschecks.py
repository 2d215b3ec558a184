"""What a configuration must fulfil beyond each value by itself.

These checks run on whatever parts are sound, so that faults elsewhere hide none of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from worker.config import schema
from worker.config.durations import format_duration
from worker.config.settings import (
    DeliverySettings,
    FeedSettings,
    ServiceSettings,
    SubscriptionSettings,
)
from worker.config.source import Source
from worker.config.toml_positions import Path

_Fault = tuple[Path, str, str]
_Table = TypeVar("_Table", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What the rules and watchlists know, so that subscriptions can be held against it."""

    rules: frozenset[str]
    companies: frozenset[str]
    alliances: frozenset[str]


@dataclass(slots=True)
class Sound:
    """What is valid by itself: tables by their place, less the keys that were found `faulty`.

    A faulty key has its default in its table, so a check must not conclude anything from it.
    """

    tables: dict[Path, BaseModel] = field(default_factory=dict)
    faulty: set[Path] = field(default_factory=set)

    def of_type(self, model: type[_Table]) -> Iterator[tuple[Path, _Table]]:
        """The sound tables of one kind, with their places."""
        for path, table in self.tables.items():
            if isinstance(table, model):
                yield path, table


def cross_check(source: Source, sound: Sound) -> None:
    """Note every fault that shows only when several values are looked at together."""
    checks: tuple[Callable[[Source, Sound], Iterator[_Fault]], ...] = (
        _listening, _rule_folders, _retries, _ops_channels, _feeds, _channels, _subscriptions,
    )  # fmt: skip
    for check in checks:
        for path, problem, mend in check(source, sound):
            source.report(path, problem, mend)


def _listening(_source: Source, sound: Sound) -> Iterator[_Fault]:
    for path, service in sound.of_type(ServiceSettings):
        has_auth = service.auth or (*path, "auth") in sound.faulty
        if not service.listen.is_loopback and not has_auth:
            yield (
                (*path, "listen"),
                "other machines can reach this address, and no way to sign in is configured",
                'set auth = ["token"] in [service], or listen on "127.0.0.1:8765"',
            )


def _rule_folders(_source: Source, sound: Sound) -> Iterator[_Fault]:
    for path, service in sound.of_type(ServiceSettings):
        for position, folder in enumerate(service.rules):
            if not folder.is_dir():
                problem = "is not a folder" if folder.exists() else "there is no such folder"
                yield (
                    (*path, "rules", position),
                    f"{problem}: {folder}",
                    "name an existing folder, or leave rules out for those of the service",
                )


def _retries(_source: Source, sound: Sound) -> Iterator[_Fault]:
    for path, delivery in sound.of_type(DeliverySettings):
        waits = delivery.retry_waits
        if not waits:
            yield (
                (*path, "retry_waits"),
                "names no wait",
                'give at least one, or leave it out: ["5s", "30s", "2m"]',
            )
        for position in range(1, len(waits)):
            if waits[position] < waits[position - 1]:
                before = format_duration(waits[position - 1])
                yield (
                    (*path, "retry_waits", position),
                    f"{format_duration(waits[position])} is shorter than {before} before it",
                    "let the waits grow from the first to the last",
                )


def _ops_channels(source: Source, sound: Sound) -> Iterator[_Fault]:
    known = [name for _, name in _channel_names(source)]
    for path, delivery in sound.of_type(DeliverySettings):
        for position, name in enumerate(delivery.ops_channels):
            if name not in known:
                yield (
                    (*path, "ops_channels", position),
                    f'there is no channel "{name}"',
                    schema.did_you_mean(name, known)
                    if known
                    else f'add [[channels]] with name = "{name}"',
                )


def _feeds(source: Source, sound: Sound) -> Iterator[_Fault]:
    first: dict[str, Path] = {}
    for path, feed in sound.of_type(FeedSettings):
        if feed.url in first:
            yield (
                (*path, "url"),
                f"the same address as {_place(source, first[feed.url])}",
                "leave one of them out",
            )
        first.setdefault(feed.url, path)


def _channels(source: Source, _sound: Sound) -> Iterator[_Fault]:
    first: dict[str, Path] = {}
    for position, name in _channel_names(source):
        if name in first:
            yield (
                ("channels", position, "name"),
                f'the name "{name}" is taken by {_place(source, first[name])}',
                "give each channel a name of its own",
            )
        first.setdefault(name, ("channels", position))


def _subscriptions(source: Source, sound: Sound) -> Iterator[_Fault]:
    channels = [name for _, name in _channel_names(source)]
    first: dict[str, Path] = {}
    for path, subscription in sound.of_type(SubscriptionSettings):
        if subscription.channel not in channels:
            yield (
                (*path, "channel"),
                f'there is no channel "{subscription.channel}"',
                schema.did_you_mean(subscription.channel, channels)
                if channels
                else f'add [[channels]] with name = "{subscription.channel}"',
            )
        if subscription.delivery == "digest" and not subscription.digest_at:
            yield (*path, "digest_at"), "names no time", 'write it like ["08:00", "18:00"]'
        if any(faulty[:2] == path for faulty in sound.faulty):
            continue
        identity = subscription.subscription().id
        if identity in first:
            yield (
                path,
                f"the same subscription as {_place(source, first[identity])}",
                "leave one of them out, or let them differ in what they want",
            )
        first.setdefault(identity, path)


def check_names(source: Source, sound: Sound, names: KnownNames) -> None:
    """Note every name in a subscription that no rule and no watchlist knows."""
    kinds = {"rules": "rule", "companies": "company", "alliances": "alliance"}
    for path, subscription in sound.of_type(SubscriptionSettings):
        for key, kind in kinds.items():
            known: frozenset[str] = getattr(names, key)
            for position, name in enumerate(getattr(subscription, key)):
                if name not in known:
                    source.report(
                        (*path, key, position),
                        f'there is no {kind} "{name}"',
                        schema.did_you_mean(name, known),
                    )


def _channel_names(source: Source) -> Iterator[tuple[int, str]]:
    """Also of channels with faults: a subscription to one of them is not at fault."""
    channels: Any = source.data.get("channels")
    for position, channel in enumerate(channels if isinstance(channels, list) else ()):
        name = channel.get("name") if isinstance(channel, dict) else None
        if isinstance(name, str):
            yield position, name


def _place(source: Source, path: Path) -> str:
    line = source.positions.line(path)
    return schema.key_text(path) + (f" on line {line}" if line else "")
