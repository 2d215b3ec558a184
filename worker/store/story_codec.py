"""Stories as rows and JSON, and back exactly as they were."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.engine import RowMapping

from worker.domain.event import Status
from worker.domain.story import Known, Report, Story
from worker.store.plain import frozen, plain

Row = Mapping[str, Any] | RowMapping


def story_row(story: Story, now: datetime) -> dict[str, Any]:
    """The columns of a story."""
    return {
        "id": story.id,
        "rule": story.rule,
        "companies": list(story.companies),
        "alliance": story.alliance,
        "started": story.started,
        "updated": now,
        "sequence": story.sequence,
        "status": story.status and story.status.value,
        "state": {
            "core": list(story.core),
            "matter": story.matter,
            "ledger": _ledger_json(story.ledger),
            "base": _ledger_json(story.base),
            "reports": [_report_json(report) for report in story.reports],
        },
        "alert_id": story.alert_id,
        "reported": story.reported,
    }


def read_story(row: Row) -> Story:
    """A story from its row."""
    state = row["state"]
    return Story(
        id=row["id"],
        rule=row["rule"],
        companies=tuple(row["companies"]),
        alliance=row["alliance"],
        started=row["started"],
        sequence=row["sequence"],
        status=None if row["status"] is None else Status(row["status"]),
        core=tuple(state["core"]),
        matter=state["matter"],
        ledger=_read_ledger(state["ledger"]),
        base=_read_ledger(state["base"]),
        reports=tuple(_read_report(body) for body in state["reports"]),
        alert_id=row["alert_id"],
        reported=row["reported"],
    )


def _ledger_json(ledger: Mapping[str, Known]) -> dict[str, Any]:
    return {
        name: [
            plain(known.value),
            known.item_id,
            known.at.isoformat(),
            [[plain(value), over.isoformat()] for value, over in known.former],
        ]
        for name, known in ledger.items()
    }


def _read_ledger(body: Mapping[str, Any]) -> dict[str, Known]:
    return {
        name: Known(
            frozen(value),
            item_id,
            datetime.fromisoformat(at),
            tuple((frozen(before), datetime.fromisoformat(over)) for before, over in former),
        )
        for name, (value, item_id, at, former) in body.items()
    }


def _report_json(report: Report) -> list[Any]:
    return [
        report.event_id,
        report.item_id,
        report.at.isoformat(),
        plain(report.claims),
        report.correction,
        report.doubtful,
    ]


def _read_report(body: Any) -> Report:
    event_id, item_id, at, claims, correction, doubtful = body
    moment = datetime.fromisoformat(at)
    return Report(event_id, item_id, moment, frozen(claims), correction, doubtful)
