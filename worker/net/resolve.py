"""Name resolution by the system, in threads of its own."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aiohttp.abc import AbstractResolver, ResolveResult

# As many as requests wait for names at a time; the system's look-up cannot be interrupted.
_THREADS = 64


class SystemResolver(AbstractResolver):
    """`getaddrinfo`, which knows all that the system does, without taking threads from others.

    The event loop's own threads do the database's work: a name server that does not answer would
    hold up everything there. Threads are begun when needed.
    """

    def __init__(self, threads: int = _THREADS) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name, IPv4 and IPv6. Raises `OSError` when there is none."""
        look_up = partial(
            socket.getaddrinfo,
            host,
            port,
            family=family,
            type=socket.SOCK_STREAM,
            flags=socket.AI_ADDRCONFIG,
        )
        loop = asyncio.get_running_loop()
        found: list[ResolveResult] = []
        for kind, _, protocol, _, address in await loop.run_in_executor(self._executor, look_up):
            if kind not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address[0], str):
                continue
            scope = f"%{address[3]}" if len(address) == 4 and address[3] else ""
            found.append(
                ResolveResult(
                    hostname=host,
                    host=address[0] + ("" if "%" in address[0] else scope),
                    port=port,
                    family=kind,
                    proto=protocol,
                    flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
                )
            )
        return found

    async def close(self) -> None:
        """Wait for no look-up that is under way."""
        self._executor.shutdown(wait=False, cancel_futures=True)
