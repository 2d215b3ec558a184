"""What runs every few seconds finds its rows by an index, however many rows there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.factories import NOW
from worker.store import AlertFilter, DeliveryFilter, ItemFilter, ItemState, Store

MINUTE = timedelta(minutes=1)
QUERIES: dict[str, tuple[Callable[[Store], object], str]] = {
    "claim": (
        lambda s: s.claim_deliveries(NOW, lease=MINUTE, limit=9),
        "ix_deliveries_due",
    ),
    "overdue deliveries": (
        lambda s: s.overdue_deliveries(NOW, queued_before=NOW, limit=9),
        "ix_deliveries_due",
    ),
    "overdue items": (
        lambda s: s.overdue_items(NOW, queued_before=NOW, limit=9),
        "ix_items_waiting",
    ),
    "waiting": (lambda s: s.reads.items_waiting(NOW), "ix_items_waiting"),
    "given up": (lambda s: s.reads.items_waiting(NOW), "ix_items_failed"),
    "failed items": (
        lambda s: s.reads.items(ItemFilter(state=ItemState.FAILED), None, 9),
        "ix_items_failed",
    ),
    "outbox": (lambda s: s.reads.outbox_figures(NOW), "ix_deliveries_state"),
    "alerts": (lambda s: s.reads.alerts(AlertFilter(), None, 9), "ix_alerts_created"),
    "stream": (lambda s: s.reads.alerts_since(NOW, 9), "ix_alerts_created"),
    "items": (lambda s: s.reads.items(ItemFilter(), None, 9), "ix_items_seen"),
    "deliveries": (
        lambda s: s.reads.deliveries(DeliveryFilter(), None, 9),
        "ix_deliveries_created",
    ),
    "delivered": (lambda s: s.reads.throughput(NOW, MINUTE), "ix_deliveries_settled"),
    "failed": (lambda s: s.reads.throughput(NOW, MINUTE), "ix_attempts_finished"),
    "token": (lambda s: s.token_by_digest("digest", NOW), "digest"),
}


@contextmanager
def statements(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """The statements that go to the database within the block."""
    sent: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        sent.append((statement, parameters))

    engine = store._database._engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def plan(store: Store, statement: str, parameters: Any) -> str:
    def work(connection: sa.Connection) -> str:
        if store._database.is_sqlite:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        else:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # the tables are empty
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        return "\n".join(str(row) for row in rows)

    return store._database.read(work)


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_uses_its_index(store: Store, query: str) -> None:
    call, index = QUERIES[query]
    with statements(store) as sent:
        call(store)
    plans = [plan(store, *each) for each in sent if each[0].startswith("SELECT")]
    assert plans
    if store._database.is_sqlite:
        assert any(index in each for each in plans), plans
        scanned = [line for each in plans for line in each.splitlines() if "SCAN" in line]
        assert all("INDEX" in line or "CONSTANT ROW" in line for line in scanned), scanned
    else:  # which of several indexes fits best depends on the rows; that one does is certain
        assert not any("Seq Scan" in each for each in plans), plans
