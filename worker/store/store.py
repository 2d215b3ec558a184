"""The one interface to the database."""

from __future__ import annotations

from pathlib import Path

from worker.store import backup, schema
from worker.store.access import AccessMethods
from worker.store.arrivals import ArrivalMethods
from worker.store.circuits import CircuitMethods
from worker.store.claims import ClaimMethods
from worker.store.database import Database
from worker.store.deliveries import DeliveryMethods
from worker.store.endpoints import EndpointMethods
from worker.store.feeds import FeedMethods
from worker.store.history import HistoryMethods
from worker.store.hosts import HostMethods
from worker.store.items import ItemMethods
from worker.store.judging import JudgingMethods
from worker.store.mutes import MuteMethods
from worker.store.parts import PartMethods
from worker.store.polls import PollMethods
from worker.store.pushes import PushMethods
from worker.store.reads import Reads
from worker.store.replies import ReplyMethods
from worker.store.requests import RequestMethods
from worker.store.subscriptions import SubscriptionMethods
from worker.store.withdrawals import WithdrawalMethods


class Store(
    FeedMethods,
    PollMethods,
    HostMethods,
    PushMethods,
    ItemMethods,
    ArrivalMethods,
    JudgingMethods,
    WithdrawalMethods,
    MuteMethods,
    ClaimMethods,
    DeliveryMethods,
    CircuitMethods,
    EndpointMethods,
    ReplyMethods,
    RequestMethods,
    SubscriptionMethods,
    AccessMethods,
    PartMethods,
    HistoryMethods,
):
    """Everything that is kept, in one relational database: SQLite or PostgreSQL.

    Safe to use from several threads and after a fork. Every method raises `StoreUnavailable`
    when the database cannot serve. `reads` holds what only the dashboard and the API ask.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.reads = Reads(database)

    @classmethod
    def open(cls, database_url: str) -> Store:
        """A store at that address; connects and migrates nothing yet.

        Raises `ValueError` when the address is none of ours; the message does not repeat it.
        """
        return cls(Database(database_url))

    def upgrade(self) -> None:
        """Migrate to the newest schema; several processes may do so at the same time."""
        schema.upgrade(self._database)

    def schema_is_current(self) -> bool:
        """Whether `upgrade` has nothing to do."""
        return schema.is_current(self._database)

    def back_up(self, target: Path) -> None:
        """Copy the embedded database to a new file; raises what `worker.store.backup` does."""
        backup.back_up(self._database, target)

    def ping(self) -> None:
        """Raises `StoreUnavailable` unless the database answers."""
        self._database.ping()

    def close(self) -> None:
        """Close every connection."""
        self._database.close()
