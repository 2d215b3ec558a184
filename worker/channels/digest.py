"""Several alerts as one message, which every channel sends as it sends its announcements."""

from __future__ import annotations

from worker.channels.labels import labels_for
from worker.channels.text import clean_line
from worker.channels.view import change_line
from worker.domain.alert import Alert
from worker.domain.delivery import Announcement
from worker.domain.digest import DIGEST, Digest
from worker.domain.payload import alert_data


def alert_url(public_url: str, alert_id: str) -> str:
    """Where people see an alert."""
    return f"{public_url.rstrip('/')}/alerts/{alert_id}"


def digest_announcement(digest: Digest, public_url: str) -> Announcement:
    """Every alert of a digest, in its own language; programs get the alerts as webhooks give them.

    Pure, so that every attempt sends the same.
    """
    count = len(digest.alerts)
    languages = {alert.language for alert in digest.alerts}
    if languages == {"fr"}:
        headline = f"{count} alertes" if count > 1 else "1 alerte"
    else:
        headline = f"{count} alerts" if count != 1 else "1 alert"
    return Announcement(
        kind=DIGEST,
        created=digest.due,
        headline=headline,
        lines=tuple(map(_line, digest.alerts)),
        links=tuple(alert_url(public_url, alert.id) for alert in digest.alerts),
        data={
            "alerts": [
                alert_data(alert, alert_url(public_url, alert.id)) for alert in digest.alerts
            ]
        },
    )


def _line(alert: Alert) -> str:
    labels = labels_for(alert.language)
    severity = labels.severities[alert.severity.value]
    told = f"[{severity}] {clean_line(alert.headline, 200)}"
    changes = "; ".join(change_line(change, labels) for change in alert.changes)
    return " – ".join(filter(None, (told, clean_line(changes, 200))))
