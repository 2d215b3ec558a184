"""Lists and times for people, and the same for programs."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Co"})


def visible(text: str) -> str:
    """`text` without what a terminal would obey: each such character becomes one "�".

    As many characters as before, so that offsets into it stay true; line breaks and tabs stay.
    """
    if text.isprintable():
        return text
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if character not in "\n\t" and unicodedata.category(character) in _HIDDEN
        else character
        for character in text
    )


def print_json(data: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(to_json(data, indent=2))


def to_json(data: Any, indent: int | None = None) -> str:
    """JSON for UTF-8 output; escaped where a text holds what UTF-8 cannot."""
    text = json.dumps(data, ensure_ascii=False, indent=indent, default=_plain)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(data, indent=indent, default=_plain)
    return text


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        from worker.domain.payload import timestamp

        return timestamp(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_rows(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, empty: str
) -> None:
    """A list: all of each row as JSON, or its `columns` as a table; `empty` when there is none."""
    listed = list(rows)
    if as_json:
        print_json(listed)
        return
    if not listed:
        typer.echo(empty, err=True)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in listed:
        table.add_row(*(Text(_cell(row.get(column))) for column in columns))
    with (console := open_console()).capture() as drawn:
        console.print(table)
    typer.echo("\n".join(line.rstrip() for line in drawn.get().splitlines()))


def open_console() -> Console:
    """Standard output for people; in a file or pipe lines are as long as they need to be."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 10_000)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        case timedelta():
            from worker.config import format_duration

            return format_duration(value)
        case _:
            return visible(str(value)).replace("\n", " ")
