"""All kinds of channel: their settings as one type, and how to make one from its settings."""

from __future__ import annotations

from typing import Annotated, TextIO

from pydantic import Field

from worker.channels.base import Channel, Outbound
from worker.channels.console import ConsoleChannel, ConsoleSettings
from worker.channels.email import EmailChannel, EmailSettings
from worker.channels.links import MailLinks
from worker.channels.slack import SlackChannel, SlackSettings
from worker.channels.webhook import WebhookChannel, WebhookSettings
from worker.domain.circuit import Terms

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
    links: MailLinks | None = None,
) -> Channel:
    """Makes the channel; does no I/O. `timeout` in seconds bounds each attempt to send.

    `links` are for the readers of mails.
    `console_stream` is where a console channel writes; standard output unless given.
    """
    match settings:
        case ConsoleSettings():
            return ConsoleChannel(settings, timeout=timeout, stream=console_stream)
        case EmailSettings():
            return EmailChannel(settings, timeout=timeout, links=links)
        case SlackSettings():
            return SlackChannel(settings, outbound, timeout=timeout)
        case WebhookSettings():
            return WebhookChannel(settings, outbound, timeout=timeout)


def terms(settings: ConsoleSettings | EmailSettings | SlackSettings | WebhookSettings) -> Terms:
    """What holds for sending over a channel, counted over all workers."""
    match settings:
        case SlackSettings():
            # Slack takes about one message a second in a channel.
            return Terms(concurrent=1, per_second=1.0, threads=settings.url is None)
        case WebhookSettings():
            return Terms(concurrent=settings.concurrency, per_second=settings.rate)
        case EmailSettings():
            return Terms(addresses=True)
        case ConsoleSettings():
            return Terms()
