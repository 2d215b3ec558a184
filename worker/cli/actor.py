"""Who uses the command line, for the audit log."""

from __future__ import annotations

import getpass


def actor() -> str:
    """`cli:` and the name of the system's user."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a user id without a name, as in many containers
        return "cli"
