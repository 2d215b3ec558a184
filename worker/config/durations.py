"""Durations as people write them: "15s", "2m", "1h30m", "72h"."""

from __future__ import annotations

import re
from datetime import timedelta

# The units in falling order, with their length in milliseconds.
_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_SHAPE = re.compile("".join(rf"(?:([0-9]{{1,6}}){unit})?" for unit in _UNITS))


def parse_duration(text: str) -> timedelta:
    """The length of time that `text` says: whole numbers with the units d, h, m, s, ms.

    Each unit at most once, the longer before the shorter ("1h30m"). Raises ValueError for
    anything else, an empty text included.
    """
    match = _SHAPE.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise ValueError("not a duration")
    numbers = zip(match.groups(default="0"), _UNITS.values(), strict=True)
    return timedelta(milliseconds=sum(int(number) * unit for number, unit in numbers))


def format_duration(duration: timedelta) -> str:
    """The shortest text that `parse_duration` reads back; finer than a millisecond is cut off."""
    rest = duration // timedelta(milliseconds=1)
    text = ""
    for name, length in _UNITS.items():
        # "72h" is what people write for three days: days only where nothing else remains.
        if name == "d" and (rest % length or rest < 7 * length):
            continue
        number, rest = divmod(rest, length)
        text += f"{number}{name}" if number else ""
    return text or "0s"
