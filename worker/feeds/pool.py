"""Child processes that parse, so that no document can hang, bloat or crash the poller."""

from __future__ import annotations

import asyncio
import json
import math
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from types import TracebackType

import structlog

import worker
from worker.feeds import parsed
from worker.feeds.parsed import ParsedFeed, Unparsable

log = structlog.get_logger(__name__)

_LENGTH_BYTES = 4
_MAX_ANSWER = 64 * 1024 * 1024
_START_SECONDS = 60.0
# The child sees none of the service's environment, where secrets are.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT")


class ParserPool:
    """Parses with up to `workers` children, started when needed, kept, and replaced when lost.

    One document may take `timeout` seconds and `memory_limit` bytes of address space. An async
    context manager for one event loop. Waiting for a free child counts towards no limit.
    """

    def __init__(
        self,
        workers: int = 2,
        timeout: float = 10.0,
        memory_limit: int = 512 * 1024 * 1024,
    ) -> None:
        self._timeout = timeout
        self._memory_limit = memory_limit
        self._free = asyncio.Semaphore(workers)
        self._idle: list[Process] = []
        self._all: set[Process] = set()
        self._closed = False

    async def __aenter__(self) -> ParserPool:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def pids(self) -> frozenset[int]:
        """The children alive, for gauges."""
        return frozenset(child.pid for child in self._all if child.returncode is None)

    async def parse(self, body: bytes, content_type: str | None, base_url: str) -> ParsedFeed:
        """As `parse_document`. Raises `Unparsable` also for what a document costs its child."""
        return _read(await self._do({"type": content_type, "base": base_url}, body))

    async def article(self, body: bytes, content_type: str | None, url: str) -> str:
        """As `article_text`. Raises `Unparsable` also for what a page costs its child."""
        options = {"task": "article", "type": content_type, "base": url}
        answer = await self._do(options, body)
        if answer[:1] != b"t":
            raise Unparsable(_line(answer))
        return answer[1:].decode("utf-8", "replace")

    async def _do(self, options: dict[str, str | None], body: bytes) -> bytes:
        """A child's answer. Raises `Unparsable` when it dies or takes too long."""
        if self._closed:
            raise RuntimeError("the parser pool is closed")
        head = json.dumps(options).encode("ascii")
        request = head + b"\n" + body
        async with self._free:
            answer = await self._ask(request)
            if answer is None:
                # A child that was idle may have died of something else than this document.
                answer = await self._ask(request, fresh=True)
        if answer is None:
            raise Unparsable("the parser died of this document")
        return answer

    async def _ask(self, request: bytes, fresh: bool = False) -> bytes | None:
        """What a child answers; `None` when it dies over the request."""
        child = await self._child(fresh)
        try:
            async with asyncio.timeout(self._timeout):
                answer = await _exchange(child, request)
        except TimeoutError:
            await self._discard(child)
            raise Unparsable(f"parsing took longer than {self._timeout:g} s") from None
        except (OSError, EOFError, ValueError):
            await self._discard(child)
            return None
        except BaseException:
            # Cancelled in between: what the child says next would answer the wrong question.
            _kill(child)
            self._all.discard(child)
            raise
        if answer.startswith(b"x"):
            await self._discard(child)
        else:
            self._idle.append(child)
        return answer

    async def close(self) -> None:
        """End all children. May be called again."""
        self._closed = True
        children = list(self._all)
        self._idle.clear()
        for child in children:
            await self._discard(child)

    async def _child(self, fresh: bool) -> Process:
        """An idle child that is alive, or a new one that is ready."""
        if self._closed:
            raise Unparsable("the parser has been stopped")
        while self._idle and not fresh:
            child = self._idle.pop()
            if child.returncode is None:
                return child
            await self._discard(child)
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        # Where this package is, whatever the way in which it was found.
        environment["PYTHONPATH"] = str(Path(worker.__file__).parents[1])
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "worker.feeds.child",
            str(self._memory_limit),
            str(math.ceil(self._timeout)),
            str(os.getpid()),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=environment,
        )
        self._all.add(child)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await _receive(child)
        except (TimeoutError, OSError, EOFError) as error:
            await self._discard(child)
            log.error("parser_not_started", error=type(error).__name__, exit=child.returncode)
            raise Unparsable("the parser could not be started") from None
        except BaseException:
            _kill(child)
            self._all.discard(child)
            raise
        return child

    async def _discard(self, child: Process) -> None:
        _kill(child)
        await child.wait()
        self._all.discard(child)


async def _exchange(child: Process, request: bytes) -> bytes:
    assert child.stdin is not None
    child.stdin.write(len(request).to_bytes(_LENGTH_BYTES, "big"))
    child.stdin.write(request)
    await child.stdin.drain()
    return await _receive(child)


async def _receive(child: Process) -> bytes:
    assert child.stdout is not None
    length = int.from_bytes(await child.stdout.readexactly(_LENGTH_BYTES), "big")
    if length > _MAX_ANSWER:
        raise ValueError("too long an answer")
    return await child.stdout.readexactly(length)


def _read(answer: bytes) -> ParsedFeed:
    if answer[:1] != b"o":
        raise Unparsable(_line(answer))
    try:
        return parsed.load(answer[1:])
    except ValueError:
        raise Unparsable("the parser's answer makes no sense") from None


def _line(answer: bytes) -> str:
    return " ".join(answer[1:].decode("utf-8", "replace").split())[:300] or "cannot be parsed"


def _kill(child: Process) -> None:
    if child.returncode is None:
        try:
            child.kill()
        except ProcessLookupError:
            return
