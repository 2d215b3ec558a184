"""Where the files are that ship with the service: its rules and its sample wire."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped_rules() -> Path:
    """The folder of the rules, vocabularies and watchlists that ship with the service."""
    return _shipped("rules", "rules")


def shipped_sample() -> Path:
    """The folder of the sample wire, with its configuration in `watch.toml`."""
    return _shipped("sample", "deploy/sample")


def _shipped(name: str, in_repository: str) -> Path:
    """A wheel carries the folder inside the package; a checkout has it beside the package."""
    inside = _PACKAGE / "_shipped" / name
    return inside if inside.is_dir() else _PACKAGE.parent / in_repository
