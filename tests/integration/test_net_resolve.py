from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from worker.net.resolve import SystemResolver


async def test_the_systems_own_names_resolve() -> None:
    resolver = SystemResolver()
    found = await resolver.resolve("localhost", 80, socket.AF_UNSPEC)
    assert {one["host"] for one in found} & {"127.0.0.1", "::1"}
    assert {one["port"] for one in found} == {80}
    await resolver.close()


async def test_no_such_name_is_an_os_error() -> None:
    resolver = SystemResolver()
    with pytest.raises(OSError):
        await resolver.resolve("no-such-name.invalid")
    await resolver.close()


async def test_a_silent_name_server_takes_no_threads_from_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = threading.Event()

    def silent(*_: object, **__: object) -> list[object]:
        answer.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    resolver = SystemResolver()
    waiting = [asyncio.create_task(resolver.resolve(f"{n}.example")) for n in range(60)]
    try:
        await asyncio.sleep(0.1)
        async with asyncio.timeout(10):
            assert await asyncio.to_thread(lambda: "still there") == "still there"
    finally:
        answer.set()
    assert await asyncio.gather(*waiting) == [[]] * 60
    await resolver.close()
