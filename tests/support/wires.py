"""Documents of licensed wires for tests, written from the IPTC's standards."""

from __future__ import annotations

import json
from typing import Any

NAR = "http://iptc.org/std/nar/2006-10-01/"
XHTML = "http://www.w3.org/1999/xhtml"
NITF = "http://iptc.org/std/NITF/2006-10-18/"
GUID = "urn:newsml:wire.example:20230126:0001"


def xhtml(*paragraphs: str, title: str = "") -> str:
    """The content of a news item: an XHTML document in `inlineXML`. Paragraphs are XML."""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f'<inlineXML contenttype="application/xhtml+xml"><html xmlns="{XHTML}">'
        f"<head><title>{title}</title></head><body>{body}</body></html></inlineXML>"
    )


def nitf(*paragraphs: str, headline: str = "", prefix: str = "") -> str:
    """The content of a news item: a NITF document in `inlineXML`."""
    at = f"{prefix}:" if prefix else ""
    declared = f"xmlns:{prefix}" if prefix else "xmlns"
    body = "".join(f"<{at}p>{paragraph}</{at}p>" for paragraph in paragraphs)
    return (
        f'<inlineXML contenttype="application/nitf+xml"><{at}nitf {declared}="{NITF}"><{at}body>'
        f"<{at}body.head><{at}hedline><{at}hl1>{headline}</{at}hl1></{at}hedline>"
        f"<{at}dateline>PARIS</{at}dateline></{at}body.head>"
        f"<{at}body.content>{body}</{at}body.content></{at}body></{at}nitf></inlineXML>"
    )


def news_item(
    headline: str = "Renault to cut Nissan stake",
    content: str = "",
    *,
    guid: str = GUID,
    version: str = "1",
    status: str | None = "stat:usable",
    item_class: str = "ninat:text",
    meta: str = "",
    about: str = "",
    rights: str = "",
    attributes: str = 'xml:lang="en-GB"',
) -> str:
    """A `newsItem` as XML; `meta` and `about` are more of its `itemMeta` and `contentMeta`."""
    published = f'<pubStatus qcode="{status}"/>' if status else ""
    shown = f"<headline>{headline}</headline>" if headline else ""
    return (
        f'<newsItem xmlns="{NAR}" standard="NewsML-G2" standardversion="2.34" conformance="power"'
        f' guid="{guid}" version="{version}" {attributes}>{rights}'
        f'<itemMeta><itemClass qcode="{item_class}"/><provider qcode="nprov:REUTERS"/>'
        "<versionCreated>2023-01-26T11:30:00+01:00</versionCreated>"
        f"<firstCreated>2023-01-26T10:00:00Z</firstCreated>{published}{meta}</itemMeta>"
        f"<contentMeta>{shown}{about}</contentMeta>"
        f"<contentSet>{content or xhtml('Renault said on Thursday.')}</contentSet></newsItem>"
    )


def news_message(*items: str) -> bytes:
    """Items in a `newsMessage`, as they come over a wire."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><newsMessage xmlns="{NAR}"><header>'
        "<sent>2023-01-26T10:31:00Z</sent><sender>wire.example</sender></header>"
        f"<itemSet>{''.join(items)}</itemSet></newsMessage>"
    ).encode()


def package_item(*references: str, inline: str = "") -> str:
    """A `packageItem` with references to items, and items inside of it."""
    found = "".join(f'<itemRef residref="{reference}"/>' for reference in references)
    return (
        f'<packageItem xmlns="{NAR}" guid="urn:package" version="1"><itemMeta>'
        '<itemClass qcode="ninat:composite"/></itemMeta>'
        f'<groupSet root="g"><group id="g" role="group:main">{found}{inline}</group></groupSet>'
        "</packageItem>"
    )


def ninjs1(**more: Any) -> dict[str, Any]:
    """An item of ninjs 1.x."""
    return {
        "uri": GUID,
        "type": "text",
        "version": "1",
        "firstcreated": "2023-01-26T10:00:00Z",
        "versioncreated": "2023-01-26T10:30:00Z",
        "pubstatus": "usable",
        "language": "en",
        "copyrightholder": "AFP",
        "byline": "A. Martin",
        "headline": "Renault to cut Nissan stake",
        "body_html": "<p>Renault said &amp; Nissan agreed.</p><p>On Thursday.</p>",
        "body_text": "Renault said.",
        **more,
    }


def ninjs2(**more: Any) -> dict[str, Any]:
    """An item of ninjs 2.x."""
    return {
        "standard": {"name": "ninjs", "version": "2.1"},
        "uri": GUID,
        "type": "text",
        "version": "1",
        "firstcreated": "2023-01-26T10:00:00Z",
        "versioncreated": "2023-01-26T10:30:00Z",
        "pubstatus": "usable",
        "language": "fr-FR",
        "by": "A. Martin",
        "infosources": [{"name": "Agence France-Presse"}],
        "headlines": [
            {"role": "short", "value": "Renault"},
            {"role": "main", "value": "Renault réduit sa part"},
        ],
        "bodies": [
            {"role": "html", "contenttype": "text/html", "value": "<p>Un.</p><p>Deux.</p>"},
            {"role": "brief", "contenttype": "text/plain", "value": "Un."},
        ],
        **more,
    }


def ninjs3(**more: Any) -> dict[str, Any]:
    """An item of ninjs 3.x."""
    return {
        "uri": GUID,
        "type": "text",
        "version": "1",
        "firstCreated": "2023-01-26T10:00:00Z",
        "versionCreated": "2023-01-26T10:30:00Z",
        "pubStatus": "usable",
        "language": "en",
        "copyrightHolder": "AP",
        "headlines": [{"role": "main", "value": "Renault to cut Nissan stake"}],
        "bodies": [{"role": "main", "contentType": "text/plain", "value": "Renault said."}],
        **more,
    }


def as_json(value: object) -> bytes:
    """`value` as a document."""
    return json.dumps(value, ensure_ascii=False).encode()
