"""How much an alert matters, from its rule and from what changed. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from worker.domain.alert import Change, Severity
from worker.domain.event import Event, Status
from worker.domain.story import Reason

DECISIVE = (Status.AGREED, Status.COMPLETED, Status.DENIED)
MINOR_RULES = frozenset({"ip-sharing"})
"""Rules whose first reports move no money: until something is decided they are for information."""
MINOR_FIELDS = frozenset({"from_pct"})
"""Fields whose movement adds to what was known rather than changing it."""
_TAKEN_BACK = (Reason.WITHDRAWAL, Reason.CONTRADICTION)


def severity(
    event: Event, previous: Status | None, reason: Reason, changes: Sequence[Change]
) -> Severity:
    """Urgent is what is decided, called off, contradicted or taken back.

    Other moves are notable, of a minor rule for information. An event that is only talked of
    stays as it is in its rule however many figures come in.
    """
    if reason in _TAKEN_BACK or reason is Reason.DENIAL:
        return Severity.URGENT
    if event.status in DECISIVE and previous is not event.status:
        return Severity.URGENT
    if event.rule in MINOR_RULES and event.status not in DECISIVE:
        return Severity.INFO
    if changes and {change.field for change in changes} <= MINOR_FIELDS:
        return Severity.INFO
    return Severity.NOTABLE
