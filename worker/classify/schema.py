"""What a rule folder's files may say: JSON Schemas, and their faults put into words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from worker.classify.yamlfile import YamlFile
from worker.domain.finding import Finding

KINDS = ("rule", "vocabulary", "watchlist")


@cache
def validator(kind: str) -> Draft202012Validator:
    """The validator for one kind of file; the schemas ship beside this module."""
    source = files("worker.classify").joinpath("schemas", f"{kind}.json")
    return Draft202012Validator(json.loads(source.read_text("utf-8")))


def faults(file: YamlFile, kind: str) -> Iterator[Finding]:
    """Every way in which the file does not fit its schema."""
    for error in validator(kind).iter_errors(file.data):
        yield from _explain(file, error)


def _explain(file: YamlFile, error: ValidationError) -> Iterator[Finding]:
    keys = list(error.absolute_path)
    if error.validator == "additionalProperties":
        known = sorted(error.schema.get("properties", {}))
        for extra in sorted(set(error.instance) - set(known)):
            yield file.finding([*keys, extra], "is no known key", _known(known))
    elif error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        for key in missing[:1] if len(missing) == 1 else missing:
            yield file.finding(keys, f"lacks the key {key!r}", f"add {key}:")
    elif error.validator == "enum":
        yield file.finding(
            keys, f"{error.instance!r} is not possible", _known(error.validator_value)
        )
    elif error.validator == "type":
        yield file.finding(
            keys, f"is {_kind(error.instance)}", f"write {_a(error.validator_value)}"
        )
    else:
        yield file.finding(keys, error.message, "see docs/rules.md")


def _known(values: list[Any]) -> str:
    return "one of: " + ", ".join(map(str, values)) if values else "remove it"


def _kind(value: Any) -> str:
    names = {
        dict: "a mapping",
        list: "a list",
        str: "a text",
        bool: "a yes/no",
        type(None): "empty",
    }
    return names.get(type(value), "a number")


def _a(kind: str | list[str]) -> str:
    names = {
        "object": "a mapping",
        "array": "a list",
        "string": "a text",
        "boolean": "true or false",
        "integer": "a whole number",
        "number": "a number",
        "null": "nothing",
    }
    kinds = [kind] if isinstance(kind, str) else kind
    return " or ".join(names.get(name, name) for name in kinds)


def published_schemas() -> Path:
    """Where the schemas lie, for editors that check while one types."""
    return Path(str(files("worker.classify").joinpath("schemas")))
