"""Quiet hours hold alerts until they end, whatever the clocks do in between."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from worker.domain.alert import QuietHours, Severity

PARIS = QuietHours(time(22), time(6, 30), "Europe/Paris", passing=(Severity.URGENT,))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("raised", "due"),
    [
        pytest.param("2026-07-01T12:00", "2026-07-01T12:00", id="by-day"),
        pytest.param("2026-07-01T20:30", "2026-07-02T04:30", id="in-the-evening"),
        pytest.param("2026-07-02T01:00", "2026-07-02T04:30", id="after-midnight"),
        pytest.param("2026-07-02T04:30", "2026-07-02T04:30", id="the-end-is-not-quiet"),
        pytest.param("2026-07-01T20:00", "2026-07-02T04:30", id="the-beginning-is"),
        pytest.param("2026-03-28T23:00", "2026-03-29T04:30", id="clocks-go-forward"),
        pytest.param("2026-10-24T22:00", "2026-10-25T05:30", id="clocks-go-back"),
    ],
)
def test_an_alert_waits_for_the_end(raised: str, due: str) -> None:
    assert PARIS.hold(Severity.NOTABLE, at(raised)) == at(due)


def test_what_may_pass_does_not_wait() -> None:
    assert PARIS.hold(Severity.URGENT, at("2026-07-01T23:00")) == at("2026-07-01T23:00")


def test_hours_within_one_day() -> None:
    lunch = QuietHours(time(12), time(14), "UTC")
    assert lunch.hold(Severity.INFO, at("2026-07-01T13:00")) == at("2026-07-01T14:00")
    assert lunch.hold(Severity.INFO, at("2026-07-01T11:59")) == at("2026-07-01T11:59")


def test_an_end_that_the_clocks_jump_over() -> None:
    quiet = QuietHours(time(22), time(2, 30), "Europe/Paris")
    due = quiet.hold(Severity.INFO, at("2026-03-28T23:00"))
    assert at("2026-03-29T00:30") <= due <= at("2026-03-29T01:30")


def test_an_end_that_comes_twice_counts_the_first_time_and_never_lies_in_the_past() -> None:
    quiet = QuietHours(time(22), time(2, 30), "Europe/Paris")
    assert quiet.hold(Severity.INFO, at("2026-10-24T23:00")) == at("2026-10-25T00:30")
    second_pass = at("2026-10-25T01:10")
    assert quiet.hold(Severity.INFO, second_pass) >= second_pass
