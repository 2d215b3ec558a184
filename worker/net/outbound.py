"""HTTP requests under a deadline, a size cap and an address guard, always all three."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from worker import __version__
from worker.net import decode
from worker.net.address import HARMLESS, is_literal, join, same_origin, usable
from worker.net.dial import GuardedResolver, GuardedSockets, RefusedError
from worker.net.errors import (
    BadAnswer,
    TimedOut,
    TooLarge,
)
from worker.net.faults import translate
from worker.net.guard import AddressGuard
from worker.net.redact import redact_url

USER_AGENT = f"alliance-watch/{__version__}"
MAX_REDIRECTS = 5
ERROR_BODY_BYTES = 64 * 1024
CUT_BODY_SECONDS = 2.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# More than the lanes use at a time: what waits for a connection here would wait for others.
_CONNECTIONS = 4_000


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirect that was followed: the status and the address that it led to."""

    status: int
    url: str


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer. `headers` is case-insensitive, its values as sent; `body` is decoded.

    `url` is the address that answered in the end, without user and password.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    redirects: tuple[Redirect, ...] = ()


@dataclass(slots=True)
class _Call:
    """What is asked; redirects change some of it on the way."""

    method: str
    headers: dict[str, str]
    body: bytes | None
    max_bytes: int
    follow_redirects: bool
    cut: bool


class _OverflowError(Exception):
    """The body is longer than the limit."""


class Outbound:
    """The way out. An async context manager, for one event loop and any number of requests.

    Only addresses on the public Internet are dialled, and those in the networks of `allow`.
    With `proxy` (an `http://` address) every connection goes to the proxy; targets are then
    checked as far as their names resolve here. `resolver` replaces the system's.
    Raises `ValueError` for an entry of `allow` that is not a network.
    """

    def __init__(
        self,
        allow: Sequence[str] = (),
        proxy: str = "",
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._guard = AddressGuard(allow)
        self._proxy = URL(proxy) if proxy else None
        self._given_resolver = resolver
        self._resolver: GuardedResolver | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Outbound:
        proxy = self._proxy.raw_host if self._proxy else None
        self._resolver = GuardedResolver(self._guard, self._given_resolver, proxy)
        connector = aiohttp.TCPConnector(
            resolver=self._resolver,
            socket_factory=None if self._proxy else GuardedSockets(self._guard),
            limit=_CONNECTIONS,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": decode.ACCEPTED},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
            trust_env=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
        if self._resolver is not None:
            await self._resolver.close()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float,  # noqa: ASYNC109 - the deadline is enforced here, over all hops
        max_bytes: int,
        follow_redirects: bool = False,
        cut: bool = False,
    ) -> Response:
        """One exchange, all redirects included, in at most `timeout` seconds.

        The body counts after decompression: more than `max_bytes` raises `TooLarge`. With `cut`,
        and for every status from 400 on, the status is what matters: a body that is too long,
        broken or slow (two seconds) is cut short instead (in errors at 64 KiB at most).
        Redirects are followed up to five times; one to another origin takes no credentials and
        no headers of the caller's own making along. Raises `NetError`.
        """
        try:
            async with asyncio.timeout(timeout):
                call = _Call(method, dict(headers or {}), body, max_bytes, follow_redirects, cut)
                return await self._exchange(url, call)
        except TimeoutError:
            raise TimedOut(f"{redact_url(url)} took longer than {timeout:g} s") from None

    async def _exchange(self, url: str, call: _Call) -> Response:
        target, call.headers = usable(url, call.headers)
        followed: list[Redirect] = []
        while True:
            answer = await self._hop(target, call)
            if isinstance(answer, Response):
                return replace(answer, redirects=tuple(followed))
            status, location = answer
            if len(followed) == MAX_REDIRECTS:
                raise BadAnswer(f"{redact_url(url)} redirects more than {MAX_REDIRECTS} times")
            origin = target
            target, _ = usable(join(origin, location), {})
            if not same_origin(origin, target):
                call.headers = {k: v for k, v in call.headers.items() if k.lower() in HARMLESS}
            if status == 303 or (status in (301, 302) and call.method == "POST"):
                call.method, call.body = ("HEAD" if call.method == "HEAD" else "GET"), None
            followed.append(Redirect(status, str(target)))

    async def _hop(self, target: URL, call: _Call) -> Response | tuple[int, str]:
        """One request: an answer, or the status and location of a redirect to follow."""
        if self._session is None:
            raise RuntimeError("Outbound is used outside of its context")
        shown = redact_url(str(target))
        try:
            if self._proxy is not None:
                await self._check_target(target)
            async with self._session.request(
                call.method,
                target,
                headers=call.headers,
                data=call.body,
                allow_redirects=False,
                proxy=self._proxy,
            ) as answer:
                location = answer.headers.get("Location")
                if call.follow_redirects and answer.status in _REDIRECTS and location:
                    return answer.status, location
                content = b"" if call.method == "HEAD" else await _body(answer, call, shown)
                return Response(answer.status, answer.headers, content, str(target))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise translate(error, shown) from None

    async def _check_target(self, target: URL) -> None:
        """With a proxy: what resolves here must be permitted; other names are left to the proxy."""
        assert self._resolver is not None
        host = target.raw_host or ""
        if is_literal(host):
            if not self._guard.permits(host):
                raise RefusedError("address not permitted")
            return
        try:
            await self._resolver.permitted(host, target.port or 0, socket.AF_UNSPEC)
        except RefusedError:
            raise
        except OSError:
            return


async def _body(answer: aiohttp.ClientResponse, call: _Call, shown: str) -> bytes:
    """The decoded body, whole, or cut where only the status matters."""
    plain = bytearray()
    failed = answer.status >= 400
    if not (failed or call.cut):
        try:
            await _read(answer, plain, call.max_bytes)
        except _OverflowError:
            raise TooLarge(f"{shown} sent more than {_size(call.max_bytes)}") from None
        except decode.CodingError as error:
            raise BadAnswer(f"the body from {shown} {error}") from None
        return bytes(plain)
    limit = min(call.max_bytes, ERROR_BODY_BYTES) if failed else call.max_bytes
    try:
        async with asyncio.timeout(CUT_BODY_SECONDS):
            await _read(answer, plain, limit)
    except (_OverflowError, TimeoutError, decode.CodingError, aiohttp.ClientError, OSError):
        answer.close()
    return bytes(plain[:limit])


async def _read(answer: aiohttp.ClientResponse, plain: bytearray, limit: int) -> None:
    """Append the decoded body to `plain`, counting piece by piece."""
    coded = 0
    decoder = decode.decoder(answer.headers.get("Content-Encoding", ""))
    async for chunk in answer.content.iter_chunked(decode.STEP):
        coded += len(chunk)
        for piece in decoder.feed(chunk):
            plain += piece
            if len(plain) > limit:
                raise _OverflowError
        if coded > limit + decode.STEP:
            raise _OverflowError
    decoder.finish()


def _size(count: int) -> str:
    return f"{count / 1024 / 1024:g} MiB" if count >= 1024 * 1024 else f"{count} bytes"
