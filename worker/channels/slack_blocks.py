"""An alert as Slack's Block Kit.

Nothing here is `mrkdwn`: text stands in `plain_text` objects and in the text elements of
`rich_text` blocks, neither of which Slack reads for mentions, links or formatting. The only
links are link elements that this module makes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from worker.channels.labels import Labels
from worker.channels.text import ELLIPSIS, clean_line, safe_link, shorten, unlinkable
from worker.channels.view import View
from worker.domain.delivery import Announcement

if TYPE_CHECKING:
    from slack_sdk.models.blocks import RichTextBlock
    from slack_sdk.models.blocks.block_elements import RichTextElement

MAX_HEADER = 150
MAX_MESSAGE = 13_000
"""Characters in all; Slack refuses longer messages with `msg_blocks_too_long`."""

# The shares add up to less than `MAX_MESSAGE`, so that no message needs to be cut as a whole.
_MAX_FALLBACK = 1000
_MAX_SUMMARY = 1000
_MAX_CHANGES = 2000
_MAX_FACTS = 2500
_MAX_QUOTES = 2500
_MAX_ORIGIN = 1000
# Of a message that lists many things, in all.
_MAX_LISTED = 10_500


def escape(text: str) -> str:
    """Replaces exactly the three characters that Slack's text objects give a meaning."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


MUTE, WRONG, RIGHT = "aw_mute_story", "aw_wrong_alert", "aw_right_alert"
"""The `action_id` of each button."""


def write_value(subject: str, channel: str) -> str:
    """What a button says it is about: the id of an alert or story, and the channel it is in."""
    return f"{subject}@{channel}"


def read_value(value: str) -> tuple[str, str]:
    """The subject and the channel of `write_value`. Raises `ValueError`."""
    subject, at, channel = value.partition("@")
    if not (subject and at and channel) or len(value) > 300:
        raise ValueError("not the value of a button of ours")
    return subject, channel


def message(view: View, *, latest: str = "", channel: str = "") -> dict[str, Any]:
    """The payload that an incoming webhook and `chat.postMessage` have in common.

    `text` is what notifications and screen readers say. `latest` is how far the story has got
    since; with `channel`, our
    name for where it goes, buttons ask readers what they think of the alert.
    """
    made = blocks(view, latest)
    if channel:
        made.append(
            _buttons(
                view.labels,
                write_value(view.alert_id, channel),
                write_value(view.story_id, channel),
            )
        )
    return _payload(view.headline, made)


def announcement(said: Announcement) -> dict[str, Any]:
    """The payload of a message that is no alert."""
    from slack_sdk.models.blocks import Block, HeaderBlock, PlainTextObject

    headline = clean_line(said.headline, 400) or said.kind
    made: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=_plain(headline, MAX_HEADER), emoji=False)),
        *_listed(said),
    ]
    for block in made:
        block.validate_json()
    return _payload(headline, [block.to_dict() for block in made])


def _listed(said: Announcement) -> Iterable[RichTextBlock]:
    """The lines, each with its link behind it, as many as Slack takes; then how many are left."""
    lines = said.linked_lines()
    left, rich = _MAX_LISTED, _Rich(_MAX_QUOTES)
    for number, (line, link) in enumerate(lines):
        shown = unlinkable(clean_line(line, 300) or "-")
        cost = _units(shown) + 2
        if cost > left:
            rich.line(rich.text(f"{ELLIPSIS} +{len(lines) - number}", bold=True))
            break
        if not rich.holds(cost + 20):
            if block := rich.block():
                yield block
            rich = _Rich(_MAX_QUOTES)
        left -= cost
        parts = [rich.text((line and clean_line(line, 300)) or "-")]
        if target := safe_link(link):
            parts += [rich.text(" "), {"type": "link", "url": target, "text": "\u2197"}]
        rich.line(*parts)
    if block := rich.block():
        yield block


def _payload(headline: str, made: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "text": _plain(headline, _MAX_FALLBACK),
        "mrkdwn": False,
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": made,
    }


def _buttons(labels: Labels, alert: str, story: str) -> dict[str, Any]:
    from slack_sdk.models.blocks import ActionsBlock, ButtonElement, PlainTextObject

    block = ActionsBlock(
        elements=[
            ButtonElement(
                text=PlainTextObject(text=words, emoji=False), action_id=action, value=value
            )
            for words, action, value in (
                (labels.right, RIGHT, alert),
                (labels.wrong, WRONG, alert),
                (labels.mute_story, MUTE, story),
            )
        ]
    )
    block.validate_json()
    return block.to_dict()


