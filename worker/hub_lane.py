"""Asks the hubs of feeds for pushes, renews them, and leaves those of feeds nobody watches.

What a hub is asked is written down first; its answer comes to the dashboard (`dashboard.hub`).
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from worker.domain.push import Hub, Push, PushState
from worker.feeds.hubs import HubRefused, ask
from worker.net import Outbound, redact_url
from worker.pipeline import Clock
from worker.seal import Seal, WrongKey
from worker.store import Store, StoreUnavailable

log = structlog.get_logger(__name__)

EVERY = 5.0  # seconds
_AT_ONCE = 20
_LEASE = timedelta(seconds=60)


@dataclass(slots=True)
class HubLane:
    """Keeps the subscriptions at hubs in order, one poller at a time; `callback` is the address
    under which hubs find the dashboard, less the key at its end."""

    store: Store
    outbound: Outbound
    seal: Seal
    callback: str
    owner: str
    clock: Clock
    pushed: set[str] = field(default_factory=set)

    def note(self, feed_id: str, hub: Hub) -> None:
        """A feed names this hub. May be called from any thread; raises `StoreUnavailable`."""
        secret = self.seal.close(secrets.token_urlsafe(32))
        if self.store.want_push(feed_id, hub, secrets.token_urlsafe(24), secret, self.clock()):
            log.info("hub_found", feed=feed_id, hub=redact_url(hub.url))

    def is_pushed(self, feed_id: str) -> bool:
        """Whether the hub of a feed pushes what is new, as of the last look."""
        return feed_id in self.pushed

    def missed(self, feed_id: str) -> None:
        """A poll found what the hub should have pushed. Raises `StoreUnavailable`."""
        self.store.push_missed(feed_id, self.clock())

    async def run(self) -> None:
        """Look after what is due, until cancelled."""
        while True:
            try:
                await self.once()
            except StoreUnavailable as error:
                log.warning("hubs_put_off", error=str(error))
            except Exception:
                log.exception("hubs_put_off")
            await asyncio.sleep(EVERY)

    async def once(self) -> None:
        """One look at what is due, and at which feeds are pushed now. Raises `StoreUnavailable`."""
        now = self.clock()
        self.pushed = await asyncio.to_thread(self.store.pushed_feeds, now)
        if not await asyncio.to_thread(self.store.try_lease, "hubs", self.owner, now, _LEASE):
            return
        due = await asyncio.to_thread(self.store.due_pushes, now, _AT_ONCE)
        await asyncio.gather(*(self._attend(push, watched) for push, watched in due))

    async def _attend(self, push: Push, watched: bool) -> None:
        if not watched and push.state in (PushState.ENDING, PushState.WANTED):
            await asyncio.to_thread(self.store.forget_push, push.feed_id)
            return
        try:
            secret = self.seal.open(push.secret)
        except WrongKey as error:
            await asyncio.to_thread(self.store.forget_push, push.feed_id)
            log.warning("push_forgotten", feed=push.feed_id, why=str(error))
            return
        ending = not watched
        mode = "unsubscribe" if ending else "subscribe"
        # Before the request: the hub may verify it while it is still being answered.
        await asyncio.to_thread(self.store.push_asked, push, self.clock(), ending=ending)
        try:
            address = f"{self.callback}{push.key}"
            await ask(self.outbound, push.hub, mode, push.topic, address, secret)
        except HubRefused as why:
            await asyncio.to_thread(self.store.push_refused, push.feed_id, str(why))
            log.warning("hub_refused", feed=push.feed_id, hub=redact_url(push.hub), why=str(why))
        else:
            log.info("hub_asked", feed=push.feed_id, hub=redact_url(push.hub), mode=mode)
