"""Whether the parts of this host are alive, by the rows that they write: `python -m worker.alive`.

For container health checks of parts that serve no HTTP. Exit 0: every kind of part that has run on
this host has beaten lately, or the database cannot be asked, which is no fault of theirs. Exit 1:
one of them has fallen silent, or none has ever run.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta

from worker import wiring
from worker.config import load
from worker.domain.finding import FaultyInput
from worker.domain.part import Part
from worker.store import StoreUnavailable

# Several beats may be late on a busy machine.
SILENT_AFTER = timedelta(seconds=20)


def silent(parts: Iterable[Part], host: str, now: datetime) -> list[str] | None:
    """The kinds of part that have fallen silent on `host`; `None` when there never was any.

    A process that was restarted leaves an old row behind, so the newest of each kind counts.
    """
    newest: dict[str, datetime] = {}
    for part in parts:
        if part.host == host:
            newest[part.kind] = max(part.seen, newest.get(part.kind, part.seen))
    if not newest:
        return None
    return sorted(kind for kind, seen in newest.items() if now - seen > SILENT_AFTER)


def main() -> int:
    """Ask the database of the configuration that the environment names. Returns the exit code."""
    try:
        store = wiring.open_store(load(None, os.environ))
    except FaultyInput as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    try:
        found = silent(store.parts(), socket.gethostname(), wiring.now())
    except StoreUnavailable as error:
        print(f"cannot be told: {error}", file=sys.stderr)  # noqa: T201
        return 0
    finally:
        store.close()
    if found is None or found:
        print(f"silent: {', '.join(found or ['all'])}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
