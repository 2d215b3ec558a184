"""A dashboard over a real store and scripted queues, and the news that it shows.

running(store)      a `Harness`: the dashboard behind a real server on loopback, and a `client`
Harness.token(role) an API token of that role
Queues              the probe: set `reading` to what the broker is to say
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI

from worker.broker import CLASSIFY, DELIVER, BrokerReading, QueueReading
from worker.classify.explain import Explanation
from worker.dashboard import Services, create_app
from worker.dashboard.server import bind, make_server
from worker.dashboard.snapshot import Snapshot
from worker.domain import ids
from worker.domain.access import Role, mint
from worker.domain.event import Classification
from worker.domain.part import Part
from worker.pipeline import Owed
from worker.seal import Seal
from worker.store import Store

SEAL = Seal("a key that is long enough")

CALM = BrokerReading(
    reachable=True,
    queues={
        CLASSIFY: QueueReading(CLASSIFY, 0, None, 0),
        DELIVER: QueueReading(DELIVER, 0, None, 0),
    },
)


@dataclass
class Queues:
    """A broker that says what the test wants; counts how often it was asked."""

    reading: BrokerReading = CALM
    asked: int = 0
    hang: float = 0.0

    def read(self) -> BrokerReading:
        self.asked += 1
        if self.hang:
            time.sleep(self.hang)
        return self.reading


def nothing_found(
    title: str, text: str, *, language: str | None = None, published: datetime | None = None
) -> Classification:
    """A classifier that finds nothing."""
    return Classification("en")


def nothing_explained(
    title: str, text: str, *, language: str | None = None, published: datetime | None = None
) -> Explanation:
    """A classifier without rules."""
    return Explanation("en", (), ())


@dataclass
class Harness:
    """A dashboard under test."""

    store: Store
    queues: Queues
    app: FastAPI
    client: httpx.Client
    base: str
    enqueued: list[str] = field(default_factory=list)
    owing: list[Owed] = field(default_factory=list)

    def token(self, role: Role = Role.READ, *, kind: Any = "api", name: str = "test") -> str:
        """A new valid token."""
        secret = mint(role)
        self.store.add_token(
            ids.derive("tok", secret.digest),
            kind,
            role.value,
            secret.digest,
            secret.prefix,
            name,
            datetime.now(UTC),
        )
        return secret.text

    def bearer(self, role: Role = Role.READ) -> dict[str, str]:
        """Headers that prove a role."""
        return {"authorization": f"Bearer {self.token(role)}"}

    def sign_in(self, role: Role = Role.READ) -> None:
        """Give the client a session, as a browser gets it."""
        answer = self.client.post(
            "/sign-in",
            data={"token": self.token(role, kind="signin")},
            headers={"origin": self.base},
        )
        assert answer.status_code == 303, answer.text

    def sampled(self, within: float = 10.0) -> Snapshot:
        """A snapshot of readings that began after this was called."""
        deadline = time.monotonic() + within
        latest = self._after(self.app.state.sampler.latest, deadline)
        # What was being read at the call may be from before it.
        return self._after(latest, deadline)

    def _after(self, seen: Snapshot, deadline: float) -> Snapshot:
        """The first snapshot in which each source has answered again, or does not answer."""
        while time.monotonic() < deadline:
            latest: Snapshot = self.app.state.sampler.latest
            if (latest.store_error or latest.store_taken != seen.store_taken) and (
                latest.broker_error or latest.broker_taken != seen.broker_taken
            ):
                return latest
            time.sleep(0.02)
        raise AssertionError("the sampler took no reading")


@contextmanager
def running(store: Store, **overrides: Any) -> Iterator[Harness]:
    """A dashboard that serves on a free port of loopback; `overrides` replace fields of
    `Services`. It reads five times as often as in service, to keep tests short."""
    queues = overrides.pop("probe", None) or Queues()
    enqueued: list[str] = []
    owing: list[Owed] = []
    with bind("127.0.0.1", 0) as bound:
        base = f"http://127.0.0.1:{bound.getsockname()[1]}"
        values: dict[str, Any] = {
            "store": store,
            "probe": queues,
            "clock": lambda: datetime.now(UTC),
            "classify": nothing_found,
            "explain": nothing_explained,
            "enqueue_items": enqueued.extend,
            "enqueue_deliveries": lambda owed: owing.extend(owed),
            "seal": lambda: SEAL,
            "public_url": base,
            "version": "0.1.0",
            "sample_interval": 0.2,
        }
        app = create_app(Services(**{**values, **overrides}))
        server = make_server(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            with httpx.Client(base_url=base, timeout=20, verify=False) as client:
                yield Harness(store, queues, app, client, base, enqueued, owing)
        finally:
            server.stop()
            thread.join(timeout=10)
            assert not thread.is_alive(), "the dashboard did not stop"


def make_part(kind: str, *, silent: timedelta = timedelta(0), **overrides: Any) -> Part:
    """A process of the service that was last seen `silent` ago."""
    now = datetime.now(UTC)
    figures: dict[str, float | str] = {"memory_bytes": 84_000_000.0}
    if kind.startswith("worker-"):
        figures |= {"queue": kind.removeprefix("worker-"), "tasks_accepted": 412.0}
    values: dict[str, Any] = {
        "id": f"{kind}@desk:{overrides.get('pid', 4242)}",
        "kind": kind,
        "host": "desk",
        "pid": 4242,
        "version": "0.1.0",
        "started": now - timedelta(hours=2),
        "seen": now - silent,
        "figures": figures,
    }
    return Part(**{**values, **overrides})


def beat(
    store: Store, kinds: Sequence[str] = ("poller", "worker-classify", "worker-deliver")
) -> None:
    """Living parts of these kinds."""
    for kind in kinds:
        store.beat(make_part(kind))
