"""Watches news feeds for changes in corporate alliances and alerts the right people once."""

__version__ = "0.1.0"
