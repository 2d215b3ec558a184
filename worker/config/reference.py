"""The reference of all keys, made from the code so that it cannot differ from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from worker.config import schema
from worker.config.durations import format_duration
from worker.config.environment import PREFIX

_INTRODUCTION = f"""\
# Configuration

One TOML file, named with `--config FILE` or the variable `ALLIANCE_WATCH_CONFIG`. Without it the
service watches the sample wire that ships with it. `alliance-watch check` names everything that is
wrong with a file, with line and mend; a file with a fault is refused as a whole, and a key that is
not in these tables is a fault.

- Every key is also an environment variable, which wins over the file:
  `{PREFIX}SERVICE__LISTEN` for `listen` of `[service]`,
  `{PREFIX}FEEDS__0__URL` for the `url` of the first feed. Lists are JSON or words
  between commas; `{PREFIX}FEEDS` holds the whole list of feeds as JSON.
- Wherever a text is allowed, `"env:NAME"` stands for the content of a variable and `"file:PATH"`
  for that of a file, without the line break at its end. Use them for secrets. A relative path is
  relative to the configuration file.
- Durations are written `"15s"`, `"2m"`, `"1h30m"`, `"72h"`.

This page is the output of `alliance-watch config reference`.
"""
_TITLES = {
    "service": "where the service keeps its data and how it is reached",
    "network": "what the service may reach",
    "delivery": "how hard the service tries to get an alert to a receiver",
    "feeds": "what to watch, one table a feed",
    "channels": "ways to tell people and programs, one table a channel",
    "subscriptions": "who gets which alerts, one table a subscription",
}


def reference() -> str:
    """The reference as Markdown, ending in one line break."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _INTRODUCTION.rstrip()
    for section in schema.SECTIONS:
        heading = f"`[{section}]`" if section in schema.TABLES else f"`[[{section}]]`"
        yield f"\n## {heading}: {_TITLES[section]}"
        if section != "channels":
            yield from _table(section, schema.fields_of(section), None)
            continue
        for kind in sorted(schema.channel_models()):
            yield f'\n### `type = "{kind}"`'
            yield from _table(section, schema.fields_of(section, kind), kind)


def _table(section: str, fields: Mapping[str, FieldInfo], kind: str | None) -> Iterator[str]:
    yield "\n| key | default | meaning |\n|---|---|---|"
    for name, info in fields.items():
        path = (section, name) if section in schema.TABLES else (section, 0, name)
        yield f"| `{name}` | {_default(info)} | {schema.description(path, kind)} |"


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "must be given"
    default = info.get_default(call_default_factory=True, validated_data={})
    if default is PydanticUndefined or default is None:
        return "none"
    return f"`{_toml(default)}`"


def _toml(value: Any) -> str:
    """A default as it would be written in the file."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case SecretStr():
            return f'"{value.get_secret_value()}"'
        case timedelta():
            return f'"{format_duration(value)}"'
        case time():
            return f'"{value:%H:%M}"'
        case Enum():
            return f'"{value.value}"'
        case dict():
            return "{}"
        case list() | tuple() if not hasattr(value, "_fields"):
            return f"[{', '.join(map(_toml, value))}]"
        case Path() | _:
            return f'"{value}"'
