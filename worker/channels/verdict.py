"""What an answer means for a delivery: one table for all channels, and `Retry-After`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from worker.channels.text import excerpt_of_answer
from worker.domain.delivery import Outcome, Verdict

LONGEST_RETRY_AFTER = timedelta(hours=24)
"""A receiver that asks for more is asked again after this."""

_HONOURS_RETRY_AFTER = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Reading:
    """The status codes that mean something else than "failed, try again". 2xx is success."""

    gone: frozenset[int] = frozenset()
    permanent: frozenset[int] = frozenset()

    def outcome(self, status: int) -> Outcome:
        """What an HTTP status code comes to under this reading."""
        if 200 <= status < 300:
            return Outcome.DELIVERED
        if status in self.gone:
            return Outcome.GONE
        if status in self.permanent:
            return Outcome.PERMANENT
        return Outcome.RETRY


READINGS: Mapping[str, Reading] = {
    # Everything that failed is tried again; only 410 says that nobody will ever listen.
    "webhook": Reading(gone=frozenset({410})),
    # Slack: malformed payload, posting forbidden, no such hook or channel, channel archived.
    "slack": Reading(permanent=frozenset({400, 403, 404, 410})),
}

SLACK_ERRORS_WORTH_A_RETRY = frozenset(
    {
        "accesslimited",
        "fatal_error",
        "internal_error",
        "ratelimited",
        "rate_limited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)
"""`error` of an answer with `"ok": false`; every other one stays until a person mends it."""


def judge_answer(
    kind: str, status: int, headers: Mapping[str, str], body: bytes, now: datetime
) -> Verdict:
    """The verdict on an HTTP answer to channel kind `kind`; `now` dates a relative wait."""
    outcome = READINGS[kind].outcome(status)
    detail = f"HTTP {status}"
    if 300 <= status < 400:
        detail += ", redirects are not followed"
    wait = None
    if outcome is Outcome.RETRY and status in _HONOURS_RETRY_AFTER:
        wait = retry_after(header(headers, "retry-after"), now)
    return Verdict(
        outcome,
        detail=detail,
        status_code=status,
        retry_after=wait,
        answer=excerpt_of_answer(body),
    )


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """The wait that a `Retry-After` header asks for (RFC 9110, 10.2.3): seconds or an HTTP date.

    Between nothing and `LONGEST_RETRY_AFTER`; `None` when it is missing or cannot be read.
    """
    value = (value or "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
        wait = timedelta(seconds=float(value))
    else:
        try:
            moment = parsedate_to_datetime(value)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            wait = moment - now
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return min(max(wait, timedelta()), LONGEST_RETRY_AFTER)


def header(headers: Mapping[str, str], name: str) -> str | None:
    """The value of a header, whatever the case of its name."""
    for key, value in headers.items():
        if key.lower() == name:
            return value
    return None


def smtp_outcome(code: int) -> Outcome:
    """What an SMTP reply code to an envelope or a message comes to (RFC 5321, 4.2.1)."""
    if 200 <= code < 400:
        return Outcome.DELIVERED
    return Outcome.PERMANENT if 500 <= code < 600 else Outcome.RETRY
