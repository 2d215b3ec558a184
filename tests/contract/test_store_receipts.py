"""How long deliveries took, as the metrics read it."""

from __future__ import annotations

from datetime import timedelta

from tests.support.factories import NOW, make_alert
from tests.support.stores import record_alert
from worker.domain.delivery import DeliveryState, Outcome, Verdict
from worker.store import Receipt, Store

SECOND = timedelta(seconds=1)


def test_receipts_are_what_was_delivered_within_the_window(store: Store) -> None:
    alert = make_alert()
    record_alert(store, alert, channels=("a", "b"))
    first, second = store.claim_deliveries(NOW, lease=60 * SECOND, limit=2)
    delivered = Verdict(Outcome.DELIVERED)
    at = NOW + 3 * SECOND
    store.settle(first, delivered, state=DeliveryState.DELIVERED, next_attempt_at=None, now=at)
    failed = Verdict(Outcome.RETRY)
    store.settle(second, failed, state=DeliveryState.PENDING, next_attempt_at=at, now=at)
    assert store.reads.receipts(at, 5 * SECOND) == [Receipt(alert.item.seen, alert.created, at)]
    assert store.reads.receipts(at + 5 * SECOND, 5 * SECOND) == []
