"""An alert as Slack's Block Kit.

Nothing here is `mrkdwn`: text stands in `plain_text` objects and in the text elements of
`rich_text` blocks, neither of which Slack reads for mentions, links or formatting. The only
links are link elements that this module makes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from worker.channels.text import shorten, unlinkable
from worker.channels.view import View

MAX_HEADER = 150
MAX_PLAIN_TEXT = 3000
MAX_MESSAGE = 13_000
"""Characters in all; Slack refuses longer messages with `msg_blocks_too_long`."""

_MAX_FALLBACK = 1000
_MAX_RICH_BLOCK = 3000


def escape(text: str) -> str:
    """Replaces exactly the three characters that Slack's text objects give a meaning."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def message(view: View) -> dict[str, Any]:
    """The payload that an incoming webhook and `chat.postMessage` have in common.

    `text` is what notifications and screen readers say.
    """
    return {
        "text": _plain(view.headline, _MAX_FALLBACK),
        "mrkdwn": False,
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": blocks(view),
    }


def blocks(view: View) -> list[dict[str, Any]]:
    """Headline, what changed, facts, evidence, links and source, within Slack's limits."""
    from slack_sdk.models.blocks import (  # costs a tenth of a second
        Block,
        ContextBlock,
        HeaderBlock,
        PlainTextObject,
        RichTextBlock,
        RichTextListElement,
        RichTextQuoteElement,
        RichTextSectionElement,
    )

    labels = view.labels
    header = _plain(view.headline, MAX_HEADER)
    made: list[Block] = [HeaderBlock(text=PlainTextObject(text=header, emoji=False))]
    summary = [RichTextSectionElement(elements=[_text(view.kicker, bold=True)])]
    if header != _plain(view.headline, _MAX_FALLBACK):
        summary.append(RichTextSectionElement(elements=[_text(view.headline)]))
    if view.changes:
        title = [_text(labels.what_changed, bold=True)]
        lines = [
            RichTextSectionElement(elements=[_text(line)])
            for line in _within(view.changes, _MAX_RICH_BLOCK)
        ]
        made.append(RichTextBlock(elements=summary))
        made.append(
            RichTextBlock(
                elements=[
                    RichTextSectionElement(elements=title),
                    RichTextListElement(style="bullet", elements=lines),
                ]
            )
        )
    else:
        if view.is_first:
            summary.append(RichTextSectionElement(elements=[_text(labels.first_report)]))
        made.append(RichTextBlock(elements=summary))
    made.append(
        RichTextBlock(
            elements=[
                RichTextSectionElement(
                    elements=[_text(label + labels.colon, bold=True), _text(value)]
                )
                for label, value in _pairs_within(view.facts, _MAX_RICH_BLOCK)
            ]
        )
    )
    if view.quotes:
        elements: list[Any] = [
            RichTextQuoteElement(elements=[_text(quote)]) for quote in view.quotes
        ]
        if view.more_quotes:
            more = labels.more_evidence.format(count=view.more_quotes)
            elements.append(RichTextSectionElement(elements=[_text(more)]))
        made.append(RichTextBlock(elements=elements))
    if links := _links(view):
        made.append(RichTextBlock(elements=[RichTextSectionElement(elements=links)]))
    origin = " · ".join(part for part in (view.source, view.item_title, view.item_time) if part)
    made.append(
        ContextBlock(elements=[PlainTextObject(text=_plain(origin, MAX_PLAIN_TEXT), emoji=False)])
    )
    for block in made:
        block.validate_json()
    return [block.to_dict() for block in made]


def _plain(text: str, limit: int) -> str:
    """Text of a `plain_text` object: escaped, and cut so that its escaped form fits."""
    return escape(shorten(unlinkable(text), limit, _escaped_units))


def _escaped_units(text: str) -> int:
    # Slack counts as JavaScript does: a character beyond the basic plane is two.
    return len(escape(text).encode("utf-16-le", "surrogatepass")) // 2


def _text(text: str, *, bold: bool = False) -> dict[str, Any]:
    """A text element of a `rich_text` block, whose text Slack takes literally."""
    element: dict[str, Any] = {"type": "text", "text": unlinkable(text)}
    if bold:
        element["style"] = {"bold": True}
    return element


def _links(view: View) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for url, words in (
        (view.item_link, view.labels.read_item),
        (view.alert_link, view.labels.open_alert),
    ):
        if url:
            if made:
                made.append(_text(" · "))
            made.append({"type": "link", "url": url, "text": words})
    return made


def _within(lines: Iterable[str], limit: int) -> Iterable[str]:
    for line in lines:
        limit -= len(line)
        if limit < 0:
            yield "…"
            return
        yield line


def _pairs_within(pairs: Iterable[tuple[str, str]], limit: int) -> Iterable[tuple[str, str]]:
    for label, value in pairs:
        limit -= len(label) + len(value)
        if limit < 0:
            yield "…", "…"
            return
        yield label, value
