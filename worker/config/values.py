"""The kinds of values that a configuration holds, each with what is wrong and how to mend it.

The validators never put the value itself into a message: it may have come from a secret.
`worker.config.faults` adds it where it is known to be harmless.
"""

from __future__ import annotations

import contextlib
import re
from datetime import time, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_core import PydanticCustomError

from worker.config.durations import format_duration, parse_duration
from worker.seal import SHORTEST_KEY

Network = IPv4Network | IPv6Network


def fault(problem: str, mend: str) -> PydanticCustomError:
    """What a validator raises: a problem and a mend, each a short phrase without the value."""
    return PydanticCustomError("fault", "{problem}", {"problem": problem, "mend": mend})


def _folder(value: Any) -> Path:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise fault("expected the path of a folder", 'name one, such as "var"')
    return Path(value)


Folder = Annotated[Path, BeforeValidator(_folder)]


def _service_key(value: Any) -> Any:
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(text, str) and text and len(text) < SHORTEST_KEY:
        raise fault(
            f"a key of fewer than {SHORTEST_KEY} characters can be guessed",
            "make one with: openssl rand -base64 32",
        )
    return value


ServiceKey = Annotated[SecretStr, BeforeValidator(_service_key)]


# --- durations and times ---------------------------------------------------------------------


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    try:
        if isinstance(value, str):
            return parse_duration(value)
    except ValueError:
        pass
    raise fault("expected a duration", 'write it like "15s", "2m", "1h30m" or "72h"')


def between(shortest: str, longest: str) -> AfterValidator:
    """Bounds of a duration, both inclusive."""

    def check(value: timedelta) -> timedelta:
        if not parse_duration(shortest) <= value <= parse_duration(longest):
            raise fault(
                f"a duration of {format_duration(value)} is out of range",
                f'choose from "{shortest}" to "{longest}"',
            )
        return value

    return AfterValidator(check)


Duration = Annotated[timedelta, BeforeValidator(_duration)]


def _time_of_day(value: Any) -> time:
    if isinstance(value, time):
        return value
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", value) if isinstance(value, str) else None
    if match and int(match[1]) < 24 and int(match[2]) < 60:
        return time(int(match[1]), int(match[2]))
    raise fault("expected a time of day", 'write it like "08:00", from "00:00" to "23:59"')


TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]


class QuietHours(NamedTuple):
    """From `start` until `end`, over midnight when `end` is the earlier of the two."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def _quiet_hours(value: Any) -> QuietHours | None:
    if value is None or isinstance(value, QuietHours):
        return value
    if value == "":
        return None
    try:
        start, end = (_time_of_day(part.strip()) for part in value.split("-"))
    except (AttributeError, ValueError):
        raise fault("expected a span of hours", 'write it like "22:00-06:30"') from None
    if start == end:
        raise fault("the quiet hours have no length", "give two different times")
    return QuietHours(start, end)


Quiet = Annotated[QuietHours | None, BeforeValidator(_quiet_hours)]


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise fault("no such time zone", 'use a name such as "Europe/Paris" or "UTC"') from None
    return value


Timezone = Annotated[str, AfterValidator(_timezone)]


# --- addresses -------------------------------------------------------------------------------


class Listen(NamedTuple):
    """An address to listen on. Port 0 lets the system choose one."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host == "localhost" or ip_address(self.host).is_loopback

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _listen(value: Any) -> Listen:
    if isinstance(value, Listen):
        return value
    try:
        parts = urlsplit(f"//{value}")
        host, port = parts.hostname, parts.port
        if value == parts.netloc and "@" not in value and host and port is not None:
            if host != "localhost":
                ip_address(host)
            return Listen(host, port)
    except ValueError:
        pass
    raise fault(
        "expected an IP address and a port", 'write it like "127.0.0.1:8765" or "[::1]:8765"'
    )


ListenAddress = Annotated[Listen, BeforeValidator(_listen)]


def _network(value: Any) -> Network:
    if isinstance(value, (IPv4Network, IPv6Network)):
        return value
    mend = 'write it like "10.0.0.0/8", "192.168.1.7" or "fd00::/8"'
    try:
        if isinstance(value, str):
            return ip_network(value)
    except ValueError:
        with contextlib.suppress(ValueError):
            mend = f'for the network around it write "{ip_network(value, strict=False)}"'
    raise fault("expected an IP network", mend)


NetworkRange = Annotated[Network, BeforeValidator(_network)]


# --- headers ---------------------------------------------------------------------------------

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token by RFC 9110, 5.6.2
_OURS = frozenset(
    {"connection", "content-length", "host", "if-modified-since", "if-none-match",
     "te", "transfer-encoding", "upgrade"}
)  # fmt: skip


def _header_name(name: str) -> str:
    if not _HEADER.fullmatch(name):
        raise fault("not the name of a header", "use letters, digits and hyphens")
    if name.lower() in _OURS:
        raise fault("the service sets this header itself", "leave it out")
    return name


def _header_value(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text.isprintable() or text != text.strip() or not text.isascii():
        raise fault(
            "a header holds printable ASCII on one line", "check for blanks and line breaks"
        )
    return value


HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderValue = Annotated[SecretStr, AfterValidator(_header_value)]
