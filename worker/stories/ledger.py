"""What a story knows: reports in the order of their publication, folded into one state. Pure.

The state follows from the set of reports and not from the order in which they came in. Each field
has its own way to move:

- a status advances, and a denial overtakes every stage; a report of an earlier stage is background
- a figure moves when it is another one: a rounded figure and a sum in another currency are not
- a date moves when it is another one: a month and a day in it are the same, and the day stays
- parties come in; a denial about one who came in later takes it out again

What has just been overtaken echoes for a while in outlets that are slower: it moves nothing back.
A correction sets what it states, whatever was known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from worker.domain.alert import Change
from worker.domain.event import Status
from worker.domain.story import Known, Report
from worker.stories.money import same_sum

Ledger = Mapping[str, Known]

FIGURES = ("from_pct", "to_pct", "pct")
FIELDS = ("status", *FIGURES, "amount", "expected_date", "parties")

ECHO = timedelta(days=7)
"""For how long a value that was overtaken is taken for an echo when it is reported again."""
DENIAL_ECHO = timedelta(days=1)
"""The same for talks and plans after a denial: people who go on talking say so soon."""
FORMER = 6
"""How many former values a field remembers."""

_SETTLED = (Status.COMPLETED, Status.DENIED)


def fold(base: Ledger, reports: Iterable[Report]) -> dict[str, Known]:
    """The state after `base` and all reports. Doubtful ones count when there is nothing else."""
    told = in_order(reports)
    solid = [report for report in told if not report.doubtful]
    ledger = dict(base)
    for report in solid if solid or base else told:
        _apply(ledger, report)
    return ledger


def in_order(reports: Iterable[Report]) -> list[Report]:
    """By time of publication; of one moment a correction, or else a denial, is the last word."""

    def place(report: Report) -> tuple[datetime, bool, int]:
        return report.at, report.correction, Status(report.claims["status"]).rank

    return sorted(reports, key=place)


def changes(before: Ledger, after: Ledger) -> tuple[Change, ...]:
    """What the second state says otherwise than the first, as people are told."""
    found = []
    for name in FIELDS:
        old, new = before.get(name), after.get(name)
        if new is None and old is None:
            continue
        if old is None or new is None or not same(name, old.value, new.value):
            found.append(Change(name, shown(name, old), shown(name, new)))
    # How large a stake was before is background, and by itself no news.
    if [(change.field, change.before) for change in found] == [("from_pct", None)]:
        return ()
    return tuple(found)


def shown(name: str, known: Known | None) -> Any:
    """A value of the ledger as alerts give it: parties by their names."""
    if known is None:
        return None
    return tuple(known.value.values()) if name == "parties" else known.value


def same(name: str, one: Any, other: Any) -> bool:
    """Whether two values of a field say the same, one perhaps less exactly."""
    if name in FIGURES:
        return _rounded(one, other) or _rounded(other, one)
    if name == "amount":
        return same_sum(one, other)
    if name == "expected_date":
        return str(one).startswith(str(other)) or str(other).startswith(str(one))
    if name == "parties":
        return set(one) == set(other)
    return bool(one == other)


def _rounded(exact: float, rough: float) -> bool:
    return rough in (exact, round(exact), round(exact, 1))


def _apply(ledger: dict[str, Known], report: Report) -> None:
    claims = dict(report.claims)
    about = claims.pop("about", None)
    denies = claims.get("status") == Status.DENIED and not report.correction
    parties = ledger.get("parties")
    if denies and about and parties and _not_first(parties, about):
        # The denial is about a detail, not about the whole.
        if about in parties.value:
            left = {key: name for key, name in parties.value.items() if key != about}
            ledger["parties"] = _moved(parties, left, report)
        return
    for name in FIELDS:
        claim = claims.get(name)
        if claim is None:
            continue
        if name != "status" and denies and name in ledger:
            continue  # whom and what a denial names is what it denies
        known = ledger.get(name)
        if name == "expected_date" and not _awaited(ledger, claim, report.at):
            continue
        if known is None:
            ledger[name] = Known(claim, report.item_id, report.at)
        elif report.at >= known.at:
            ledger[name] = _heard(name, known, claim, report)


def _heard(name: str, known: Known, claim: Any, report: Report) -> Known:
    if name == "parties":
        joined = {**known.value, **{k: v for k, v in claim.items() if k not in known.value}}
        recent = (value for value, over in known.former if report.at - over < ECHO)
        out = {key for value in recent for key in value} - set(known.value)
        joined = {key: value for key, value in joined.items() if key not in out}
        return known if len(joined) == len(known.value) else _moved(known, joined, report)
    if report.correction:
        return known if known.value == claim else _moved(known, claim, report)
    if same(name, known.value, claim):
        return _refined(name, known, claim, report)
    if name == "status":
        moves = _advances(known, Status(claim), report.at)
    else:
        moves = not _echo(name, known, claim, report.at)
    return _moved(known, claim, report) if moves else known


def _moved(known: Known, value: Any, report: Report) -> Known:
    former = (*known.former, (known.value, report.at))
    # The first value stays: it tells who was there from the beginning.
    kept = former if len(former) <= FORMER else (former[0], *former[2:])
    return Known(value, report.item_id, report.at, kept)


def _refined(name: str, known: Known, claim: Any, report: Report) -> Known:
    """The more exact of two values that say the same."""
    finer = (name in FIGURES and _rounded(claim, known.value) and claim != known.value) or (
        name == "expected_date" and len(str(claim)) > len(str(known.value))
    )
    return replace(known, value=claim, item_id=report.item_id) if finer else known


def _advances(known: Known, claim: Status, at: datetime) -> bool:
    now = Status(known.value)
    if now is not Status.DENIED:
        return claim.rank > now.rank
    stages = (Status(value) for value, _ in known.former)
    before = max((stage.rank for stage in stages if stage is not Status.DENIED), default=-1)
    if claim.rank > before and claim is not Status.RUMOURED:
        return True  # further than what was denied: a contradiction
    quick = claim in (Status.NEGOTIATING, Status.PLANNED)
    return at - known.at >= (DENIAL_ECHO if quick else ECHO)


def _echo(name: str, known: Known, claim: Any, at: datetime) -> bool:
    return any(same(name, value, claim) and at - over < ECHO for value, over in known.former)


def _awaited(ledger: Ledger, day: str, at: datetime) -> bool:
    """A date that is past, or that belongs to what is done or off, is background."""
    status = ledger.get("status")
    if status is not None and status.value in _SETTLED:
        return False
    return day >= at.date().isoformat()[: len(day)]


def _not_first(parties: Known, key: str) -> bool:
    """Whether a company was not there when the story began."""
    return key not in (parties.former[0][0] if parties.former else parties.value)
