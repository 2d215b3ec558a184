"""Servers on loopback for tests, and a webhook receiver that checks what it gets.

Every server runs in a thread with a loop of its own, so that synchronous tests, asynchronous
tests and the service in another process can all talk to it:

    with WebhookReceiver() as receiver:
        …
        receiver.wait_for(3)
        assert receiver.faults == []
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import standardwebhooks
import svix.webhooks
from aiohttp import web

T = TypeVar("T")


def new_secret() -> str:
    """A webhook secret as Standard Webhooks wants it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


class ServerThread(ABC):
    """An asyncio server in a thread, on a free port of 127.0.0.1, with a log to wait on."""

    def __init__(self) -> None:
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._changed = threading.Condition()

    def __enter__(self) -> Self:
        self._thread.start()
        self.port = self._run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._run(_cancel_the_rest())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=20)

    def notify(self) -> None:
        """Wakes `wait_until` after something was recorded."""
        with self._changed:
            self._changed.notify_all()

    def wait_until(self, condition: Callable[[], bool], timeout: float = 20) -> bool:
        """Blocks until `condition()` holds; whether it does in the end."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0:
                    return condition()
                self._changed.wait(min(left, 0.5))
        return True

    @abstractmethod
    async def _open(self) -> int:
        """Starts listening and returns the port."""

    @abstractmethod
    async def _close(self) -> None: ...


async def _cancel_the_rest() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class HttpServer(ServerThread):
    """An HTTP server; subclasses answer in `handle`."""

    _runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _open(self) -> int:
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self.handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def _close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @abstractmethod
    async def handle(self, request: web.Request) -> web.StreamResponse: ...


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server is to answer, after `delay` seconds."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived; header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def signatures(self) -> list[str]:
        return self.headers["webhook-signature"].split(" ")


class WebhookReceiver(HttpServer):
    """Records signed messages and verifies each with `standardwebhooks` and with `svix`.

    Answers with `replies` one after the other, then 200. A message that does not verify, is no
    JSON object or lacks the envelope is written to `faults` and answered 400.
    """

    def __init__(self, secret: str | None = None, *, path: str = "/hook") -> None:
        super().__init__()
        self.secret = secret or new_secret()
        self.path = path
        self.received: list[Received] = []
        self.faults: list[str] = []
        self.replies: deque[Reply] = deque()

    @property
    def url(self) -> str:
        return self.base_url + self.path

    @property
    def ids(self) -> list[str]:
        """The `webhook-id` of every message, repeats included, in order of arrival."""
        return [message.message_id for message in self.received]

    def wait_for(self, count: int, timeout: float = 20) -> list[Received]:
        """Waits for `count` different messages; raises `AssertionError` when they do not come."""
        arrived = self.wait_until(lambda: len(set(self.ids)) >= count, timeout)
        assert arrived, f"{len(set(self.ids))} of {count} messages came; faults: {self.faults}"
        return list(self.received)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = Received(request.path_qs, headers, await request.read(), time.time())
        if fault := self._fault_of(request, received):
            self.faults.append(fault)
            self.notify()
            return web.Response(status=400, text=fault)
        self.received.append(received)
        self.notify()
        reply = self.replies.popleft() if self.replies else Reply()
        if reply.delay:
            await asyncio.sleep(reply.delay)
        return web.Response(status=reply.status, text=reply.body, headers=dict(reply.headers))

    def _fault_of(self, request: web.Request, received: Received) -> str:
        if request.method != "POST" or request.path_qs != self.path:
            return f"unexpected {request.method} {request.path_qs}"
        if received.headers.get("content-type") != "application/json":
            return f"content-type is {received.headers.get('content-type')}"
        try:
            headers = dict(received.headers)
            standardwebhooks.Webhook(self.secret).verify(received.body, headers)
            svix.webhooks.Webhook(self.secret).verify(received.body, headers)
            envelope = received.json
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        if not isinstance(envelope, dict) or set(envelope) != {"type", "timestamp", "data"}:
            return "the body is not {type, timestamp, data}"
        return ""


class FixedServer(HttpServer):
    """Answers every request with one reply (by default 200), recording the requests."""

    def __init__(self, reply: Reply | None = None) -> None:
        super().__init__()
        self.reply = reply or Reply()
        self.received: list[Received] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.path_qs, headers, await request.read(), time.time()))
        self.notify()
        if self.reply.delay:
            await asyncio.sleep(self.reply.delay)
        return web.Response(
            status=self.reply.status, text=self.reply.body, headers=dict(self.reply.headers)
        )
