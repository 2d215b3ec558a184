"""How long a feed that answers may be left alone: its own rate, its origin's wishes. Pure.

A feed is measured by its entries, not by promises: whoever brought something within the hour is
asked at the interval that the configuration gives, whatever it says of itself. A quiet feed is
left alone for longer, never for longer than an hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from worker.domain.feed import Hints, Rhythm
from worker.domain.item import Entry

LONGEST = timedelta(hours=1)
ACTIVE_FOR = timedelta(hours=1)
_MEASURED = 20
_FEWEST = 3
# So often is a feed asked while one entry is to be expected: most are seen after a sixteenth of
# the time that lies between two.
_POLLS_A_GAP = 8
# A feed that has been silent for long is slower than its last entries say.
_SILENCE = 4
_DAY_NAMES = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


class Wait(NamedTuple):
    """How long to leave a feed alone, and why, in a few words."""

    length: timedelta
    reason: str


def learn(
    before: Rhythm | None, entries: Sequence[Entry], hints: Hints | None, new: int, now: datetime
) -> Rhythm | None:
    """What a document that was parsed tells of its feed. `new` is how many items it brought.

    Dates in the future count as now. Without dates, it is what was new that tells when
    something last was; on the first poll everything is new, and so nothing certain.
    """
    if not entries and hints in (None, Hints()):
        return before
    dates = sorted(
        (min(date, now) for entry in entries if (date := entry.published or entry.updated)),
        reverse=True,
    )[:_MEASURED]
    gap = (now - dates[-1]) / len(dates) if len(dates) >= _FEWEST else None
    known = [date for date in (before and before.last_new, *dates[:1]) if date]
    if new and (before is not None or not dates):
        known.append(now)
    return Rhythm(gap, max(known, default=None), hints or Hints())


def pace(
    floor: timedelta,
    rhythm: Rhythm | None,
    fresh_for: timedelta | None,
    now: datetime,
) -> Wait:
    """How long to wait after a good poll: at least `floor`, and beyond that an hour at most.

    `fresh_for` is what the rules of HTTP caching give (`freshness`).
    """
    interval = Wait(floor, f"interval {span(floor)}")
    if rhythm is not None and rhythm.last_new and now - rhythm.last_new < ACTIVE_FOR:
        return Wait(floor, f"interval {span(floor)}, something new within the hour")
    wishes = [interval]
    gap = _gap(rhythm, now)
    if gap is not None:
        wishes.append(Wait(gap / _POLLS_A_GAP, f"one entry in {span(gap)} on average"))
    if rhythm is not None:
        # An entry every ten minutes refutes a `ttl` of an hour.
        wishes += (
            Wait(min(wish.length, gap or wish.length), wish.reason)
            for wish in _hinted(rhythm.hints, now)
        )
    if fresh_for is not None:
        wishes.append(Wait(fresh_for, f"answer fresh for {span(fresh_for)} (HTTP caching)"))
    longest = max(wishes, key=lambda wish: wish.length)
    cap = max(floor, LONGEST)
    chosen = Wait(min(longest.length, cap), longest.reason)
    if rhythm is not None:
        chosen = _skip(chosen, rhythm.hints, cap, now)
    if chosen == interval:
        return interval
    return Wait(chosen.length, f"{span(chosen.length)}: {chosen.reason}")


def span(duration: timedelta) -> str:
    """`90s`, `2m`, `1h 30m`, `3d`: as in the configuration, to the second, or about two parts."""
    seconds = round(duration.total_seconds())
    if seconds < 120 and seconds % 60:
        return f"{seconds}s"
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")):
        if seconds >= size:
            parts.append(f"{seconds // size}{unit}")
            seconds %= size
    return " ".join(parts[:2]) or "0s"


def _gap(rhythm: Rhythm | None, now: datetime) -> timedelta | None:
    """The time between two entries, as far as dates tell; more after a long silence."""
    if rhythm is None or rhythm.gap is None:
        return None
    silence = now - rhythm.last_new if rhythm.last_new else timedelta()
    return max(rhythm.gap, silence / _SILENCE)


def _hinted(hints: Hints, now: datetime) -> Iterable[Wait]:
    if hints.ttl is not None:
        yield Wait(hints.ttl, f"ttl of the feed {span(hints.ttl)}")
    if hints.update_every:
        wait = hints.update_every
        if hints.update_base is not None:
            # Moments counted from the base: on to the next of them.
            wait -= (now - hints.update_base) % hints.update_every
        yield Wait(wait, f"feed updated every {span(hints.update_every)} (sy:updatePeriod)")


def _skip(wait: Wait, hints: Hints, cap: timedelta, now: datetime) -> Wait:
    """The wait, lengthened up to `cap` when it would end in an hour or on a day to be skipped."""
    due = now + wait.length
    skipped = _skipped(due, hints)
    if skipped is None:
        return wait
    end = due
    while _skipped(end, hints) and end < now + cap:
        end = min(end.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1), now + cap)
    return Wait(max(wait.length, end - now), f"{wait.reason}, then nothing {skipped}")


def _skipped(moment: datetime, hints: Hints) -> str | None:
    if moment.weekday() in hints.skip_days:
        return f"on {_DAY_NAMES[moment.weekday()]} (skipDays)"
    if moment.hour in hints.skip_hours:
        return f"from {moment.hour}:00 UTC (skipHours)"
    return None
