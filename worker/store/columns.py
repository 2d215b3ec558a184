"""Column types that behave the same on SQLite and PostgreSQL."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def storable(text: str) -> str:
    """`text` with what PostgreSQL cannot hold replaced by U+FFFD.

    NUL and lone surrogates are replaced one for one, so that offsets into the text stay true.
    """
    if text.isascii() and "\x00" not in text:
        return text  # nearly all of them, and much quicker to tell than by the pattern
    return _UNSTORABLE.sub("\ufffd", text)


def storable_json(value: Any) -> Any:
    """The same for every string inside a JSON value."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): storable_json(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable_json(entry) for entry in value]
    return value


class Text(TypeDecorator[str]):
    """Text of any length; see `storable`."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class Verbatim(TypeDecorator[str]):
    """Text kept code point by code point, NUL and surrogates included (as bytes)."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.encode("utf-8", "surrogatepass")

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else bytes(value).decode("utf-8", "surrogatepass")


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC, to the microsecond: `timestamptz`, or microseconds since 1970.

    A naive time is refused (`StoreFault`): which moment it means cannot be known.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.BigInteger())
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone cannot be stored")
        since = value - _EPOCH
        if dialect.name == "sqlite":
            return since // _MICROSECOND
        try:
            return _EPOCH + since
        except OverflowError:  # 31 December 9999 somewhere west of Greenwich
            return datetime.max.replace(tzinfo=UTC) if since > timedelta(0) else _EARLIEST

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            try:
                return _EPOCH + timedelta(microseconds=value)
            except OverflowError:
                return datetime.max.replace(tzinfo=UTC) if value > 0 else _EARLIEST
        moment: datetime = value
        return moment.astimezone(UTC)


_EARLIEST = datetime.min.replace(tzinfo=UTC)


class Span(TypeDecorator[timedelta]):
    """A length of time, to the microsecond."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        return None if value is None else value // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:
        return None if value is None else timedelta(microseconds=value)


class Json(TypeDecorator[Any]):
    """A JSON value; strings in it are made `storable`. Tuples come back as lists."""

    impl = sa.JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return storable_json(value)
