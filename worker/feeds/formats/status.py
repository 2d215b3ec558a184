"""What a publisher says about the use of an item, in the words of the IPTC's NewsCodes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from worker.domain.item import Entry
from worker.feeds import text
from worker.feeds.fields import moment_of

# By their beginnings, for `canceled`, `cancelled` and `killed`. A status that no standard knows
# counts as usable: what is lost for a provider's own word would be lost for good.
_WITHDRAWN = {
    "withh": "withheld by its publisher",
    "cancel": "cancelled by its publisher",
    "kill": "cancelled by its publisher",
    "retract": "cancelled by its publisher",
    "withdraw": "cancelled by its publisher",
    "takedown": "cancelled by its publisher",
}
_WESTERNMOST = timedelta(hours=12)
_LATEST = datetime.max.replace(tzinfo=UTC)
_SIGNALS = ("correction", "update")


class Held(NamedTuple):
    """The fields of an `Entry` of the same names."""

    embargoed_until: datetime | None
    withdrawn: str | None
    signal: str | None


def of(status: str, embargo: str | None, signals: Sequence[str]) -> Held:
    """Read a publishing status, the content of an embargo (`None`: there is none) and signals.

    An embargo without a time, or with one that makes no sense, lasts until the publisher sends
    the item again.
    """
    until = _end(embargo)
    reason = _withdrawn(status) or next(filter(None, map(_withdrawn, signals)), None)
    if embargo is not None and until is None:
        reason = reason or "under an embargo without an end"
    given = {signal.casefold() for signal in signals}
    return Held(until, reason, next((name for name in _SIGNALS if name in given), None))


def _end(embargo: str | None) -> datetime | None:
    """When the embargo ends. The standards ask for a zone; without one it is over when that time
    has come everywhere, since too early cannot be mended."""
    until = moment_of(embargo)
    if until is not None and datetime.fromisoformat((embargo or "").strip()).tzinfo is None:
        until = min(until, _LATEST - _WESTERNMOST) + _WESTERNMOST
    return until


def remarks(entries: Iterable[Entry]) -> list[str]:
    """Lines for people on entries that are not, or not yet, to be used."""
    held = list(entries)
    embargoed = sum(entry.embargoed_until is not None for entry in held)
    withdrawn = sum(entry.withdrawn is not None for entry in held)
    return [
        *([f"entries with an embargo: {embargoed}"] if embargoed else []),
        *([f"entries withheld or cancelled by their publisher: {withdrawn}"] if withdrawn else []),
    ]


def _withdrawn(word: str) -> str | None:
    word = text.one_line(word, 40).casefold()
    return next((why for start, why in _WITHDRAWN.items() if word.startswith(start)), None)
