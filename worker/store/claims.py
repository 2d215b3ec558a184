"""Which deliveries may be sent now, and by whom: in the order of their stories, within limits."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from worker.domain.alert import Alert
from worker.domain.circuit import Terms
from worker.domain.delivery import (
    Claimed,
    Claims,
    DeliveryState,
    Endpoint,
    Outcome,
    Thread,
)
from worker.domain.digest import Digest
from worker.store import messages
from worker.store.alerts import load_alerts
from worker.store.circuits import load_circuits, save_circuits
from worker.store.codec import read_announcement, read_delivery
from worker.store.concern import Concern
from worker.store.outbox_tables import circuits, endpoints, threads, unwanted
from worker.store.statements import chunks
from worker.store.tables import alerts, attempts, deliveries

_LEASE_RAN_OUT = "the sender stopped before it recorded an answer"
# Longer waits than this keep a channel's deliveries out of the queue.
_SOON = timedelta(seconds=5)
NO_TERMS = Terms()

# Made once: building aliases anew for every claim takes longer than the database does.
_EARLIER, _BEFORE, _OWN = deliveries.alias("earlier"), alerts.alias("before"), alerts.alias("own")
_EARLIER_ON_ITS_WAY = (
    sa.select(_EARLIER.c.id)
    .select_from(_OWN)
    .join(_BEFORE, (_BEFORE.c.story_id == _OWN.c.story_id) & (_BEFORE.c.sequence < _OWN.c.sequence))
    .join(
        _EARLIER,
        (_EARLIER.c.alert_id == _BEFORE.c.id) & (_EARLIER.c.channel == deliveries.c.channel),
    )
    .where(_OWN.c.id == deliveries.c.alert_id, _EARLIER.c.due_at.is_not(None))
    .correlate(deliveries)
)


class ClaimMethods(Concern):
    """A claim makes a delivery `SENDING` until its lease ends."""

    def claim_deliveries(
        self,
        now: datetime,
        *,
        lease: timedelta,
        limit: int,
        ids: Sequence[str] | None = None,
        terms: Callable[[str], Terms] = lambda channel: NO_TERMS,
        answered: int = 0,
    ) -> Claims:
        """Claim up to `limit` due deliveries (of `ids`, if given), the longest due first.

        Due is what is pending with its time come, and what is being sent with its lease run
        out, whose open attempt is closed as `INTERRUPTED`. The next attempt is recorded as
        begun in the same transaction. Claims at the same time are disjoint.

        Left alone is what an earlier message of its story over the same channel stands before,
        and what the channel's circuit or `terms` leave no room for: `Claims.later` says when to
        ask again for the latter. `answered` of the messages under way are known to be over,
        though they have not been settled yet.
        """
        claims = Claims()
        if ids is not None and not ids:
            return claims

        def work(connection: Connection) -> Claims:
            claims.clear()
            claims.later.clear()
            due = connection.execute(_due(now, limit, ids)).mappings().all()
            rows = _admitted(connection, due, terms, claims, now, lease, answered)
            if not rows:
                return claims
            token = uuid.uuid4().hex
            for part in chunks(rows):
                _begin_attempts(connection, part, token, now, now + lease)
            claims.extend(_claimed(connection, rows, token, terms))
            return claims

        return self._database.write(work)

    def overdue_deliveries(
        self, now: datetime, *, queued_before: datetime, limit: int
    ) -> list[tuple[str, str]]:
        """Id and channel of what is due and what no message seems to carry, the longest due first.

        That is what has not been queued since it came to be due (a retry, a lease that ran out),
        and what was last queued before `queued_before`. They count as queued now: the caller
        queues them. What cannot be claimed is left out; a circuit whose wait is over gets one of
        its deliveries to try it out with, due or not.
        """
        overdue = (
            sa.select(deliveries.c.id, deliveries.c.channel)
            .where(
                deliveries.c.due_at <= now,
                (deliveries.c.queued_at < deliveries.c.due_at)
                | (deliveries.c.queued_at < queued_before),
                ~_spared(now),
                ~_preceded(now),
            )
            .order_by(deliveries.c.due_at)
            .limit(limit)
            .with_for_update(of=deliveries, skip_locked=True)
        )

        def work(connection: Connection) -> list[tuple[str, str]]:
            _bring_probes(connection, now)
            rows = [(row.id, row.channel) for row in connection.execute(overdue)]
            for part in chunks([key for key, _ in rows]):
                connection.execute(
                    sa.update(deliveries).where(deliveries.c.id.in_(part)).values(queued_at=now)
                )
            return rows

        return self._database.write(work)


def _due(now: datetime, limit: int, ids: Sequence[str] | None) -> sa.Select[Any]:
    statement = (
        sa.select(deliveries)
        .where(deliveries.c.due_at <= now, ~_preceded(now))
        .order_by(deliveries.c.due_at)
        .limit(limit)
        .with_for_update(of=deliveries, skip_locked=True)
    )
    return statement if ids is None else statement.where(deliveries.c.id.in_(list(ids)))


def _preceded(now: datetime) -> sa.ColumnElement[bool]:
    """Whether an earlier message of the same story over the same channel is still on its way.

    One that is held back and has never been tried stands before nobody.
    """
    begun = (_EARLIER.c.attempts > 0) | (_EARLIER.c.due_at <= now)
    return sa.exists(_EARLIER_ON_ITS_WAY.where(begun))


def _spared(now: datetime) -> sa.ColumnElement[bool]:
    """Whether the channel takes nothing now, for longer than a moment."""
    return sa.exists(
        sa.select(circuits.c.name)
        .where(
            circuits.c.name == deliveries.c.channel,
            (circuits.c.open_until > now)
            | (circuits.c.next_at > now + _SOON)
            | (circuits.c.held & deliveries.c.planned.is_not(None)),
        )
        .correlate(deliveries)
    )


def _bring_probes(connection: Connection, now: datetime) -> None:
    """A circuit that is to be tried out needs something due."""
    waiting = connection.execute(
        sa.select(circuits.c.name).where(circuits.c.open_until <= now).order_by(circuits.c.name)
    ).scalars()
    for name in list(waiting):
        oldest = connection.execute(
            sa.select(deliveries.c.id, deliveries.c.due_at)
            .where(
                deliveries.c.state == DeliveryState.PENDING,
                deliveries.c.channel == name,
                deliveries.c.attempts > 0,
            )
            .order_by(deliveries.c.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if oldest is not None and oldest.due_at > now:
            connection.execute(
                sa.update(deliveries)
                .where(deliveries.c.id == oldest.id)
                .values(due_at=now, queued_at=now - timedelta(microseconds=1))
            )


def _admitted(
    connection: Connection,
    due: Sequence[RowMapping],
    terms: Callable[[str], Terms],
    claims: Claims,
    now: datetime,
    lease: timedelta,
    answered: int,
) -> list[RowMapping]:
    """Those for which their channels have room. The circuits stay locked until the commit."""
    by_channel: dict[str, list[RowMapping]] = defaultdict(list)
    for row in due:
        by_channel[row["channel"]].append(row)
    agreed = {name: terms(name) for name in by_channel}
    limited = [name for name, each in agreed.items() if each.concurrent or each.per_second]
    known = load_circuits(connection, list(by_channel), make=limited)
    under_way = _under_way(connection, limited, now)
    admitted: list[RowMapping] = []
    for name, rows in by_channel.items():
        circuit = known.get(name)
        if circuit is None:
            admitted += rows
            continue
        free = [row for row in rows if not (circuit.held and row["planned"] is not None)]
        room, when = circuit.room(agreed[name], max(0, under_way.get(name, 0) - answered), now)
        through = free if room is None else free[:room]
        claims.later.update({row["id"]: when for row in free[len(through) :]})
        admitted += through
        if through:
            after = circuit.claimed([row["id"] for row in through], agreed[name], now, lease)
            save_circuits(connection, {name: circuit}, {name: after})
    return admitted


def _under_way(connection: Connection, channels: Sequence[str], now: datetime) -> dict[str, int]:
    if not channels:
        return {}
    rows = connection.execute(
        sa.select(deliveries.c.channel, sa.func.count())
        .where(
            deliveries.c.state == DeliveryState.SENDING,
            deliveries.c.channel.in_(channels),
            deliveries.c.due_at > now,
        )
        .group_by(deliveries.c.channel)
    )
    return {row[0]: row[1] for row in rows}


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


def _claimed(
    connection: Connection,
    rows: Sequence[RowMapping],
    token: str,
    terms: Callable[[str], Terms],
) -> Iterable[Claimed]:
    """The claims with everything that sending needs to know."""
    told = messages.load(connection, rows)
    channels = sorted({row["channel"] for row in rows})
    served = _endpoints(connection, channels)
    threaded = [name for name in channels if terms(name).threads]
    known = _threads(connection, threaded, [_story_of(row, told.get(row["id"])) for row in rows])
    mailing = [name for name in channels if terms(name).addresses]
    refusing = _unwanted(connection, mailing)
    for row in rows:
        said = told.get(row["id"])
        alert = said if isinstance(said, Alert) else None
        yield Claimed(
            delivery=replace(
                read_delivery(row),
                state=DeliveryState.SENDING,
                attempts=row["attempts"] + 1,
                next_attempt_at=None,
            ),
            alert=alert,
            attempt=row["attempts"] + 1,
            lease=token,
            announcement=read_announcement(row["announcement"]),
            endpoint=served.get(row["channel"]),
            thread=known.get((row["channel"], _story_of(row, said))),
            unwanted=refusing.get(row["channel"], frozenset()),
            digest=said if isinstance(said, Digest) else None,
        )


def _story_of(row: RowMapping, said: object) -> str:
    """The story that a message is about; empty for none. Announcements may name one."""
    if isinstance(said, Alert):
        return said.story_id
    about = row["announcement"] or {}
    return str(about.get("data", {}).get("story_id", ""))


def _endpoints(connection: Connection, channels: Sequence[str]) -> dict[str, Endpoint]:
    """Those of subscribers of the API, whose channels are the only ones with a colon."""
    channels = [name for name in channels if ":" in name]
    if not channels:
        return {}
    rows = connection.execute(
        sa.select(endpoints.c.channel, endpoints.c.url, endpoints.c.secrets).where(
            endpoints.c.channel.in_(channels), endpoints.c.deleted.is_(None)
        )
    )
    return {row.channel: Endpoint(row.url, row.secrets) for row in rows}


def _threads(
    connection: Connection, channels: Sequence[str], stories: Sequence[str]
) -> dict[tuple[str, str], Thread]:
    if not channels or not stories:
        return {}
    rows = connection.execute(
        sa.select(threads).where(
            threads.c.channel.in_(channels), threads.c.story_id.in_(sorted(set(stories)))
        )
    ).all()
    roots = load_alerts(connection, [row.alert_id for row in rows])
    return {(row.channel, row.story_id): Thread(row.receipt, roots[row.alert_id]) for row in rows}


def _unwanted(connection: Connection, channels: Sequence[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    if channels:
        rows = connection.execute(sa.select(unwanted).where(unwanted.c.channel.in_(channels)))
        for row in rows:
            found[row.channel].add(row.address)
    return {name: frozenset(addresses) for name, addresses in found.items()}
