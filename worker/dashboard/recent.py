"""The newest alerts, kept at hand so that streams and pages need not ask the database.

Their items come without text.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from worker.domain.alert import Alert
from worker.store import AlertFilter
from worker.store.reads import Reads

KEPT = 200

# An alert appears when its transaction ends, which may wait this long after its `created` for
# another that holds the same story.
LATE = timedelta(seconds=15)


class Recent:
    """Follows the table of alerts without missing those that appear late. For one thread."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._alerts: dict[str, Alert] = {}
        self._since: datetime | None = None
        self._newest_first: tuple[Alert, ...] = ()

    def refresh(self, now: datetime) -> tuple[Alert, ...]:
        """The newest alerts as the database has them now, newest first."""
        if self._since is None:
            found = list(self._reads.alerts(AlertFilter(), None, KEPT).items)
        else:
            found = self._reads.alerts_since(self._since, KEPT)
        fresh = [alert for alert in found if alert.id not in self._alerts]
        self._alerts.update((alert.id, _light(alert)) for alert in fresh)
        if fresh:
            ordered = sorted(
                self._alerts.values(), key=lambda alert: (alert.created, alert.id), reverse=True
            )[:KEPT]
            self._alerts = {alert.id: alert for alert in ordered}
            self._newest_first = tuple(ordered)
        # A full batch may have stopped short: go on from where it ended.
        self._since = found[-1].created if self._since and len(found) == KEPT else now - LATE
        return self._newest_first


def _light(alert: Alert) -> Alert:
    """Without the item's text, which no list shows and which may be long."""
    return replace(alert, item=replace(alert.item, text=""))
