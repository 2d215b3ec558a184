"""What is kept: SQLite or PostgreSQL behind one interface, `Store`."""

from worker.store.access import AuditEntry, Token
from worker.store.backup import NotEmbedded
from worker.store.errors import StoreError, StoreFault, StoreUnavailable
from worker.store.items import ItemState
from worker.store.judging import Judging
from worker.store.store import Store
from worker.store.views import (
    AlertDetail,
    AlertFilter,
    ChannelFigures,
    DeliveryDetail,
    DeliveryFilter,
    DeliveryLine,
    FeedOverview,
    ItemDetail,
    ItemFilter,
    Page,
    Receipt,
    StoryDetail,
    Throughput,
    Waiting,
)

__all__ = [
    "AlertDetail",
    "AlertFilter",
    "AuditEntry",
    "ChannelFigures",
    "DeliveryDetail",
    "DeliveryFilter",
    "DeliveryLine",
    "FeedOverview",
    "ItemDetail",
    "ItemFilter",
    "ItemState",
    "Judging",
    "NotEmbedded",
    "Page",
    "Receipt",
    "Store",
    "StoreError",
    "StoreFault",
    "StoreUnavailable",
    "StoryDetail",
    "Throughput",
    "Token",
    "Waiting",
]
