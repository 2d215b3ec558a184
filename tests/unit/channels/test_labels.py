from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone

import pytest

from worker.channels.labels import ENGLISH, FRENCH, labels_for
from worker.domain.alert import Severity
from worker.domain.event import Status


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_status_and_severity_has_a_word(language: str) -> None:
    labels = labels_for(language)
    assert set(labels.statuses) == {status.value for status in Status}
    assert set(labels.severities) == {severity.value for severity in Severity}


def test_both_languages_have_the_same_tables() -> None:
    for table in ("rules", "statuses", "severities", "directions", "fields"):
        assert set(getattr(ENGLISH, table)) == set(getattr(FRENCH, table)), table
    assert len(ENGLISH.months) == len(FRENCH.months) == 12
    for field in fields(ENGLISH):
        assert getattr(ENGLISH, field.name), field.name
        assert getattr(FRENCH, field.name), field.name


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (43.0, "43%", "43\u202f%"),
        (43.4, "43.4%", "43,4\u202f%"),
        (0.05, "0.05%", "0,05\u202f%"),
        (100, "100%", "100\u202f%"),
    ],
)
def test_percentages(value: float, english: str, french: str) -> None:
    assert ENGLISH.value("to_pct", value) == english
    assert FRENCH.value("pct", value) == french


@pytest.mark.parametrize(
    ("iso", "english", "french"),
    [
        ("2023-02-01", "1 February 2023", "1er février 2023"),
        ("2023-02-06", "6 February 2023", "6 février 2023"),
        ("2023-02", "February 2023", "février 2023"),
        ("2023-02-31", "2023-02-31", "2023-02-31"),
        ("2023-13", "2023-13", "2023-13"),
        ("next week", "next week", "next week"),
        ("٢٠٢٣-٠٢", "٢٠٢٣-٠٢", "٢٠٢٣-٠٢"),
    ],
)
def test_dates(iso: str, english: str, french: str) -> None:
    assert ENGLISH.value("expected_date", iso) == english
    assert FRENCH.value("expected_date", iso) == french


def test_moments_are_in_utc() -> None:
    paris = timezone(timedelta(hours=1))
    assert ENGLISH.moment(datetime(2026, 3, 2, 0, 30, tzinfo=paris)) == "1 March 2026, 23:30 UTC"
    assert FRENCH.moment(datetime(2026, 3, 1, 8, 5, tzinfo=UTC)) == "1er mars 2026, 08:05 UTC"


def test_unknown_names_read_as_words() -> None:
    assert ENGLISH.rule("supply-deal") == "Supply deal"
    assert FRENCH.field("new_role") == "New role"
    assert ENGLISH.value("parties", ("Renault", "Nissan")) == "Renault, Nissan"
    assert ENGLISH.value("amount", None) == "unknown"


def test_other_languages_get_english_words() -> None:
    assert labels_for("de") is labels_for(None) is ENGLISH
