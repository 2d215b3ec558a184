"""What the dashboard works with, handed in from outside so that tests can hand in their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from worker.broker import BrokerReading
from worker.domain.event import Classification
from worker.pipeline import Owed
from worker.seal import Seal
from worker.store import Store

if TYPE_CHECKING:
    from worker.classify import Explanation
    from worker.feeds.discovery import Discovered


class QueueProbe(Protocol):
    """Reads the queues without asking any worker. `read` never raises."""

    def read(self) -> BrokerReading: ...


class Classifies(Protocol):
    """What `POST /classify` needs of a classifier; may be slow at its first call."""

    def __call__(
        self, title: str, text: str, *, language: str | None = ..., published: datetime | None = ...
    ) -> Classification: ...


class Explains(Protocol):
    """What the playground needs of a classifier; may be slow at its first call, and is called
    from several threads."""

    def __call__(
        self, title: str, text: str, *, language: str | None = ..., published: datetime | None = ...
    ) -> Explanation: ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that the dashboard calls. Nothing here is called while the app is being made.

    `enqueue_items` asks for items to be classified, `enqueue_deliveries` for messages to be sent;
    both may fail silently, since the sweeper finds what is overdue. `seal` gives what keeps
    secrets of subscribers. `discover` finds the feeds of a site. `slack_secrets` sign what Slack
    sends when somebody presses a button. `public_url` is where people find the dashboard, without
    a final slash needed. `rules` are the names of the rules for the filters of the pages. The
    database and the queue are read every `sample_interval` seconds.
    """

    store: Store
    probe: QueueProbe
    clock: Callable[[], datetime]
    classify: Classifies
    explain: Explains
    enqueue_items: Callable[[Sequence[str]], None]
    seal: Callable[[], Seal]
    enqueue_deliveries: Callable[[Iterable[Owed]], None] = lambda owed: None
    discover: Callable[[str], Awaitable[Sequence[Discovered]]] | None = None
    slack_secrets: Sequence[str] = field(default=(), repr=False)
    public_url: str = "http://127.0.0.1:8765"
    version: str = ""
    rules: Sequence[str] = field(default=("equity-change", "ev-unit-investment", "ip-sharing"))
    sample_interval: float = 1.0

    @property
    def secure(self) -> bool:
        """Whether people reach the dashboard over TLS."""
        return self.public_url.startswith("https://")
