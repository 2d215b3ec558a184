"""Environment variables that override keys, and values that are read from elsewhere.

`ALLIANCE_WATCH_SERVICE__LISTEN` overrides `listen` of `[service]`, and
`ALLIANCE_WATCH_CHANNELS__0__URL` a key of the first channel; one number more than there are adds
an element. Lists are JSON or words between commas, tables and whole sections of tables JSON.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from worker.config import schema
from worker.config.source import Source
from worker.config.toml_positions import Path

PREFIX = "ALLIANCE_WATCH_"
CONFIG_VARIABLE = "ALLIANCE_WATCH_CONFIG"
_TESTS = "ALLIANCE_WATCH_TEST_"
_LARGEST_SECRET = 64 * 1024


class _Fault(Exception):  # noqa: N818 - it becomes a finding
    def __init__(self, problem: str, mend: str) -> None:
        self.problem, self.mend = problem, mend


def apply_overrides(source: Source, environ: Mapping[str, str]) -> None:
    """Put the values of `ALLIANCE_WATCH_…` variables in place of those of the file."""
    overrides = []
    for variable, text in environ.items():
        is_key = variable.startswith(PREFIX) and not variable.startswith(_TESTS)
        if is_key and variable != CONFIG_VARIABLE:
            try:
                path = _path(variable)
                overrides.append((path, variable, _value(path, text)))
            except _Fault as fault:
                source.report_variable(variable, fault.problem, fault.mend)
    # Short paths first: a whole section before the keys inside it; element 2 before element 10.
    for path, variable, value in sorted(
        overrides, key=lambda override: (len(override[0]), [str(p).zfill(9) for p in override[0]])
    ):
        try:
            _set(source.data, path, value)
            source.variables[path] = variable
        except _Fault as fault:
            source.report_variable(variable, fault.problem, fault.mend)


def _path(variable: str) -> Path:
    """The key that a variable stands for."""
    section, *rest = variable.removeprefix(PREFIX).lower().split("__")
    path: Path = (section, *(int(part) if part.isdecimal() else part for part in rest))
    match path:
        case ("feeds" | "channels" | "subscriptions",):
            return path
        case ("feeds", int(), "headers", str(name)) if name:
            return (*path[:3], name.replace("_", "-"))
        case (("service" | "network" | "delivery"), str()):
            pass
        case (("feeds" | "channels" | "subscriptions"), int(), str()):
            pass
        case _:
            raise _Fault("no such key", _near(section, rest))
    if schema.field_at(path) is None:
        raise _Fault("no such key", _near(section, rest))
    return path


def _near(section: str, rest: list[str]) -> str:
    number = rest[0] if rest and rest[0].isdecimal() else "0"
    known = [f"{table}__{key}" for table in schema.TABLES for key in schema.fields_of(table)]
    known += [f"{name}__{number}__{key}" for name in schema.LISTS for key in schema.fields_of(name)]
    near = difflib.get_close_matches("__".join((section, *rest)), known, 1, 0.7)
    if near:
        return f'did you mean "{PREFIX}{near[0].upper()}"?'
    return f"keys are named like {PREFIX}SERVICE__DATA_DIR"


def _value(path: Path, text: str) -> Any:
    """The text as the kind of value that the key holds."""
    info = schema.field_at(path)
    if info is not None and path[-1] == "headers" and not text.lstrip().startswith("{"):
        raise _Fault("expected a table", 'write JSON: {"name": "value"}')
    if info is not None and not (schema.is_list(info) or path[-1] == "headers"):
        return text
    if info is not None and not text.lstrip().startswith(("[", "{")):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return json.loads(text)
    except ValueError:
        raise _Fault("not JSON", "write JSON, or leave the variable out") from None


def _set(data: dict[str, Any], path: Path, value: Any) -> None:
    *parents, last = path
    place: Any = data
    for part, following in zip(parents, path[1:], strict=True):
        place = _step(place, part, [] if isinstance(following, int) else {})
    if not isinstance(place, dict):
        raise _Fault("what it belongs to is no table", "mend the file first")
    place[last] = value


def _step(place: Any, part: str | int, new: Any) -> Any:
    if isinstance(part, str) and isinstance(place, dict):
        return place.setdefault(part, new)
    if isinstance(part, int) and isinstance(place, list):
        if part > len(place):
            raise _Fault(f"there are only {len(place)} of them", "number them without gaps, from 0")
        if part == len(place):
            place.append(new)
        return place[part]
    raise _Fault("what it belongs to is no table", "mend the file first")


def resolve_references(source: Source, environ: Mapping[str, str]) -> None:
    """Put what "env:NAME" and "file:PATH" stand for in their place, wherever a text is."""
    source.data = _resolve(source, source.data, (), environ)


def _resolve(source: Source, value: Any, path: Path, environ: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _resolve(source, inner, (*path, key), environ) for key, inner in value.items()}
    if isinstance(value, list):
        return [
            _resolve(source, inner, (*path, index), environ) for index, inner in enumerate(value)
        ]
    if not isinstance(value, str) or not value.startswith(("env:", "file:")):
        return value
    kind, _, name = value.partition(":")
    try:
        text = _from_variable(name, environ) if kind == "env" else _from_file(source, path, name)
    except _Fault as fault:
        source.report(path, fault.problem, fault.mend)
        source.unresolved.add(path)
        return value
    source.indirect[path] = text
    return text


def _from_variable(name: str, environ: Mapping[str, str]) -> str:
    if not name:
        raise _Fault('"env:" names no variable', 'write it like "env:NAME"')
    if name not in environ:
        raise _Fault(f"the environment variable {name} is not set", f"set {name}")
    if not environ[name]:
        raise _Fault(f"the environment variable {name} is empty", f"give {name} a value")
    return environ[name]


def _from_file(source: Source, path: Path, name: str) -> str:
    """What a file holds, without the line break at its end; relative to the configuration."""
    if not name:
        raise _Fault('"file:" names no file', 'write it like "file:/run/secrets/name"')
    is_override = any(path[:length] in source.variables for length in range(1, len(path) + 1))
    file = FilePath(name) if is_override else source.file.parent / name
    try:
        with file.open("rb") as stream:
            content = stream.read(_LARGEST_SECRET + 1)
        text = content.decode().rstrip("\r\n")
    except OSError as error:
        raise _Fault(
            f"cannot read the file {file}: {(error.strerror or str(error)).lower()}",
            "put the value there, readable for the service",
        ) from None
    except UnicodeDecodeError:
        raise _Fault(f"the file {file} is not text", "write the value in UTF-8") from None
    if not text or len(content) > _LARGEST_SECRET:
        raise _Fault(
            f"the file {file} is {'too large' if text else 'empty'}",
            "put the value in it, and nothing else",
        )
    return text
