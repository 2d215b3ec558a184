"""From what pydantic says about a value to findings with a place and a mend."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from worker.config import schema
from worker.config.source import Source
from worker.config.toml_positions import Path

_EXPECTED = {
    "string_type": ("a text", 'write it between quotes: "…"'),
    "bool_type": ("true or false", "write true or false, without quotes"),
    "bool_parsing": ("true or false", "write true or false, without quotes"),
    "float_type": ("a number", "write a number without quotes"),
    "float_parsing": ("a number", "write a number without quotes"),
    "int_type": ("a whole number", "write a whole number without quotes"),
    "int_parsing": ("a whole number", "write a whole number without quotes"),
    "int_from_float": ("a whole number", "write a whole number without quotes"),
    "tuple_type": ("a list", 'write it between brackets: ["…"]'),
    "list_type": ("a list", 'write it between brackets: ["…"]'),
    "dict_type": ("a table", 'write it like { name = "value" }'),
    "path_type": ("a path", 'write it between quotes: "…"'),
    "string_too_short": ("a text that is not empty", "write something, or leave the key out"),
}


def report_errors(source: Source, prefix: Path, error: ValidationError) -> set[Path]:
    """Note every fault that pydantic found in the table at `prefix`; gives its faulty keys."""
    faulty = set()
    for details in error.errors(include_url=False):
        path = prefix + _without_tag(prefix, details["loc"], source)
        if details["type"].startswith("union_tag"):
            path = (*path, "type")
        source.report(path, *_explain(source, path, details))
        faulty.add(path[: len(prefix) + 1])
    return faulty


def _without_tag(prefix: Path, location: tuple[str | int, ...], source: Source) -> Path:
    """pydantic puts the tag of a union ahead of the keys, and "[key]" behind a faulty key."""
    if prefix[0] == "channels" and location and location[0] == source.kind_at(prefix):
        location = location[1:]
    return tuple(part for part in location if part != "[key]")


def _explain(source: Source, path: Path, details: ErrorDetails) -> tuple[str, str]:
    kind, context = details["type"], details.get("ctx", {})
    found = source.found(path)
    match kind:
        case "fault":
            return f"{context['problem']}{found}", str(context["mend"])
        case "missing":
            return "is missing", _add(source, path)
        case "extra_forbidden":
            return "no such key", _near_key(source, path)
        case "literal_error" | "enum" | "union_tag_invalid" | "union_tag_not_found":
            return _choice(source, path, kind, context)
        case "greater_than_equal" | "greater_than" | "less_than_equal" | "less_than":
            return f"out of range{found}", details["msg"].lower().replace("input", "it")
        case "value_error" | "assertion_error":
            return details["msg"].partition(", ")[2], _describe(source, path)
        case _ if kind in _EXPECTED:
            expected, mend = _EXPECTED[kind]
            return f"expected {expected}{found}", mend
        case _:
            return details["msg"].lower(), _describe(source, path)


def _add(source: Source, path: Path) -> str:
    what = schema.description(path, source.kind_at(path))
    return f"add {path[-1]} = …" + (f": {what}" if what else "")


def _describe(source: Source, path: Path) -> str:
    """What the key is for, as the mend where nothing better is known."""
    what = schema.description(path, source.kind_at(path))
    return f"{path[-1]}: {what}" if what else 'see "alliance-watch config reference"'


def _near_key(source: Source, path: Path) -> str:
    known = schema.fields_of(str(path[0]), source.kind_at(path))
    present = source.value_at(path[:-1])
    missing = set(known) - set(present if isinstance(present, dict) else ())
    mend = schema.did_you_mean(str(path[-1]), missing)
    return mend if mend.startswith("did") else schema.did_you_mean(str(path[-1]), known)


def _choice(source: Source, path: Path, kind: str, context: dict[str, Any]) -> tuple[str, str]:
    value = source.value_at(path)
    if kind.startswith("union_tag"):
        choice = sorted(schema.channel_models())
        if value is None:
            return "is missing", f"add type = one of {', '.join(choice)}"
    else:
        choice = re.findall(r"'([^']*)'", str(context.get("expected", "")))
    near = schema.did_you_mean(value, choice) if isinstance(value, str) else ""
    mend = near if near.startswith("did") else f"choose from {', '.join(choice)}"
    return f"not one of the choices{source.found(path)}", mend
