"""Feeds that lie, break, hang and attack cost a line each; the good one beside them goes on."""

from __future__ import annotations

import asyncio
import gzip
import io
import time
from pathlib import Path

import psutil
import pytest
from aiohttp import web

from tests.support.news import rss, stake_sale
from tests.support.receivers import HttpServer, WebhookReceiver
from tests.support.service import Service, running, wait_until

pytestmark = pytest.mark.timeout(180)

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE rss ['
    '<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 12}">' for i in range(9))
    + "]><rss version='2.0'><channel><title>t</title>"
    + "<item><title>&j;</title></item></channel></rss>"
)
BROKEN = ("hole", "bomb", "gzip", "drip", "page", "empty", "garbage")


def _gzip_bomb() -> bytes:
    """300 MB of white space inside a well-formed feed, some 300 KB on the wire."""
    raw = io.BytesIO()
    with gzip.GzipFile(fileobj=raw, mode="wb") as packed:
        packed.write(b'<?xml version="1.0"?><rss version="2.0"><channel><title>')
        for _ in range(300):
            packed.write(b" " * 1_000_000)
        packed.write(b"</title></channel></rss>")
    return raw.getvalue()


class HostileServer(HttpServer):
    """One path a fault, `/good` a good feed that grows, `/sparse` entries with things missing."""

    def __init__(self) -> None:
        super().__init__()
        self.good = [stake_sale(1)]
        self.asked: list[str] = []
        self._packed = _gzip_bomb()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        name = request.path.strip("/")
        self.asked.append(name)
        match name:
            case "good":
                return web.Response(body=rss(self.good), content_type="application/rss+xml")
            case "hole":
                return web.Response(status=500)
            case "bomb":
                return web.Response(text=BOMB, content_type="application/xml")
            case "gzip":
                return web.Response(
                    body=self._packed,
                    headers={"Content-Encoding": "gzip", "Content-Type": "application/xml"},
                )
            case "drip":
                return await self._drip(request)
            case "page":
                return web.Response(
                    text="<!doctype html><title>Sign in</title><p>Please", content_type="text/html"
                )
            case "empty":
                return web.Response(body=b"", content_type="application/rss+xml")
            case "sparse":
                return web.Response(body=SPARSE, content_type="application/rss+xml")
        return web.Response(
            body=b"\xff\xfe\x00<rss><chan\xed\xa0\x80nel>\x00" * 50, content_type="text/xml"
        )

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/xml"})
        await response.prepare(request)
        await response.write(b'<?xml version="1.0"?><rss version="2.0"><channel>')
        for _ in range(600):
            await asyncio.sleep(0.2)
            await response.write(b" ")
        return response


SPARSE = b"""<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>S</title>
<item><title>Honda agrees to buy 12% stake in Subaru</title></item>
<item><description>Toyota has signed an agreement to buy an 18% stake in Mazda, the companies said
in a joint statement on Monday.</description><pubDate>not a date</pubDate></item>
<item></item>
<item><link>https://wire.example/only-a-link</link></item>
</channel></rss>"""


def _config(origin: HostileServer, hook: WebhookReceiver) -> str:
    feeds = "\n".join(
        f'[[feeds]]\nurl = "{origin.base_url}/{name}"\nname = "{name}"\ninterval = "1s"'
        for name in (*BROKEN, "good", "sparse")
    )
    return f"""
[service]
data_dir = "var"
[network]
allow = ["127.0.0.0/8"]
{feeds}
[[channels]]
name = "hook"
type = "webhook"
url = "{hook.url}"
secret = "{hook.secret}"
[[subscriptions]]
channel = "hook"
"""


def _memory(service: Service) -> int:
    """Resident memory of the poller and its parser children, in bytes."""
    poller = service.parts()["poller"]
    return sum(p.memory_info().rss for p in [poller, *poller.children(recursive=True)])


def test_each_costs_a_line_and_the_good_feed_goes_on(tmp_path: Path) -> None:
    with (
        HostileServer() as origin,
        WebhookReceiver() as hook,
        running(tmp_path, _config(origin, hook)) as service,
    ):
        hook.wait_for(3, timeout=60)  # the good item, and two of the sparse ones
        assert wait_until(lambda: set(BROKEN) <= set(origin.asked), 30)
        settled = _memory(service)
        for name in BROKEN:
            service.wait_for_line(rf"poll_failed.*\b{name}\b", timeout=75)
        for number in range(2, 6):
            origin.good = [*origin.good, stake_sale(number)]
            time.sleep(0.3)
        hook.wait_for(7, timeout=30)
        assert hook.faults == []
        assert _memory(service) < settled + 150_000_000
        assert psutil.pid_exists(service.process.pid)
        assert "Traceback" not in service.output
        assert "starting it again" not in service.output
