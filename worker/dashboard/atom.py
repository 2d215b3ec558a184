"""The newest alerts as an Atom feed (RFC 4287)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from worker.channels.text import clean_line
from worker.domain.alert import Alert
from worker.domain.payload import timestamp

_ATOM = "http://www.w3.org/2005/Atom"


def atom_feed(alerts: Sequence[Alert], *, public_url: str, now: datetime) -> bytes:
    """The document, in UTF-8. `alerts` come newest first."""
    register_namespace("", _ATOM)
    base = public_url.rstrip("/")
    feed = Element(f"{{{_ATOM}}}feed")
    _add(feed, "id", f"{base}/alerts")
    _add(feed, "title", "Alliance Watch")
    _add(feed, "updated", timestamp(alerts[0].created if alerts else now) or "")
    SubElement(feed, f"{{{_ATOM}}}link", rel="alternate", href=f"{base}/alerts")
    SubElement(feed, f"{{{_ATOM}}}link", rel="self", href=f"{base}/api/v1/alerts.atom")
    _add(SubElement(feed, f"{{{_ATOM}}}author"), "name", "Alliance Watch")
    host = urlsplit(base).hostname or "localhost"
    for alert in alerts:
        entry = SubElement(feed, f"{{{_ATOM}}}entry")
        # RFC 4151: constant also when the service moves to another port or scheme.
        _add(entry, "id", f"tag:{host},2026:{alert.id}")
        _add(entry, "title", alert.headline)
        _add(entry, "updated", timestamp(alert.created) or "")
        _add(entry, "published", timestamp(alert.created) or "")
        SubElement(entry, f"{{{_ATOM}}}link", rel="alternate", href=f"{base}/alerts/{alert.id}")
        SubElement(entry, f"{{{_ATOM}}}category", term=alert.event.rule)
        SubElement(entry, f"{{{_ATOM}}}category", term=alert.event.status.value)
        proof = " […] ".join(passage.text for passage in alert.event.evidence if not passage.role)
        _add(entry, "summary", f"{proof} ({alert.item.source})" if alert.item.source else proof)
    document: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return document


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, f"{{{_ATOM}}}{name}").text = clean_line(text, 2_000)
