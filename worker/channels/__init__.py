"""Ways to tell people and programs: a file a channel, with its settings, form and verdict."""

from worker.channels.base import Channel, Outbound
from worker.channels.registry import ChannelSettings, build

__all__ = ["Channel", "ChannelSettings", "Outbound", "build"]
