from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from worker.channels.verdict import (
    LONGEST_RETRY_AFTER,
    judge_answer,
    retry_after,
    smtp_outcome,
)
from worker.domain.delivery import Outcome

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
D, R, P, G = Outcome.DELIVERED, Outcome.RETRY, Outcome.PERMANENT, Outcome.GONE

# One line a status: what it means to a webhook and to Slack.
ANSWERS = [
    (200, D, D),
    (201, D, D),
    (202, D, D),
    (204, D, D),
    (301, R, R),
    (302, R, R),
    (307, R, R),
    (308, R, R),
    (400, R, P),
    (401, R, R),
    (403, R, P),
    (404, R, P),
    (408, R, R),
    (409, R, R),
    (410, G, P),
    (413, R, R),
    (425, R, R),
    (429, R, R),
    (500, R, R),
    (502, R, R),
    (503, R, R),
    (504, R, R),
]


@pytest.mark.parametrize(("status", "webhook", "slack"), ANSWERS)
def test_the_table_of_answers(status: int, webhook: Outcome, slack: Outcome) -> None:
    for kind, expected in (("webhook", webhook), ("slack", slack)):
        verdict = judge_answer(kind, status, {}, b"", NOW)
        assert (verdict.outcome, verdict.status_code) == (expected, status)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(seconds=120)),
        (" 7 ", timedelta(seconds=7)),
        ("1.5", timedelta(seconds=1.5)),
        ("0", timedelta()),
        ("Mon, 02 Mar 2026 09:31:00 GMT", timedelta(minutes=1)),
        ("Mon, 02 Mar 2026 10:31:00 +0100", timedelta(minutes=1)),
        ("Monday, 02-Mar-26 09:31:00 GMT", timedelta(minutes=1)),
        ("Mon, 02 Mar 2026 09:00:00 GMT", timedelta()),
        ("999999999", LONGEST_RETRY_AFTER),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_RETRY_AFTER),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Mon, 99 Mar 2026 09:31:00 GMT", None),
        ("²", None),
        ("1" * 400, None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(value: str | None, wait: timedelta | None) -> None:
    assert retry_after(value, NOW) == wait


@pytest.mark.parametrize(("status", "honoured"), [(429, True), (503, True), (500, False)])
def test_which_answers_may_ask_for_a_wait(status: int, honoured: bool) -> None:
    verdict = judge_answer("webhook", status, {"Retry-After": "30"}, b"", NOW)
    assert (verdict.retry_after == timedelta(seconds=30)) is honoured


def test_a_wait_on_success_or_for_ever_is_ignored() -> None:
    for status in (200, 410):
        assert judge_answer("webhook", status, {"retry-after": "30"}, b"", NOW).retry_after is None


def test_the_answer_is_recorded_cut_and_stripped() -> None:
    verdict = judge_answer("webhook", 500, {}, b"\x1b[2Jbad" + b"x" * 5000, NOW)
    assert verdict.answer.startswith("badx")
    assert len(verdict.answer) == 2000


@pytest.mark.parametrize(
    ("code", "outcome"), [(250, D), (251, D), (354, D), (421, R), (450, R), (550, P), (554, P)]
)
def test_smtp_replies(code: int, outcome: Outcome) -> None:
    assert smtp_outcome(code) is outcome


def test_smtp_nonsense_is_tried_again() -> None:
    assert smtp_outcome(-1) is R
