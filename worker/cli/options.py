"""Options that many commands have, and what they stand for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from worker.config import Settings
    from worker.store import Store

E = TypeVar("E", bound=Enum)

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "-c",
        "--config",
        metavar="FILE",
        help="Configuration file; ALLIANCE_WATCH_CONFIG names one as well.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def config_file(option: Path | None) -> Path | None:
    """The file that the option or the environment names; `None`: the sample that ships."""
    named = os.environ.get("ALLIANCE_WATCH_CONFIG")
    return option or (Path(named) if named else None)


def load_settings(option: Path | None) -> Settings:
    """The configuration of a command that needs one. Raises FaultyInput."""
    from worker.config import load

    return load(option, os.environ)


def one_of(kind: type[E]) -> Callable[[str], E]:
    """A parser for options that take one of the values of an enumeration."""

    def parse(value: str) -> E:
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(repr(str(each.value)) for each in kind)
            raise typer.BadParameter(f"{value!r} is not one of {known}.") from None

    return parse


def choices(kind: type[Enum]) -> str:
    """The values of an enumeration as the help shows them."""
    return "|".join(str(each.value) for each in kind)


@contextmanager
def open_store(option: Path | None) -> Iterator[tuple[Settings, Store]]:
    """The configuration and its store, whose schema is current; closed at the end."""
    from worker import wiring

    settings = load_settings(option)
    store = wiring.open_store(settings)
    try:
        wiring.require_schema(store)
        yield settings, store
    finally:
        store.close()
