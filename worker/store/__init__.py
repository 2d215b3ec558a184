"""What is kept: SQLite or PostgreSQL behind one interface, `Store`."""

from worker.store.access import AuditEntry, Token
from worker.store.backup import NotEmbedded
from worker.store.claims import NO_TERMS
from worker.store.deliveries import DEFAULT_BREAKER
from worker.store.endpoints import Asked, Challenge, Subscriber
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
    StoryFilter,
    StoryLine,
    StoryReport,
    Throughput,
    Waiting,
)

__all__ = [
    "DEFAULT_BREAKER",
    "NO_TERMS",
    "AlertDetail",
    "AlertFilter",
    "Asked",
    "AuditEntry",
    "Challenge",
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
    "StoryFilter",
    "StoryLine",
    "StoryReport",
    "Subscriber",
    "Throughput",
    "Token",
    "Waiting",
]
