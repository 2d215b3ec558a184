"""The outbox: deliveries settled after sending, put back by hand, announced by ourselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.circuit import BreakerPolicy, Circuit
from worker.domain.delivery import (
    SUBSCRIPTION_TEST,
    Announcement,
    Claimed,
    DeliveryState,
    Outcome,
    Settlement,
    Verdict,
)
from worker.store.circuits import load_circuits, save_circuits
from worker.store.codec import announcement_json
from worker.store.concern import Concern
from worker.store.endings import NEVER, end_subscriptions, verify_endpoint
from worker.store.outbox_tables import threads, unwanted
from worker.store.statements import chunks, insert_missing, insert_new, upsert
from worker.store.tables import alerts, attempts, deliveries

# Before the moment at which it is due: no message carries it yet.
_UNQUEUED = timedelta(microseconds=1)
_RECEIVER_GONE = "the receiver said that it is gone, which ended the subscription"
_NOT_VERIFIED = "the endpoint never answered its test"
_STOPPED = "the sender was stopped in order"
_FINAL = (DeliveryState.DELIVERED, DeliveryState.EXHAUSTED, DeliveryState.SUPERSEDED)
DEFAULT_BREAKER = BreakerPolicy()


class DeliveryMethods(Concern):
    """Only the holder of a claim may settle it."""

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

    def settle_many(
        self,
        settlements: Sequence[Settlement],
        now: datetime,
        breaker: BreakerPolicy = DEFAULT_BREAKER,
    ) -> list[bool]:
        """The same for several, in one transaction and in the order given.

        An outcome `GONE` ends the subscription and gives up what it is still owed. A test that
        was taken proves its endpoint. The channels' circuits learn how it went.
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
            _note_receipts(connection, ours, now)
            _move_circuits(connection, ours, now, breaker)
            _end_and_verify(connection, ours, now)
            _wake_followers(connection, ours)
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

    def announce(
        self,
        delivery_id: str,
        subscription_id: str,
        channel: str,
        said: Announcement,
        now: datetime,
    ) -> bool:
        """Owe an announcement to a channel; the same id again changes nothing (`False`)."""
        row = announcement_row(delivery_id, subscription_id, channel, said, now)
        return bool(self._database.write(lambda c: insert_new(c, deliveries, [row])))

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
                        reached=None,
                    )
                )
                replayed.update(found)
            return [key for key in dict.fromkeys(ids) if key in replayed]

        return self._database.write(work)


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
        "new_reached": list(
            dict.fromkeys((*settlement.claimed.delivery.reached, *settlement.verdict.reached))
        )
        or None,
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


def _note_receipts(connection: Connection, settled: Sequence[Settlement], now: datetime) -> None:
    """Remember threads that were begun, and addresses that were refused for good."""
    begun, refused = [], []
    for each in settled:
        channel, alert = each.claimed.delivery.channel, each.claimed.alert
        if each.verdict.receipt and alert is not None:
            begun.append(
                {
                    "channel": channel,
                    "story_id": alert.story_id,
                    "receipt": each.verdict.receipt,
                    "alert_id": alert.id,
                    "created": now,
                }
            )
        refused += [
            {"channel": channel, "address": address, "reason": reason, "since": now}
            for address, reason in each.verdict.refused.items()
        ]
    upsert(connection, threads, begun, ("receipt", "alert_id", "created"))
    insert_missing(connection, unwanted, refused)


def _move_circuits(
    connection: Connection, settled: Sequence[Settlement], now: datetime, policy: BreakerPolicy
) -> None:
    """Let each channel's circuit learn from the answers; a row is made for those that fail."""
    channels = {each.claimed.delivery.channel for each in settled}
    failing = {
        each.claimed.delivery.channel for each in settled if each.verdict.outcome is Outcome.RETRY
    }
    before = load_circuits(connection, sorted(channels), make=sorted(failing))
    after: dict[str, Circuit] = dict(before)
    for each in settled:
        name = each.claimed.delivery.channel
        if name in after:
            after[name] = after[name].answered(each.claimed.delivery.id, each.verdict, now, policy)
    save_circuits(connection, before, after)
    for name, circuit in after.items():
        if before[name].is_open and not circuit.is_open:
            _bring_forward(connection, name, now)


def _bring_forward(connection: Connection, channel: str, now: datetime) -> None:
    """An endpoint that answers again gets at once what waits for another attempt."""
    connection.execute(
        sa.update(deliveries)
        .where(
            deliveries.c.state == DeliveryState.PENDING,
            deliveries.c.channel == channel,
            deliveries.c.attempts > 0,
            deliveries.c.due_at > now,
        )
        .values(due_at=now, queued_at=now - _UNQUEUED)
    )


def _wake_followers(connection: Connection, settled: Sequence[Settlement]) -> None:
    """Later messages of their stories may have waited for those that took several attempts: the
    next sweep brings them. Behind a first attempt they wait in their lanes."""
    for each in settled:
        alert = each.claimed.alert
        if alert is None or each.claimed.attempt == 1 or each.state is DeliveryState.PENDING:
            continue
        later = sa.select(alerts.c.id).where(
            alerts.c.story_id == alert.story_id, alerts.c.sequence > alert.sequence
        )
        connection.execute(
            sa.update(deliveries)
            .where(
                deliveries.c.alert_id.in_(later),
                deliveries.c.channel == each.claimed.delivery.channel,
                deliveries.c.state == DeliveryState.PENDING,
            )
            .values(queued_at=NEVER)
        )


def _end_and_verify(connection: Connection, settled: Sequence[Settlement], now: datetime) -> None:
    for each in settled:
        delivery, said = each.claimed.delivery, each.claimed.announcement
        tested = said is not None and said.kind == SUBSCRIPTION_TEST
        if each.verdict.outcome is Outcome.GONE:
            end_subscriptions(connection, [delivery.subscription_id], _RECEIVER_GONE, now)
        elif tested and each.state is DeliveryState.DELIVERED:
            verify_endpoint(connection, delivery.subscription_id, now)
        elif tested and each.state is DeliveryState.EXHAUSTED:
            end_subscriptions(
                connection, [delivery.subscription_id], _NOT_VERIFIED, now, unverified=True
            )


def announcement_row(
    delivery_id: str, subscription_id: str, channel: str, said: Announcement, now: datetime
) -> Mapping[str, Any]:
    """A row of `deliveries` for an announcement that is due now."""
    return {
        "id": delivery_id,
        "alert_id": None,
        "announcement": announcement_json(said),
        "subscription_id": subscription_id,
        "channel": channel,
        "state": DeliveryState.PENDING.value,
        "attempts": 0,
        "due_at": now,
        "queued_at": now,
        "created": now,
    }


_FINISH_DELIVERY = (
    sa.update(deliveries)
    .where(deliveries.c.id == sa.bindparam("key"))
    .values(
        state=sa.bindparam("new_state"),
        due_at=sa.bindparam("new_due"),
        queued_at=sa.bindparam("new_queued"),
        settled=sa.bindparam("new_settled"),
        last_error=sa.bindparam("new_error"),
        reached=sa.bindparam("new_reached"),
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
