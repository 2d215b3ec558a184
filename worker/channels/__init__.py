"""Ways to tell people and programs: a file a channel, with its settings, form and verdict."""

from worker.channels.base import Channel, Outbound
from worker.channels.endpoint import CHANNEL_PREFIX, ENDPOINT_TERMS, EndpointChannels
from worker.channels.links import FEEDBACK, UNSUBSCRIBE, MailLinks
from worker.channels.registry import ChannelSettings, build, terms

__all__ = [
    "CHANNEL_PREFIX",
    "ENDPOINT_TERMS",
    "FEEDBACK",
    "UNSUBSCRIBE",
    "Channel",
    "ChannelSettings",
    "EndpointChannels",
    "MailLinks",
    "Outbound",
    "build",
    "terms",
]
