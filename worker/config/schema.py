"""What keys there are, read off the models: for environment variables, mends and the reference."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from worker.channels import ChannelSettings
from worker.config.settings import (
    DeliverySettings,
    FeedSettings,
    NetworkSettings,
    ServiceSettings,
    SubscriptionSettings,
)
from worker.config.toml_positions import Path

TABLES: Mapping[str, type[BaseModel]] = {
    "service": ServiceSettings,
    "network": NetworkSettings,
    "delivery": DeliverySettings,
}
_CHANNEL_KEYS = {
    ("", "limit"): "Most alerts by themselves within `limit_minutes`; those on top come in one "
    "message when these are over; 0 for no limit",
    ("", "limit_minutes"): "The length of time that `limit` counts in, in minutes",
    ("", "name"): "Name that subscriptions refer to",
    ("", "type"): "Kind of channel",
    ("email", "dkim_domain"): "Domain that signs; empty for that of `from`",
    ("email", "dkim_key"): "RSA private key in PEM that signs each message (DKIM), mostly "
    "`file:…`; with `dkim_selector`",
    ("email", "dkim_selector"): "Name under which the domain publishes the key",
    ("email", "from"): "Address that the messages come from",
    ("email", "smtp"): "Mail server: `smtp://user@host:587`, or `smtps://` for TLS from the start",
    ("email", "smtp_password"): "Password of the user at the mail server",
    ("email", "starttls"): "`offered` encrypts when the server can; `required` refuses without",
    ("email", "to"): "Addresses that get each alert",
    ("slack", "api_url"): "Address of the Slack API",
    ("slack", "channel"): "Channel that the bot writes to, such as `#deals`",
    ("slack", "signing_secret"): "Signing secret of the Slack app; with it alerts have buttons, "
    "whose presses Slack sends to `/slack/interactions` of `public_url`",
    ("slack", "token"): "Token of a bot, with `channel`; stories become threads",
    ("slack", "url"): "Address of an incoming webhook; instead of `token` and `channel`",
    ("webhook", "concurrency"): "Messages at a time, over all workers",
    ("webhook", "rate"): "Messages a second, over all workers; empty for no limit",
    ("webhook", "secret"): "Secret that signs the messages, `whsec_…`; during a change both, "
    "with a blank between",
    ("webhook", "url"): "Address that takes the messages",
}
LISTS = ("feeds", "channels", "subscriptions")
SECTIONS = (*TABLES, *LISTS)


@cache
def channel_models() -> Mapping[str, type[BaseModel]]:
    """The settings of each kind of channel, by the value of its `type`."""
    union, *_ = get_args(ChannelSettings)
    members = get_args(union) or (union,)
    return {get_args(model.model_fields["type"].annotation)[0]: model for model in members}


@cache
def element_adapter(section: str) -> TypeAdapter[Any]:
    """What validates one element of a list of tables."""
    models: dict[str, Any] = {
        "feeds": FeedSettings,
        "channels": ChannelSettings,
        "subscriptions": SubscriptionSettings,
    }
    return TypeAdapter(models[section])


def fields_of(section: str, kind: str | None = None) -> Mapping[str, FieldInfo]:
    """The keys of a table of a section; of `channels`, those of one kind, or of all kinds."""
    if section in TABLES:
        return TABLES[section].model_fields
    if section == "feeds":
        return FeedSettings.model_fields
    if section == "subscriptions":
        return SubscriptionSettings.model_fields
    models = channel_models()
    chosen = [models[kind]] if kind and kind in models else list(models.values())
    return {
        info.alias or name: info for model in chosen for name, info in model.model_fields.items()
    }


def field_at(path: Path, kind: str | None = None) -> FieldInfo | None:
    """The field that a path leads to or into, if there is one."""
    section, *rest = path
    names = [part for part in rest if isinstance(part, str)]
    if section not in SECTIONS or not names:
        return None
    return fields_of(str(section), kind).get(names[0])


def description(path: Path, kind: str | None = None) -> str:
    """What the key at a path is for; empty where that is not known."""
    names = [part for part in path if isinstance(part, str)]
    if path[0] == "channels" and len(names) > 1:
        return _CHANNEL_KEYS.get((kind or "", names[1]), _CHANNEL_KEYS.get(("", names[1]), ""))
    info = field_at(path)
    return info.description or "" if info is not None else ""


def is_list(info: FieldInfo) -> bool:
    """Whether a field holds a list."""
    return get_origin(info.annotation) in {tuple, list}


def is_secret(info: FieldInfo) -> bool:
    """Whether what a field holds must not be shown."""
    return "SecretStr" in repr(info.annotation)


def key_text(path: Path) -> str:
    """A path as people write it: `channels[1].secret`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A mend for a word that is not among those known."""
    choice = sorted(known)
    near = difflib.get_close_matches(word.lower(), [name.lower() for name in choice], 1, 0.6)
    if near:
        best = next(name for name in choice if name.lower() == near[0])
        return f'did you mean "{best}"?'
    if not choice:
        return "leave it out"
    shown = ", ".join(choice[:12])
    return f"known: {shown}" + (f" and {len(choice) - 12} more" if len(choice) > 12 else "")
