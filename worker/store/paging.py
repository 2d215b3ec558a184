"""Cursors: where a page of a list ends, as text that says nothing to whoever passes it on."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from worker.store.columns import storable
from worker.store.views import Page

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def encode_cursor(moment: datetime, key: str) -> str:
    """The cursor after the row with that time and id."""
    micros = (moment - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{micros}:{key}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[datetime, str]:
    """The time and id that a cursor was made of. Raises `ValueError` for any other text."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        micros, key = base64.b64decode(padded, b"-_", validate=True).decode().split(":", 1)
        return _EPOCH + timedelta(microseconds=int(micros)), storable(key)
    except (ValueError, OverflowError, binascii.Error):
        raise ValueError("not a cursor that was given out") from None


def newest_first(
    statement: sa.Select[Any],
    moment: sa.Column[Any],
    key: sa.Column[Any],
    cursor: str | None,
    limit: int,
) -> sa.Select[Any]:
    """`statement` from `cursor` on, with one row more than `limit` to see whether there are."""
    if cursor:
        after, after_key = decode_cursor(cursor)
        statement = statement.where(
            sa.or_(moment < after, sa.and_(moment == after, key < after_key))
        )
    return statement.order_by(moment.desc(), key.desc()).limit(limit + 1)


def page(rows: Sequence[Any], limit: int, moment: str, read: Callable[[Any], T]) -> Page[T]:
    """A page of what `newest_first` found; `moment` names the column it is ordered by."""
    shown = rows[:limit]
    more = len(rows) > limit and bool(shown)
    following = encode_cursor(shown[-1][moment], shown[-1]["id"]) if more else None
    return Page(tuple(read(row) for row in shown), following)
