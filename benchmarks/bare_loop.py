"""The limit for deliveries: the same messages to the same receiver by a bare aiohttp loop.

Run as a process of its own, as a delivery worker is, with the messages one a line in a file:
`python -m benchmarks.bare_loop URL FILE WIDTH`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp

_SENT_BY_THE_CLIENT = frozenset(
    {"host", "content-length", "connection", "user-agent", "accept-encoding"}
)


async def send_all(url: str, messages: Iterator[tuple[dict[str, str], bytes]], width: int) -> None:
    """Post every message, `width` at a time, and read each answer."""
    async with aiohttp.ClientSession() as session:

        async def lane() -> None:
            for headers, body in messages:
                async with session.post(url, data=body, headers=headers) as answer:
                    await answer.read()
                    answer.raise_for_status()

        await asyncio.gather(*(lane() for _ in range(width)))


def _messages(path: Path) -> Iterator[tuple[dict[str, str], bytes]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    for headers, body in map(json.loads, lines):
        kept = {k: v for k, v in headers.items() if k.lower() not in _SENT_BY_THE_CLIENT}
        yield kept, body.encode()


if __name__ == "__main__":
    asyncio.run(send_all(sys.argv[1], _messages(Path(sys.argv[2])), int(sys.argv[3])))
