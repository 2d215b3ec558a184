"""How much an alert matters: by its rule and by what changed."""

from __future__ import annotations

import pytest

from tests.support.factories import make_event
from worker.domain.alert import Change, Severity
from worker.domain.event import Status
from worker.domain.story import Reason
from worker.stories.severity import severity

MONEY = Change("amount", None, "3 billion yen")
BEFORE = Change("from_pct", 34.0, 33.0)


@pytest.mark.parametrize(
    ("rule", "before", "status", "reason", "changes", "expected"),
    [
        ("equity-change", None, Status.RUMOURED, Reason.NEW, (), Severity.NOTABLE),
        ("equity-change", Status.PLANNED, Status.AGREED, Reason.UPDATE, (), Severity.URGENT),
        ("equity-change", Status.AGREED, Status.AGREED, Reason.UPDATE, (MONEY,), Severity.NOTABLE),
        ("equity-change", Status.AGREED, Status.AGREED, Reason.UPDATE, (BEFORE,), Severity.INFO),
        ("equity-change", Status.AGREED, Status.DENIED, Reason.DENIAL, (), Severity.URGENT),
        ("equity-change", None, Status.DENIED, Reason.NEW, (), Severity.URGENT),
        (
            "equity-change", Status.DENIED, Status.NEGOTIATING, Reason.CONTRADICTION, (),
            Severity.URGENT,
        ),
        ("equity-change", Status.AGREED, Status.PLANNED, Reason.WITHDRAWAL, (), Severity.URGENT),
        (
            "equity-change", Status.AGREED, Status.AGREED, Reason.CORRECTION, (MONEY,),
            Severity.NOTABLE,
        ),
        ("ip-sharing", None, Status.NEGOTIATING, Reason.NEW, (), Severity.INFO),
        ("ip-sharing", Status.NEGOTIATING, Status.AGREED, Reason.UPDATE, (), Severity.URGENT),
        ("a-rule-of-ours", None, Status.RUMOURED, Reason.NEW, (), Severity.NOTABLE),
    ],
)  # fmt: skip
def test_severity(
    rule: str,
    before: Status | None,
    status: Status,
    reason: Reason,
    changes: tuple[Change, ...],
    expected: Severity,
) -> None:
    event = make_event(rule=rule, status=status)
    assert severity(event, before, reason, changes) is expected
