"""Links by their relation, from HTTP headers (RFC 8288) and from HTML, Atom and RSS. Pure.

Read by regular expressions over the beginning of a document: they take the same time for every
input, and what follows there is checked anyway.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from worker.feeds.fields import web_address

_BEGINNING = 256 * 1024
_MOST = 200
_HEADER_LINK = re.compile(r"<([^<>]{0,2000})>((?:\s*;[^;,<>\"]*(?:\"[^\"]{0,500}\")?){0,12})")
_PARAMETER = re.compile(r";\s*([A-Za-z*-]{1,20})\s*=\s*(?:\"([^\"]{0,500})\"|([^\s;,\"]{1,500}))")
_TAG = re.compile(
    r"<(?:[A-Za-z][\w.-]{0,20}:)?(link|a|base)\b"
    r"((?:[^<>\"']|\"[^\"]{0,2000}\"|'[^']{0,2000}'){0,3000})>",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"([A-Za-z:-]{1,40})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+))")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Link:
    """An absolute http(s) address with what it is to the document: `hub`, `self`, `alternate`, …"""

    url: str
    relations: frozenset[str]
    media: str = ""
    title: str = ""


def header_links(value: str, base_url: str) -> tuple[Link, ...]:
    """The links of a `Link` header; several headers are joined with commas."""
    found = []
    for address, parameters in _HEADER_LINK.findall(value[:20_000]):
        given = {
            name.lower(): quoted or plain
            for name, quoted, plain in reversed(_PARAMETER.findall(parameters))
        }
        found.append(_link(address, given, base_url))
    return tuple(link for link in found if link is not None)


def markup_links(document: bytes, base_url: str) -> tuple[Link, ...]:
    """The links with a relation in a page or feed, in their order."""
    text = document[:_BEGINNING].decode("utf-8", "replace")
    return tuple(_in_markup(_COMMENT.sub("", text), base_url))[:_MOST]


def addresses(links: Sequence[Link], relation: str) -> tuple[str, ...]:
    """The addresses with that relation, each once."""
    return tuple(dict.fromkeys(link.url for link in links if relation in link.relations))


def _in_markup(text: str, base_url: str) -> Iterator[Link]:
    base = base_url
    for name, attributes in _TAG.findall(text):
        given = {
            key.lower(): html.unescape(double or single or bare)
            for key, double, single, bare in reversed(_ATTRIBUTE.findall(attributes))
        }
        if name.lower() == "base":
            base = web_address(given.get("href"), base_url) or base
            continue
        link = _link(given.get("href", ""), given, base)
        if link is not None:
            yield link


def _link(address: str, given: dict[str, str], base_url: str) -> Link | None:
    url = web_address(address, base_url)
    relations = frozenset(given.get("rel", "").lower().split())
    if url is None or not relations:
        return None
    media = given.get("type", "").partition(";")[0].strip().lower()
    return Link(url, relations, media, " ".join(given.get("title", "").split())[:200])
