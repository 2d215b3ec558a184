"""Digests go out at times of day, whatever the clocks do in between."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest

from worker.domain.alert import Limit, QuietHours, Severity, Subscription, next_digest

TIMES = (time(2, 30), time(8), time(18))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        pytest.param("2026-07-01T05:59", "2026-07-01T06:00", id="in-summer"),
        pytest.param("2026-07-01T06:00", "2026-07-01T16:00", id="the-moment-itself-is-over"),
        pytest.param("2026-01-15T06:30", "2026-01-15T07:00", id="in-winter"),
        pytest.param("2026-01-15T20:00", "2026-01-16T01:30", id="the-next-day"),
        # On 29 March there is no 02:30 in Paris; half past one UTC is as long after midnight.
        pytest.param("2026-03-28T18:00", "2026-03-29T01:30", id="clocks-go-forward"),
        pytest.param("2026-03-29T01:30", "2026-03-29T06:00", id="and-summer-begins"),
        # On 25 October 02:30 comes twice: the first counts, and only once.
        pytest.param("2026-10-24T17:00", "2026-10-25T00:30", id="clocks-go-back"),
        pytest.param("2026-10-25T00:30", "2026-10-25T07:00", id="not-a-second-time"),
    ],
)
def test_the_next_time(moment: str, due: str) -> None:
    assert next_digest(TIMES, "Europe/Paris", at(moment)) == at(due)


def test_one_digest_a_day_all_year_round() -> None:
    moment, due = at("2026-01-01T00:00"), []
    while moment < at("2027-01-01T00:00"):
        moment = next_digest((time(2, 30),), "America/New_York", moment)
        due.append(moment)
    assert len(due) == 366
    gaps = {later - earlier for earlier, later in pairwise(due)}
    assert gaps == {timedelta(hours=hours) for hours in (23, 24, 25)}


def test_a_digest_in_quiet_hours_waits_for_their_end() -> None:
    quiet = QuietHours(time(22), time(9), "Europe/Paris", passing=(Severity.URGENT,))
    digest = Subscription("s", "c", digest_at=(time(8),), timezone="Europe/Paris", quiet=quiet)
    assert digest.due(Severity.URGENT, at("2026-07-01T20:30")) == at("2026-07-02T07:00")


def test_windows_of_a_limit_follow_each_other() -> None:
    limit = Limit(5, timedelta(minutes=10))
    assert limit.start(at("2026-07-01T12:34")) == at("2026-07-01T12:30")
    assert limit.start(at("2026-07-01T12:30")) == at("2026-07-01T12:30")
