"""Figures and times as people read them. English, like the pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

THIN = "\u202f"


def span(length: timedelta) -> str:
    """A length of time in its two largest units at most: `48 s`, `3 min`, `2 h 5 min`, `4 d`."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < 90:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes and hours < 10 else f"{hours} h"
    return f"{hours // 24} d"


def ago(length: timedelta) -> str:
    """How long something is past; the last few seconds are all the same."""
    return "just now" if length < timedelta(seconds=5) else f"{span(length)} ago"


def counted(number: int | None, noun: str) -> str:
    """`1 item`, `1 234 items`."""
    return f"{grouped(number)} {noun}{'' if number == 1 else 's'}"


def grouped(number: float | None) -> str:
    """A number with its thousands apart; `–` when it is not known."""
    if number is None:
        return "–"
    if isinstance(number, float) and not number.is_integer():
        return f"{number:,.1f}".replace(",", THIN)
    return f"{int(number):,}".replace(",", THIN)


def size(number: float | None) -> str:
    """Bytes in the unit that suits them (powers of 1,000)."""
    if number is None:
        return "–"
    for unit in ("B", "kB", "MB"):
        if abs(number) < 1_000:
            return f"{number:.0f} {unit}"
        number /= 1_000
    return f"{number:.1f} GB"


def moment(when: datetime | None) -> str:
    """Date and time of day in UTC, to the second; `–` for never."""
    if when is None:
        return "–"
    when = when.astimezone(UTC)
    return f"{when.day} {when:%b %Y, %H:%M:%S} UTC"


def percent(value: float | None) -> str:
    """43.0 as `43%`."""
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".") + "%"


def figure(value: float | None) -> str:
    """A measured figure, with decimals only where it is small."""
    if value is None:
        return "–"
    return grouped(round(value)) if value >= 10 or value == int(value) else f"{value:.1f}"


def brief(seconds: float) -> str:
    """A short length of time, to two digits: "12 ms", "0.4 s", "3 min"."""
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 10 else span(timedelta(seconds=seconds))
