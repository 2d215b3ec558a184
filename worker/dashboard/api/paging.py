"""What the lists of the API have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import AfterValidator, BaseModel, Field

from worker.dashboard.problems import Problem
from worker.store import Page

T = TypeVar("T")
Row = TypeVar("Row")


class Listing(BaseModel, Generic[T]):
    """Part of a list, the newest first."""

    items: list[T]
    next: str | None = Field(None, description="Pass it back as `cursor`; null at the end")


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_aware)]
"""A time in ISO 8601; without an offset it is UTC."""

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most")]
Cursor = Annotated[
    str | None, Query(max_length=300, description="`next` of the page before; opaque")
]
Since = Annotated[Moment | None, Query(description="From this moment on (ISO 8601)")]
Until = Annotated[Moment | None, Query(description="Before this moment (ISO 8601)")]
Word = Annotated[str | None, Query(max_length=200)]


def listing(read: Callable[[], Page[Row]], show: Callable[[Row], object]) -> dict[str, object]:
    """A page of the store as the API gives it. Raises `Problem` for a strange cursor."""
    try:
        page = read()
    except ValueError as error:
        raise Problem(
            400, "Use `next` of the page before.", title=f"The cursor is {error}"
        ) from None
    return {"items": [show(row) for row in page.items], "next": page.next}
