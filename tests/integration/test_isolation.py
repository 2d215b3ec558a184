"""Endpoints that hang slow nobody else: real lanes, a real store and real HTTP."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from aiohttp import web
from pydantic import SecretStr

from tests.support.factories import make_alert
from tests.support.receivers import HttpServer, new_secret
from tests.support.stores import record_alert
from worker import pipeline
from worker.channels import Channel, build, terms
from worker.channels.webhook import WebhookSettings
from worker.domain.delivery import Claimed, DeliveryState, RetryPolicy, Settlement
from worker.lanes import Lanes
from worker.net import Outbound
from worker.store import DeliveryFilter, Store

ENDPOINTS, HANGING, ALERTS = 10, 2, 15
TIMEOUT = 20.0
POLICY = RetryPolicy((timedelta(seconds=5),), timedelta(hours=72))


class Endpoints(HttpServer):
    """`/0`, `/1`, …, of which the first few take a request and never answer it."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: dict[str, int] = {}
        self.held: dict[str, int] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        name = request.path[1:]
        await request.read()
        if int(name) < HANGING:
            self.held[name] = self.held.get(name, 0) + 1
            await asyncio.sleep(300)
        self.taken[name] = self.taken.get(name, 0) + 1
        self.notify()
        return web.Response(status=204)


async def test_the_others_get_everything_while_a_fifth_hang(sqlite_store: Store) -> None:
    names = [f"e{number}" for number in range(ENDPOINTS)]
    now = datetime.now(UTC)
    owed: dict[str, list[str]] = {name: [] for name in names}
    for number in range(ALERTS):
        alert = make_alert(title=f"News {number}", story_id=f"story_{number}")
        for name, delivery in zip(
            names, record_alert(sqlite_store, alert, channels=names, now=now), strict=True
        ):
            owed[name].append(delivery)
    with Endpoints() as endpoints:
        settings = {
            name: WebhookSettings(
                name=name,
                type="webhook",
                url=SecretStr(f"{endpoints.base_url}/{name[1:]}"),
                secret=SecretStr(new_secret()),
                concurrency=4,
            )
            for name in names
        }
        async with Outbound(allow=["127.0.0.0/8"]) as out:
            channels: dict[str, Channel] = {
                name: build(each, out, timeout=TIMEOUT) for name, each in settings.items()
            }

            async def attempt(claimed: Claimed) -> Settlement:
                return await pipeline.deliver(
                    claimed,
                    channel_of=lambda c: channels[c.delivery.channel],
                    policy=POLICY,
                    public_url="http://127.0.0.1:8765",
                    clock=lambda: datetime.now(UTC),
                )

            lanes = Lanes(
                sqlite_store,
                attempt,
                width=lambda name: settings[name].concurrency,
                lease=timedelta(seconds=90),
                clock=lambda: datetime.now(UTC),
                terms=lambda name: terms(settings[name]),
            )
            for name in names:
                lanes.offer(name, owed[name])
            wanted = (ENDPOINTS - HANGING) * ALERTS
            # Before the first that hangs is given up.
            assert await asyncio.to_thread(
                endpoints.wait_until, lambda: sum(endpoints.taken.values()) >= wanted, TIMEOUT - 2
            )
            assert endpoints.held == {"0": 4, "1": 4}, "no more than they may have at a time"
            await lanes.close(0.5)
    delivered = sqlite_store.reads.deliveries(
        DeliveryFilter(state=DeliveryState.DELIVERED), None, 500
    ).items
    assert len(delivered) == wanted
    assert {line.delivery.channel for line in delivered} == set(names[HANGING:])
