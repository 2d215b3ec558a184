"""The command line `alliance-watch`. Nothing heavy is imported before a command needs it."""

from worker.cli.app import main

__all__ = ["main"]
