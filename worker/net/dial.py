"""Name resolution and sockets under the address guard, as aiohttp's connector takes them."""

from __future__ import annotations

import socket
from collections.abc import Collection

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from worker.net.guard import AddressGuard

AddrInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]


class RefusedError(OSError):
    """The guard does not permit the address; an `OSError`, so that connectors pass it on."""


class GuardedResolver(AbstractResolver):
    """Resolves names and leaves only the addresses that the guard permits.

    Names in `exempt` (the proxy's) are not looked at.
    """

    def __init__(
        self,
        guard: AddressGuard,
        resolver: AbstractResolver | None = None,
        exempt: Collection[str] = (),
    ) -> None:
        self._guard = guard
        self._resolver = resolver or ThreadedResolver()
        self._exempt = exempt

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The permitted addresses; `RefusedError` when none is, `OSError` for no such name."""
        found = await self._resolver.resolve(host, port, family)
        if host in self._exempt:
            return found
        permitted = [result for result in found if self._guard.permits(result["host"])]
        if found and not permitted:
            raise RefusedError("address not permitted")
        return permitted

    async def close(self) -> None:
        await self._resolver.close()


class GuardedSockets:
    """Makes the socket for exactly the address about to be dialled: the last check, never skipped.

    It sees literal addresses, which no resolver does, and leaves a name no moment in which to
    point elsewhere.
    """

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard

    def __call__(self, info: AddrInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        if not self._guard.permits(address[0]):
            raise RefusedError("address not permitted")
        return socket.socket(family=family, type=kind, proto=protocol)
