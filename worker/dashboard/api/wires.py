"""Documents of news wires that are pushed in: NewsML-G2 and ninjs, read as those of a feed are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import Request

from worker.dashboard.problems import Problem
from worker.domain.feed import Feed
from worker.domain.item import Entry
from worker.domain.payload import timestamp
from worker.feeds.parse import ParserPool, Unparsable
from worker.feeds.release import release

# https://www.iana.org/assignments/media-types, and how products that predate them call theirs.
XML_TYPES = frozenset(
    {
        "application/vnd.iptc.g2.newsitem+xml",
        "application/vnd.iptc.g2.packageitem+xml",
        "application/vnd.iptc.g2.newsmessage+xml",
        "application/newsml-g2+xml",
        "application/xml",
        "text/xml",
    }
)
JSON_TYPES = frozenset({"application/vnd.iptc.ninjs+json", "application/ninjs+json"})
_KINDS = ("newsml", "ninjs")


@dataclass(frozen=True, slots=True)
class Wire:
    """What a document holds: entries that may be used now, and why the others may not.

    `withdrawn` names those that their publisher takes back, with the reason.
    """

    free: tuple[Entry, ...]
    held: tuple[dict[str, str | None], ...]
    withdrawn: Mapping[str, str] = field(default_factory=dict)


async def read_wire(request: Request, media: str, pushed: Feed, now: datetime) -> Wire:
    """The entries of the wire's document in the body. Raises `Problem` for what is none.

    Read in a child process, like everything that comes from outside.
    """
    parser: ParserPool = request.app.state.parser
    try:
        parsed = await parser.parse(await request.body(), media, pushed.url)
    except Unparsable as error:
        raise Problem(422, f"The document cannot be used: {error}") from None
    if not parsed.kind.startswith(_KINDS):
        raise Problem(415, "Send NewsML-G2 or ninjs, or an item as application/json.")
    lots = release(parsed.entries, now)
    held = [
        *(_held(entry, f"embargoed until {timestamp(entry.embargoed_until)}: send it again then")
          for entry in lots.embargoed),
        *(_held(entry, str(entry.withdrawn)) for entry in lots.withdrawn),
    ]  # fmt: skip
    withdrawn = {e.guid: e.withdrawn or "" for e in lots.withdrawn if e.guid}
    if not lots.free and not withdrawn:
        reasons = "; ".join(dict.fromkeys(str(one["why"]) for one in held[:5]))
        raise Problem(422, f"There is no item to take in. {reasons or 'The document has none'}.")
    return Wire(lots.free, tuple(held), withdrawn)


def _held(entry: Entry, why: str) -> dict[str, str | None]:
    return {"guid": entry.guid, "why": why}


def is_wire(media: str) -> bool:
    """Whether this content type says that a wire's document comes."""
    return media in XML_TYPES or media in JSON_TYPES


def documented_types() -> Sequence[str]:
    """The content types for the OpenAPI document."""
    return sorted(XML_TYPES | JSON_TYPES)
