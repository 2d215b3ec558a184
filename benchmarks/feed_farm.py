"""Many feeds on many hosts of loopback: `python -m benchmarks.feed_farm FEEDS ENTRIES`.

Each feed has an address of its own (127.1.0.1, 127.1.0.2, …) on one port, and a true ETag. Prints
the addresses as JSON, then serves until its input ends. A line on its input is the latency of every
answer from then on, in milliseconds; it is answered by a line.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import sys

from aiohttp import web

from benchmarks import texts
from benchmarks.loopback import render

_FREE_PORT = 0


def main() -> None:
    """Serve feeds."""
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))


async def _serve(feeds: int, entries: int) -> None:
    news = texts.noise()
    bodies = [render(page) for page in texts.pages(texts.page(news, 0, feeds * entries), entries)]
    etags = [f'"{hashlib.sha256(body).hexdigest()[:20]}"' for body in bodies]
    latency = 0.0

    async def answer(request: web.Request) -> web.Response:
        if latency:
            await asyncio.sleep(latency)
        at = int(request.path[1:])
        if request.headers.get("If-None-Match") == etags[at]:
            return web.Response(status=304, headers={"ETag": etags[at]})
        head = {"ETag": etags[at], "Content-Type": "application/rss+xml"}
        return web.Response(body=bodies[at], headers=head)

    application = web.Application()
    application.router.add_get("/{at}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    port = _FREE_PORT
    for at in range(feeds):
        listening = socket.socket()
        listening.bind((_host(at), port))
        port = listening.getsockname()[1]
        await web.SockSite(runner, listening).start()
    print(json.dumps([f"http://{_host(at)}:{port}/{at}" for at in range(feeds)]), flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        latency = float(line) / 1000
        print("ready", flush=True)
    await runner.cleanup()


def _host(at: int) -> str:
    return f"127.1.{at // 250}.{at % 250 + 1}"


if __name__ == "__main__":
    main()
