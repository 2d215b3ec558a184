"""Name resolution and sockets under the address guard, as aiohttp's connector takes them."""

from __future__ import annotations

import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from worker.net.guard import AddressGuard
from worker.net.resolve import SystemResolver

AddrInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]


class RefusedError(OSError):
    """The guard does not permit the address; an `OSError`, so that connectors pass it on."""


class GuardedResolver(AbstractResolver):
    """Resolves names and leaves only the addresses that the guard permits.

    The addresses of `proxy`, a host, are left as they are when they are to be dialled.
    """

    def __init__(
        self,
        guard: AddressGuard,
        resolver: AbstractResolver | None = None,
        proxy: str | None = None,
    ) -> None:
        self._guard = guard
        self._resolver = resolver or SystemResolver()
        self._proxy = proxy

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses to dial; `RefusedError` when none is permitted, `OSError` for none."""
        if host == self._proxy:
            return await self._resolver.resolve(host, port, family)
        return await self.permitted(host, port, family)

    async def permitted(
        self, host: str, port: int, family: socket.AddressFamily
    ) -> list[ResolveResult]:
        """As `resolve`, without exception for the proxy."""
        found = await self._resolver.resolve(host, port, family)
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
