"""All kinds of channel: their settings as one type, and how to make one from its settings."""

from __future__ import annotations

from typing import Annotated, TextIO

from pydantic import Field

from worker.channels.base import Channel, Outbound
from worker.channels.console import ConsoleChannel, ConsoleSettings
from worker.channels.email import EmailChannel, EmailSettings
from worker.channels.slack import SlackChannel, SlackSettings
from worker.channels.webhook import WebhookChannel, WebhookSettings

ChannelSettings = Annotated[
    ConsoleSettings | EmailSettings | SlackSettings | WebhookSettings,
    Field(discriminator="type"),
]
"""One `[[channels]]` table; secrets hold their values, not where to find them.

Pydantic shows input in its errors unless the outermost model says `hide_input_in_errors`.
"""


def build(
    settings: ConsoleSettings | EmailSettings | SlackSettings | WebhookSettings,
    outbound: Outbound,
    *,
    timeout: float,
    console_stream: TextIO | None = None,
) -> Channel:
    """Makes the channel; does no I/O. `timeout` in seconds bounds each attempt to send.

    `console_stream` is where a console channel writes; standard output unless given.
    """
    match settings:
        case ConsoleSettings():
            return ConsoleChannel(settings, timeout=timeout, stream=console_stream)
        case EmailSettings():
            return EmailChannel(settings, timeout=timeout)
        case SlackSettings():
            return SlackChannel(settings, outbound, timeout=timeout)
        case WebhookSettings():
            return WebhookChannel(settings, outbound, timeout=timeout)
