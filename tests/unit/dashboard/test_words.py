"""Figures and times as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from worker.dashboard import words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s"),
        (0.4, "0 s"),
        (48, "48 s"),
        (89, "89 s"),
        (90, "1 min"),
        (5_399, "89 min"),
        (5_400, "1 h 30 min"),
        (7_200, "2 h"),
        (36_100, "10 h"),
        (172_799, "47 h"),
        (172_800, "2 d"),
        (864_000, "10 d"),
    ],
)
def test_spans(seconds: float, text: str) -> None:
    assert words.span(timedelta(seconds=seconds)) == text


def test_the_last_seconds_are_all_the_same() -> None:
    assert words.ago(timedelta(seconds=-20)) == "just now"  # a clock a little ahead of ours
    assert words.ago(timedelta(seconds=4.9)) == "just now"
    assert words.ago(timedelta(seconds=5)) == "5 s ago"


def test_numbers() -> None:
    assert words.grouped(None) == "–"
    assert words.grouped(0) == "0"
    assert words.grouped(1_234_567) == "1\u202f234\u202f567"
    assert words.grouped(1_234.56) == "1\u202f234.6"
    assert words.grouped(3.0) == "3"
    assert words.counted(1, "item") == "1 item"
    assert words.counted(2, "item") == "2 items"
    assert words.counted(None, "item") == "– items"
    assert words.percent(43.0) == "43%"
    assert words.percent(43.25) == "43.25%"
    assert words.percent(None) == "–"


def test_sizes() -> None:
    assert [words.size(n) for n in (None, 12, 84_000_000, 2_500_000_000)] == [
        "–",
        "12 B",
        "84 MB",
        "2.5 GB",
    ]


def test_moments_are_in_utc() -> None:
    paris = datetime.fromisoformat("2026-03-02T10:30:00+01:00")
    assert words.moment(paris) == "2 Mar 2026, 09:30:00 UTC"
    assert words.moment(datetime(2026, 3, 2, tzinfo=UTC)) == "2 Mar 2026, 00:00:00 UTC"
    assert words.moment(None) == "–"
