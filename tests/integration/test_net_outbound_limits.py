"""Sizes and times have an end, whatever the other side sends."""

from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
import time

import pytest

from tests.support.origin import Origin, Reply
from tests.support.outbound import get
from worker.net import BadAnswer, Outbound, TimedOut, TooLarge, decode


@pytest.mark.parametrize("coding", ["", "gzip"])
async def test_a_body_over_the_cap_is_refused(coding: str, server: Origin, out: Outbound) -> None:
    body = b"x" * 5_001
    headers = {"Content-Encoding": coding} if coding else {}
    url = server.on("/a", Reply(200, gzip.compress(body) if coding else body, headers))
    with pytest.raises(TooLarge, match="5000 bytes"):
        await get(out, url, max_bytes=5_000)
    assert len((await get(out, url, max_bytes=5_001)).body) == 5_001


async def test_an_endless_body_is_refused(server: Origin, out: Outbound) -> None:
    url = server.on("/a", Reply(200, b"x" * 50_000, endless=True))
    with pytest.raises(TooLarge):
        await get(out, url)


async def test_compressed_bytes_that_unfold_to_nothing_are_capped(
    server: Origin, out: Outbound
) -> None:
    url = server.on(
        "/a", Reply(200, gzip.compress(b"", 0) * 50, {"Content-Encoding": "gzip"}, endless=True)
    )
    with pytest.raises((TooLarge, BadAnswer)):
        await get(out, url, max_bytes=1_000)


async def test_a_drip_meets_the_deadline(server: Origin, out: Outbound) -> None:
    url = server.on("/a", Reply(200, b"x" * 1_000, drip=0.05))
    begun = time.monotonic()
    with pytest.raises(TimedOut, match=r"0\.3 s"):
        await get(out, url, timeout=0.3)
    assert time.monotonic() - begun < 2


async def test_the_deadline_covers_all_hops(server: Origin, out: Outbound) -> None:
    for n in range(5):
        server.on(f"/{n}", Reply(302, headers={"Location": f"/{n + 1}"}, delay=0.2))
    with pytest.raises(TimedOut):
        await get(out, server.url + "/0", timeout=0.5)


async def test_with_cut_a_success_keeps_its_status_too(server: Origin, out: Outbound) -> None:
    url = server.on("/a", Reply(200, b"x" * 50_000, endless=True))
    answer = await get(out, url, max_bytes=2_000, cut=True)
    assert (answer.status, answer.body) == (200, b"x" * 2_000)
    slow = server.on("/slow", Reply(200, b"ok" + b"." * 1_000, drip=0.02))
    begun = time.monotonic()
    answer = await get(out, slow, cut=True, timeout=10)
    assert answer.body.startswith(b"ok")
    assert time.monotonic() - begun < 5


async def test_headers_have_limits(server: Origin, out: Outbound) -> None:
    long = server.on("/long", Reply(200, b"x", {"X-Long": "y" * 20_000}))
    many = server.on("/many", Reply(200, b"x", {f"X-{n}": "y" for n in range(500)}))
    for url in (long, many):
        with pytest.raises(BadAnswer):
            await get(out, url)


BOMB = """
import asyncio, json, resource, sys
from worker.net import Outbound, TooLarge
async def main():
    async with Outbound(["127.0.0.0/8"]) as out:
        async def one(path):
            try:
                await out.request("GET", sys.argv[1] + path, timeout=60, max_bytes=10 << 20)
            except TooLarge:
                return True
        await out.request("GET", sys.argv[1] + "/plain", timeout=60, max_bytes=10 << 20)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        refused = [await one(path) for path in sys.argv[2:]]
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps([refused, after - before]))
asyncio.run(main())
"""


def bomb_gzip(megabytes: int) -> bytes:
    import zlib

    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    block = bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()


async def test_memory_stays_flat_under_bombs(server: Origin) -> None:
    """300 MiB in gzip, the same in two layers, in brotli and zstd, against a cap of 10 MiB."""
    import brotli  # type: ignore[import-untyped]

    bomb = bomb_gzip(300)
    packer = brotli.Compressor(quality=5)
    block = bytes(1 << 20)
    tight = b"".join(packer.process(block) for _ in range(300)) + packer.finish()
    server.on("/plain", Reply(200, b"x" * (9 << 20)))
    server.on("/gzip", Reply(200, bomb, {"Content-Encoding": "gzip"}))
    server.on("/twice", Reply(200, gzip.compress(bomb), {"Content-Encoding": "gzip, gzip"}))
    server.on("/br", Reply(200, tight, {"Content-Encoding": "br"}))
    paths = ["/gzip", "/twice", "/br"]
    if decode._zstd is not None:
        server.on(
            "/zstd",
            Reply(200, decode._zstd.compress(bytes(300 << 20)), {"Content-Encoding": "zstd"}),
        )
        paths.append("/zstd")
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BOMB, server.url, *paths, stdout=subprocess.PIPE
    )
    output, _ = await child.communicate()
    refused, grown_kib = json.loads(output)
    assert refused == [True] * len(paths)
    assert grown_kib < 30 * 1024
