"""The outbox: deliveries claimed under a lease, attempts begun before and settled after sending."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.delivery import Claimed, DeliveryState, Outcome, Settlement, Verdict
from worker.store.alerts import load_alerts
from worker.store.codec import read_delivery
from worker.store.concern import Concern
from worker.store.statements import chunks
from worker.store.tables import attempts, deliveries, subscriptions

# Before the moment at which it is due: no message carries it yet.
_UNQUEUED = timedelta(microseconds=1)
_RECEIVER_GONE = "not sent: the receiver said that it is gone, which ended the subscription"
_LEASE_RAN_OUT = "the sender stopped before it recorded an answer"
_STOPPED = "the sender was stopped in order"
_FINAL = (DeliveryState.DELIVERED, DeliveryState.EXHAUSTED, DeliveryState.SUPERSEDED)


class DeliveryMethods(Concern):
    """A claim makes a delivery `SENDING` until its lease ends; only its holder may settle it."""

    def claim_deliveries(
        self,
        now: datetime,
        *,
        lease: timedelta,
        limit: int,
        ids: Sequence[str] | None = None,
    ) -> list[Claimed]:
        """Claim up to `limit` due deliveries (of `ids`, if given), the longest due first.

        Due is what is pending with its time come, and what is being sent with its lease run
        out, whose open attempt is closed as `INTERRUPTED`. The next attempt is recorded as
        begun in the same transaction. Claims at the same time are disjoint.
        """
        if ids is not None and not ids:
            return []

        def work(connection: Connection) -> list[Claimed]:
            rows = connection.execute(_due(now, limit, ids)).mappings().all()
            if not rows:
                return []
            token = uuid.uuid4().hex
            for part in chunks(rows):
                _begin_attempts(connection, part, token, now, now + lease)
            alerts = load_alerts(connection, [row["alert_id"] for row in rows])
            return [
                Claimed(
                    delivery=replace(
                        read_delivery(row),
                        state=DeliveryState.SENDING,
                        attempts=row["attempts"] + 1,
                        next_attempt_at=None,
                    ),
                    alert=alerts[row["alert_id"]],
                    attempt=row["attempts"] + 1,
                    lease=token,
                )
                for row in rows
            ]

        return self._database.write(work)

    def settle(
        self,
        claimed: Claimed,
        verdict: Verdict,
        *,
        state: DeliveryState,
        next_attempt_at: datetime | None,
        now: datetime,
    ) -> bool:
        """Record how an attempt ended. `False`: the lease was no longer ours; nothing changed."""
        [settled] = self.settle_many([Settlement(claimed, verdict, state, next_attempt_at)], now)
        return settled

    def settle_many(self, settlements: Sequence[Settlement], now: datetime) -> list[bool]:
        """The same for several, in one transaction and in the order given.

        An outcome `GONE` ends the subscription and gives up what it is still owed.
        """
        for settlement in settlements:
            if settlement.state is DeliveryState.SENDING:
                raise ValueError("a settled delivery is not being sent any more")
            if settlement.state is DeliveryState.PENDING and settlement.next_attempt_at is None:
                raise ValueError("a delivery to be tried again needs a time for it")

        def work(connection: Connection) -> list[bool]:
            held = _held(connection, [s.claimed for s in settlements])
            ours = [s for s in settlements if (s.claimed.delivery.id, s.claimed.lease) in held]
            _finish_deliveries(connection, [_settled_row(s, now) for s in ours])
            _finish_attempts(connection, [_finished_row(s, now) for s in ours])
            _disable_subscriptions(
                connection,
                sorted(
                    {
                        s.claimed.delivery.subscription_id
                        for s in ours
                        if s.verdict.outcome is Outcome.GONE
                    }
                ),
                now,
            )
            return [(s.claimed.delivery.id, s.claimed.lease) in held for s in settlements]

        return self._database.write(work)

    def release(self, claimed: Claimed, now: datetime) -> bool:
        """Give a delivery back in an orderly stop: interrupted, pending, due now."""
        return self.settle(
            claimed,
            Verdict(Outcome.INTERRUPTED, detail=_STOPPED),
            state=DeliveryState.PENDING,
            next_attempt_at=now,
            now=now,
        )

    def overdue_deliveries(
        self, now: datetime, *, queued_before: datetime, limit: int
    ) -> list[tuple[str, str]]:
        """Id and channel of what is due and what no message seems to carry, the longest due first.

        That is what has not been queued since it came to be due (a retry, a lease that ran out),
        and what was last queued before `queued_before`. They count as queued now: the caller
        queues them.
        """
        overdue = (
            sa.select(deliveries.c.id, deliveries.c.channel)
            .where(
                deliveries.c.due_at <= now,
                (deliveries.c.queued_at < deliveries.c.due_at)
                | (deliveries.c.queued_at < queued_before),
            )
            .order_by(deliveries.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )

        def work(connection: Connection) -> list[tuple[str, str]]:
            rows = [(row.id, row.channel) for row in connection.execute(overdue)]
            for part in chunks([key for key, _ in rows]):
                connection.execute(
                    sa.update(deliveries).where(deliveries.c.id.in_(part)).values(queued_at=now)
                )
            return rows

        return self._database.write(work)

    def replay(self, ids: Sequence[str], now: datetime) -> list[str]:
        """Send settled deliveries again, under the same id; gives back which those are.

        Giving up counts from now (`Delivery.replayed`).
        """

        def work(connection: Connection) -> list[str]:
            replayed: set[str] = set()
            for part in chunks(sorted(set(ids))):
                final = (
                    sa.select(deliveries.c.id)
                    .where(deliveries.c.id.in_(part), deliveries.c.state.in_(_FINAL))
                    .order_by(deliveries.c.id)
                    .with_for_update()
                )
                found = list(connection.execute(final).scalars())
                connection.execute(
                    sa.update(deliveries)
                    .where(deliveries.c.id.in_(found))
                    .values(
                        state=DeliveryState.PENDING,
                        due_at=now,
                        queued_at=now - _UNQUEUED,
                        replayed=now,
                        settled=None,
                        last_error=None,
                    )
                )
                replayed.update(found)
            return [key for key in dict.fromkeys(ids) if key in replayed]

        return self._database.write(work)


def _due(now: datetime, limit: int, ids: Sequence[str] | None) -> sa.Select[Any]:
    statement = (
        sa.select(deliveries)
        .where(deliveries.c.due_at <= now)
        .order_by(deliveries.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return statement if ids is None else statement.where(deliveries.c.id.in_(list(ids)))


def _begin_attempts(
    connection: Connection, rows: Sequence[Any], token: str, now: datetime, until: datetime
) -> None:
    ids = [row["id"] for row in rows]
    abandoned = [row["id"] for row in rows if row["state"] == DeliveryState.SENDING]
    if abandoned:
        connection.execute(
            sa.update(attempts)
            .where(attempts.c.delivery_id.in_(abandoned), attempts.c.finished.is_(None))
            .values(finished=now, outcome=Outcome.INTERRUPTED, detail=_LEASE_RAN_OUT)
        )
    connection.execute(
        sa.update(deliveries)
        .where(deliveries.c.id.in_(ids))
        .values(
            state=DeliveryState.SENDING,
            lease=token,
            due_at=until,
            attempts=deliveries.c.attempts + 1,
        )
    )
    begun = [
        {
            "delivery_id": row["id"],
            "number": row["attempts"] + 1,
            "started": now,
            "detail": "",
            "answer": "",
        }
        for row in rows
    ]
    connection.execute(sa.insert(attempts), begun)


def _held(connection: Connection, claims: Sequence[Claimed]) -> set[tuple[str, str]]:
    """Those claims, as id and lease, that are still good."""
    wanted = {(claimed.delivery.id, claimed.lease) for claimed in claims}
    held: set[tuple[str, str]] = set()
    for part in chunks(sorted({key for key, _ in wanted})):
        rows = connection.execute(
            sa.select(deliveries.c.id, deliveries.c.lease)
            .where(deliveries.c.id.in_(part), deliveries.c.state == DeliveryState.SENDING)
            .order_by(deliveries.c.id)
            .with_for_update()
        )
        held.update((row.id, row.lease) for row in rows)
    return held & wanted


def _settled_row(settlement: Settlement, now: datetime) -> dict[str, Any]:
    final = settlement.state is not DeliveryState.PENDING
    delivered = settlement.state is DeliveryState.DELIVERED
    return {
        "key": settlement.claimed.delivery.id,
        "new_state": settlement.state.value,
        "new_due": None if final else settlement.next_attempt_at,
        "new_queued": now - _UNQUEUED,
        "new_settled": now if final else None,
        "new_error": None if delivered else settlement.verdict.detail,
    }


def _finished_row(settlement: Settlement, now: datetime) -> dict[str, Any]:
    verdict = settlement.verdict
    return {
        "key": settlement.claimed.delivery.id,
        "attempt": settlement.claimed.attempt,
        "new_finished": now,
        "new_outcome": verdict.outcome.value,
        "new_code": verdict.status_code,
        "new_detail": verdict.detail,
        "new_answer": verdict.answer,
    }


def _finish_deliveries(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(_FINISH_DELIVERY, rows)


def _finish_attempts(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(_FINISH_ATTEMPT, rows)


def _disable_subscriptions(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    """A receiver that is gone gets nothing more; what it was still owed is visibly given up."""
    for part in chunks(ids):
        connection.execute(
            sa.update(subscriptions)
            .where(subscriptions.c.id.in_(part))
            .values(active=False, updated=now)
        )
        connection.execute(
            sa.update(deliveries)
            .where(
                deliveries.c.subscription_id.in_(part),
                deliveries.c.state == DeliveryState.PENDING,
            )
            .values(
                state=DeliveryState.EXHAUSTED, due_at=None, settled=now, last_error=_RECEIVER_GONE
            )
        )


_FINISH_DELIVERY = (
    sa.update(deliveries)
    .where(deliveries.c.id == sa.bindparam("key"))
    .values(
        state=sa.bindparam("new_state"),
        due_at=sa.bindparam("new_due"),
        queued_at=sa.bindparam("new_queued"),
        settled=sa.bindparam("new_settled"),
        last_error=sa.bindparam("new_error"),
        lease=None,
    )
)

_FINISH_ATTEMPT = (
    sa.update(attempts)
    .where(
        attempts.c.delivery_id == sa.bindparam("key"),
        attempts.c.number == sa.bindparam("attempt"),
    )
    .values(
        finished=sa.bindparam("new_finished"),
        outcome=sa.bindparam("new_outcome"),
        status_code=sa.bindparam("new_code"),
        detail=sa.bindparam("new_detail"),
        answer=sa.bindparam("new_answer"),
    )
)
