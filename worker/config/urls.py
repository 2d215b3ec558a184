"""The kinds of URLs that a configuration holds, each with what is wrong and how to mend it.

As everywhere in the configuration, no message holds the value: it may carry a password.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, SecretStr

from worker.config.values import fault


def _split(url: str) -> SplitResult | None:
    """The parts of an absolute URL, or nothing when it is none or holds blanks or controls."""
    if not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises when it is no number from 0 to 65535
    except ValueError:
        return None
    return parts if parts.scheme else None


def _http(value: str) -> str:
    parts = _split(value)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise fault("expected the URL of a web address", 'write it like "https://example.org/…"')
    return value


HttpUrl = Annotated[str, AfterValidator(_http)]


def _public_url(value: str) -> str:
    parts = _split(_http(value))
    if parts is None or parts.query or parts.fragment:
        raise fault("a base URL has no query and no fragment", "leave out what follows ? or #")
    return value.rstrip("/")


PublicUrl = Annotated[str, AfterValidator(_public_url)]


def _database(url: str) -> None:
    parts = _split(url)
    mend = 'write "postgresql+psycopg://user:password@host/name", or "" for the embedded SQLite'
    if parts is None or parts.scheme not in {"postgresql+psycopg", "sqlite"}:
        is_postgres = parts is not None and parts.scheme.startswith("postgres")
        raise fault(
            "not the URL of a database that the service can use",
            'begin it with "postgresql+psycopg://"' if is_postgres else mend,
        )
    if not parts.path.strip("/") or not url.startswith(f"{parts.scheme}://"):
        raise fault("the URL names no database", mend)
    if parts.scheme == "sqlite" and parts.netloc:
        raise fault(
            "a SQLite URL names no host", 'write three slashes before a path: "sqlite:///…"'
        )


_BROKERS = {"redis", "rediss", "redis+socket", "amqp", "amqps"}


def _broker(url: str) -> None:
    parts = _split(url)
    mend = 'write "redis://host:6379/0", "rediss://…" or "amqp://…", or "" for the embedded Redis'
    if parts is None or parts.scheme not in _BROKERS:
        raise fault("not the URL of a broker that the service can use", mend)
    if parts.scheme == "redis+socket":
        if not parts.path.strip("/"):
            raise fault("the URL names no socket", 'write "redis+socket:///path/to/redis.sock"')
    elif not parts.hostname:
        raise fault("the URL names no host", mend)
    elif parts.scheme.startswith("redis") and not re.fullmatch(r"(/[0-9]*)?", parts.path):
        raise fault("the path of a Redis URL is the number of a database", 'end it in "/0"')


def _proxy(url: str) -> None:
    parts = _split(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise fault("expected the URL of an HTTP proxy", 'write it like "http://proxy:3128"')


def _sentry(url: str) -> None:
    parts = _split(url)
    if (
        parts is None
        or parts.scheme not in {"http", "https"}
        or not (parts.hostname and parts.username)
        or not re.fullmatch(r"(/[^/]+)*/[0-9]+", parts.path)
    ):
        raise fault(
            "expected a Sentry DSN",
            'copy it from the project\'s settings: "https://key@host/number"; "" turns Sentry off',
        )


def _secret(check: Callable[[str], None]) -> AfterValidator:
    """Checks what a secret holds unless it is empty; empty means the default."""

    def validate(value: SecretStr) -> SecretStr:
        if value:
            check(value.get_secret_value())
        return value

    return AfterValidator(validate)


DatabaseUrl = Annotated[SecretStr, _secret(_database)]
BrokerUrl = Annotated[SecretStr, _secret(_broker)]
ProxyUrl = Annotated[SecretStr, _secret(_proxy)]
SentryDsn = Annotated[SecretStr, _secret(_sentry)]
