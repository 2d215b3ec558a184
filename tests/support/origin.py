"""A web server on loopback that plays a script and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; `raw_headers` are the bytes on the wire, `client` its socket."""

    method: str
    path: str
    headers: Mapping[str, str]
    raw_headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    client: tuple[str, int]

    def raw(self, name: str) -> bytes | None:
        """The value of a header, byte for byte."""
        wanted = name.lower().encode()
        return next((value for key, value in self.raw_headers if key.lower() == wanted), None)


@dataclass(frozen=True)
class Reply:
    """What to answer. After `delay` seconds; `drip` sends one byte each so many seconds.

    `endless` repeats the body until the client goes; `promise` is a false Content-Length.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drip: float | None = None
    endless: bool = False
    promise: int | None = None


Script = Reply | Sequence[Reply] | Callable[[Asked], Reply]


class Origin:
    """Routes by path. Of a sequence of replies the last one repeats; a function decides by request.

    `asked` has all requests in the order of arrival.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.port = 0
        self._routes: dict[str, Script] = {}
        self._turns: dict[str, int] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def on(self, path: str, script: Script) -> str:
        """Play `script` for `path`; the full address."""
        self._routes[path] = script
        self._turns[path] = 0
        return self.url + path

    def asked_for(self, path: str) -> list[Asked]:
        """The requests for one path."""
        return [one for one in self.asked if one.path.partition("?")[0] == path]

    def _reply(self, asked: Asked) -> Reply:
        path = asked.path.partition("?")[0]
        script = self._routes.get(path, Reply(404))
        if isinstance(script, Reply):
            return script
        if callable(script):
            return script(asked)
        turn = self._turns[path]
        self._turns[path] = turn + 1
        return script[min(turn, len(script) - 1)]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(
            request.method,
            request.path_qs,
            request.headers.copy(),
            request.raw_headers,
            await request.read(),
            request.transport.get_extra_info("peername") if request.transport else ("", 0),
        )
        self.asked.append(asked)
        reply = self._reply(asked)
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if reply.drip is None and not reply.endless and reply.promise is None:
            return web.Response(status=reply.status, body=reply.body, headers=reply.headers)
        response = web.StreamResponse(status=reply.status, headers=reply.headers)
        if reply.promise is not None:
            response.content_length = reply.promise
        await response.prepare(request)
        try:
            while True:
                if reply.drip is None:
                    await response.write(reply.body)
                else:
                    for position in range(len(reply.body)):
                        await response.write(reply.body[position : position + 1])
                        await asyncio.sleep(reply.drip)
                if not reply.endless:
                    break
        except ConnectionError:
            return response
        if reply.promise is not None and request.transport is not None:
            request.transport.close()
        return response


@asynccontextmanager
async def origin() -> AsyncIterator[Origin]:
    """An `Origin` that listens on a free port of 127.0.0.1."""
    server = Origin()
    application = web.Application(client_max_size=64 * 1024 * 1024)
    application.router.add_route("*", "/{path:.*}", server._handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.port = runner.addresses[0][1]
        yield server
    finally:
        await runner.cleanup()
