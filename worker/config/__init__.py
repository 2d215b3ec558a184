"""The configuration: one TOML file, every key also an environment variable."""

from worker.config.crosschecks import KnownNames
from worker.config.durations import format_duration, parse_duration
from worker.config.reading import config_path, defaults, load, read
from worker.config.settings import (
    DeliverySettings,
    FeedSettings,
    NetworkSettings,
    ServiceSettings,
    Settings,
    SubscriptionSettings,
)
from worker.config.values import Listen

__all__ = [
    "DeliverySettings",
    "FeedSettings",
    "KnownNames",
    "Listen",
    "NetworkSettings",
    "ServiceSettings",
    "Settings",
    "SubscriptionSettings",
    "config_path",
    "defaults",
    "format_duration",
    "load",
    "parse_duration",
    "read",
]
