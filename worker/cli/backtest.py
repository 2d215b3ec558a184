"""`alliance-watch backtest`: what changed rules would make of the items that are stored."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.failures import FAILURES, wrong_usage
from worker.cli.moments import parse_moment
from worker.cli.options import ConfigOption, JsonOption, load_settings, open_store
from worker.cli.show import open_console, print_json, visible
from worker.domain.comparison import Difference, Kind, compare

if TYPE_CHECKING:
    from datetime import datetime

    from worker.classify import Classifier
    from worker.domain.item import Item
    from worker.store import Store

_PAGE = 200
_AHEAD = 8  # pages in the hands of the processes: memory stays flat however many items there are

_readers: tuple[Classifier, Classifier] | None = None
"""Rules in force, rules to try; loaded before the processes are forked, which share them."""


def backtest(
    rules: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOLDER",
            help="The changed rules: folders as in [service] rules, which they replace.",
        ),
    ],
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help='Items seen since a time, or so long ago ("30d").'),
    ] = None,
    min_confidence: Annotated[
        float, typer.Option(min=0, max=1, help="Events that are less certain count as not found.")
    ] = 0.5,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Compare changed rules with those in force on the stored items; nothing is written.

    Names the events that would be gained, lost and changed. Exit code 1 when there are any.
    """
    from worker import classify, wiring

    for folder in rules:
        if not folder.is_dir():
            raise wrong_usage(f"{folder}: there is no such folder")
    settings = load_settings(config)
    global _readers
    _readers = (wiring.load_classifier(settings), classify.load(rules))
    begin = parse_moment(since, wiring.now(), "--since") if since else None
    counts: Counter[Kind] = Counter()
    listed: list[dict[str, Any]] = []
    read = 0
    console = open_console()
    with open_store(config) as (_, store):
        total = store.reads.count_items(begin)
        with _progress(total) as advance:
            for items, found in _compared(store, begin, min_confidence):
                read += len(items)
                advance(len(items))
                for item, differences in zip(items, found, strict=True):
                    for difference in differences:
                        counts[difference.kind] += 1
                        if as_json:
                            listed.append(_as_json(item, difference))
                        else:
                            console.print(_as_text(item, difference), markup=False, soft_wrap=True)
    summary = {"items": read, **{kind.value: counts[kind] for kind in Kind}}
    if as_json:
        print_json({**summary, "differences": listed})
    else:
        told = ", ".join(f"{counts[kind]} {kind.value}" for kind in Kind)
        typer.echo(f"{read} items read: {told}")
    if counts:
        raise typer.Exit(FAILURES)


Page = tuple[list["Item"], list[list[Difference]]]


def _compared(store: Store, since: datetime | None, least: float) -> Iterator[Page]:
    """Pages of items with their differences, in order, some pages ahead of who reads them."""
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=context) as pool:
        under_way: list[tuple[list[Item], Future[list[list[Difference]]]]] = []
        for items in _pages(store, since):
            under_way.append((items, pool.submit(_differences, items, least)))
            if len(under_way) >= _AHEAD:
                first, future = under_way.pop(0)
                yield first, future.result()
        for items, future in under_way:
            yield items, future.result()


def _pages(store: Store, since: datetime | None) -> Iterator[list[Item]]:
    from worker.store import ItemFilter

    cursor: str | None = None
    while True:
        page = store.reads.items(ItemFilter(since=since), cursor, _PAGE)
        if page.items:
            yield [detail.item for detail in page.items]
        cursor = page.next
        if cursor is None:
            return


def _differences(items: Iterable[Item], least: float) -> list[list[Difference]]:
    assert _readers is not None
    before, after = _readers
    return [
        list(
            compare(
                before.classify(i.title, i.text, language=i.language, published=i.published),
                after.classify(i.title, i.text, language=i.language, published=i.published),
                least,
            )
        )
        for i in items
    ]


def _as_json(item: Item, difference: Difference) -> dict[str, Any]:
    from worker.domain.payload import event_data

    return {
        "kind": difference.kind.value,
        "rule": difference.rule,
        "item": {"id": item.id, "title": item.title, "url": item.url, "published": item.published},
        "before": event_data(difference.before) if difference.before else None,
        "after": event_data(difference.after) if difference.after else None,
        "fields": {name: {"from": a, "to": b} for name, (a, b) in difference.fields.items()},
    }


_SIGNS = {Kind.GAINED: "+", Kind.LOST: "-", Kind.CHANGED: "~"}


def _as_text(item: Item, difference: Difference) -> str:
    event = difference.after or difference.before
    assert event is not None
    lines = [
        f"{_SIGNS[difference.kind]} {difference.rule} {event.status.value}: "
        f"{', '.join(event.parties)} ({event.confidence:.2f})",
        f"    {item.title}  [{item.id}]",
    ]
    for name, (before, after) in difference.fields.items():
        lines.append(f"    {name}: {_value(before)} -> {_value(after)}")
    proof = next((passage.text for passage in event.evidence if not passage.role), "")
    if proof and difference.kind is not Kind.CHANGED:
        lines.append(f"    \u201c{proof}\u201d")
    return visible("\n".join(lines))


def _value(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(one)}" for name, one in value.items() if one)
    return str(value)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error when that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda number: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=total)
        yield lambda number: progress.advance(task, number)