def blocks(view: View, latest: str = "") -> list[dict[str, Any]]:
    """Headline, what changed, facts, evidence, links and source, within Slack's limits."""
    # Costs a tenth of a second, which a process without Slack channels need not spend.
    from slack_sdk.models.blocks import Block, ContextBlock, HeaderBlock, PlainTextObject

    header = PlainTextObject(text=_plain(view.headline, MAX_HEADER), emoji=False)
    origin = " · ".join(part for part in (view.source, view.item_title, view.item_time) if part)
    context = PlainTextObject(text=_plain(origin, _MAX_ORIGIN), emoji=False)
    rich = (_summary(view, latest), _changes(view), _facts(view), _quotes(view), _links(view))
    made: list[Block] = [
        HeaderBlock(text=header),
        *(filled for part in rich if (filled := part.block())),
        ContextBlock(elements=[context]),
    ]
    for block in made:
        block.validate_json()
    return [block.to_dict() for block in made]


class _Rich:
    """A `rich_text` block in the making, whose texts never exceed its share of the message.

    Slack takes the text of these elements literally, so nothing in it needs escaping.
    """

    def __init__(self, share: int) -> None:
        self._left = share
        self._elements: list[RichTextElement] = []

    def text(self, text: str, *, bold: bool = False) -> dict[str, Any]:
        shown = shorten(unlinkable(text), max(self._left, 1), _units)
        self._left -= _units(shown)
        element: dict[str, Any] = {"type": "text", "text": shown}
        return {**element, "style": {"bold": True}} if bold else element

    def holds(self, units: int) -> bool:
        """Whether so many more fit."""
        return units <= self._left

    def line(self, *parts: dict[str, Any]) -> None:
        from slack_sdk.models.blocks import RichTextSectionElement

        self._elements.append(RichTextSectionElement(elements=parts))

    def quote(self, text: str) -> None:
        from slack_sdk.models.blocks import RichTextQuoteElement

        self._elements.append(RichTextQuoteElement(elements=[self.text(text)]))

    def bullets(self, lines: Iterable[str]) -> None:
        from slack_sdk.models.blocks import RichTextListElement, RichTextSectionElement

        items = [RichTextSectionElement(elements=[self.text(line)]) for line in lines]
        self._elements.append(RichTextListElement(style="bullet", elements=items))

    def block(self) -> RichTextBlock | None:
        from slack_sdk.models.blocks import RichTextBlock

        return RichTextBlock(elements=self._elements) if self._elements else None


def _summary(view: View, latest: str) -> _Rich:
    rich = _Rich(_MAX_SUMMARY)
    rich.line(rich.text(view.kicker, bold=True))
    if latest:
        rich.line(rich.text(f"{view.labels.latest}{view.labels.colon}{latest}", bold=True))
    if _escaped_units(unlinkable(view.headline)) > MAX_HEADER:
        rich.line(rich.text(view.headline))
    if view.is_first and not view.changes:
        rich.line(rich.text(view.labels.first_report))
    return rich


def _changes(view: View) -> _Rich:
    rich = _Rich(_MAX_CHANGES)
    if view.changes:
        rich.line(rich.text(view.labels.what_changed, bold=True))
        rich.bullets(view.changes)
    return rich


def _facts(view: View) -> _Rich:
    rich = _Rich(_MAX_FACTS)
    for label, value in view.facts:
        rich.line(rich.text(label + view.labels.colon, bold=True), rich.text(value))
    return rich


def _quotes(view: View) -> _Rich:
    rich = _Rich(_MAX_QUOTES)
    for quote in view.quotes:
        rich.quote(quote)
    if view.more_quotes:
        rich.line(rich.text(view.labels.more_evidence.format(count=view.more_quotes)))
    return rich


def _links(view: View) -> _Rich:
    rich = _Rich(_MAX_ORIGIN)
    links = [
        {"type": "link", "url": url, "text": words}
        for url, words in (
            (view.item_link, view.labels.read_item),
            (view.alert_link, view.labels.open_alert),
        )
        if url
    ]
    if len(links) == 2:
        links.insert(1, rich.text(" · "))
    if links:
        rich.line(*links)
    return rich


def _plain(text: str, limit: int) -> str:
    """Text of a `plain_text` object: escaped, and cut so that its escaped form fits."""
    return escape(shorten(unlinkable(text), limit, _escaped_units))


def _units(text: str) -> int:
    # Slack counts as JavaScript does: a character beyond the basic plane is two.
    return len(text) + sum(char > "\uffff" for char in text)


def _escaped_units(text: str) -> int:
    return _units(escape(text))
