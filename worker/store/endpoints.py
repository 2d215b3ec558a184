"""Subscribers of the API: who takes which alerts by webhook, and whether they have proved it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from worker.domain.alert import Subscription
from worker.domain.circuit import Circuit
from worker.domain.delivery import Announcement
from worker.store.circuits import load_circuits, save_circuits
from worker.store.codec import read_subscription, subscription_row
from worker.store.concern import Concern
from worker.store.deliveries import announcement_row
from worker.store.endings import end_subscriptions
from worker.store.outbox_tables import circuits, endpoints
from worker.store.paging import newest_first, page
from worker.store.statements import insert_new, upsert
from worker.store.tables import deliveries, subscriptions
from worker.store.views import Page

_ADDED = "api"
_SUBSCRIPTION = tuple(
    column.name for column in subscriptions.c if column.name not in ("id", "created")
)
_ENDPOINT = tuple(column.name for column in endpoints.c if column.name != "subscription_id")
_DELETED = "the subscription was deleted"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a subscriber asks for. `url` and `secrets` are sealed, `shown_url` may be seen.

    `wanted` is the request in its own words.
    """

    subscription: Subscription
    name: str
    url: str
    shown_url: str
    secrets: str
    wanted: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A subscription with everything around it. `asked` only where the API made it."""

    subscription: Subscription
    origin: str
    active: bool
    ended: str | None
    created: datetime
    updated: datetime
    asked: Asked | None = None
    verified: datetime | None = None
    circuit: Circuit | None = None

    @property
    def state(self) -> str:
        """`active`, `unverified` (alerts are held until its endpoint answers) or `disabled`."""
        if not self.active:
            return "disabled"
        return "unverified" if self.asked is not None and self.verified is None else "active"


@dataclass(frozen=True, slots=True)
class Challenge:
    """An announcement that an endpoint is to answer, under the id of its delivery."""

    delivery_id: str
    said: Announcement


class EndpointMethods(Concern):
    """Endpoints that are deleted stay without address and secret: deliveries refer to them."""

    def add_subscriber(self, asked: Asked, test: Challenge, now: datetime) -> None:
        """Store a new subscriber, held until the test is answered. One whose id is there already
        is replaced."""
        channel = asked.subscription.channel

        def work(connection: Connection) -> None:
            _write(connection, asked, now)
            save_circuits(connection, {}, {channel: Circuit(channel, held=True)})
            insert_new(connection, deliveries, [_test_row(asked.subscription, test, now)])

        self._database.write(work)

    def change_subscriber(self, asked: Asked, test: Challenge | None, now: datetime) -> bool:
        """Replace what a subscriber asks for; with `test` it has to prove itself anew.

        `False`: there is no such subscriber.
        """

        def work(connection: Connection) -> bool:
            row = _locked(connection, asked.subscription.id)
            if row is None:
                return False
            verified = None if test else row["verified"]
            _write(connection, asked, now, verified=verified, row=row)
            if test is not None:
                _hold(connection, asked.subscription.channel)
                insert_new(connection, deliveries, [_test_row(asked.subscription, test, now)])
            return True

        return self._database.write(work)

    def change_secrets(
        self, subscription_id: str, change: Callable[[str], str], now: datetime
    ) -> bool:
        """Replace the sealed secrets by what `change` makes of them. `False`: no such subscriber.

        Two changes at the same time come one after the other.
        """

        def work(connection: Connection) -> bool:
            row = _locked(connection, subscription_id)
            if row is None:
                return False
            connection.execute(
                sa.update(endpoints)
                .where(endpoints.c.subscription_id == subscription_id)
                .values(secrets=change(row["secrets"]))
            )
            connection.execute(
                sa.update(subscriptions)
                .where(subscriptions.c.id == subscription_id)
                .values(updated=now)
            )
            return True

        return self._database.write(work)

    def test_subscriber(self, subscription: Subscription, test: Challenge, now: datetime) -> None:
        """Owe a test to an endpoint."""
        row = _test_row(subscription, test, now)
        self._database.write(lambda c: insert_new(c, deliveries, [row]))

    def enable_subscriber(
        self, subscription_id: str, test: Challenge | None, now: datetime
    ) -> bool:
        """Make a subscription active again; an endpoint has to answer `test` before it gets any.

        `False`: there is no such subscription, or it is active.
        """

        def work(connection: Connection) -> bool:
            statement = sa.select(subscriptions).where(
                subscriptions.c.id == subscription_id, ~subscriptions.c.active
            )
            row = connection.execute(statement.with_for_update()).mappings().one_or_none()
            if row is None:
                return False
            connection.execute(
                sa.update(subscriptions)
                .where(subscriptions.c.id == subscription_id)
                .values(active=True, ended=None, told=None, updated=now)
            )
            if test is not None:
                _hold(connection, row["channel"])
                insert_new(connection, deliveries, [_test_row(read_subscription(row), test, now)])
            return True

        return self._database.write(work)

    def delete_subscriber(self, subscription_id: str, now: datetime) -> bool:
        """End a subscriber for good and forget address and secret. `False`: there is none."""

        def work(connection: Connection) -> bool:
            row = _locked(connection, subscription_id)
            if row is None:
                return False
            end_subscriptions(connection, [subscription_id], _DELETED, now)
            connection.execute(
                sa.update(subscriptions)
                .where(subscriptions.c.id == subscription_id)
                .values(told=now)
            )
            connection.execute(
                sa.update(endpoints)
                .where(endpoints.c.subscription_id == subscription_id)
                .values(deleted=now, url="", secrets="", shown_url="", wanted={})
            )
            connection.execute(sa.delete(circuits).where(circuits.c.name == row["channel"]))
            return True

        return self._database.write(work)

    def subscriber(self, subscription_id: str) -> Subscriber | None:
        """One subscription with everything around it; `None` when deleted."""
        statement = _select().where(subscriptions.c.id == subscription_id)
        row = self._database.read(lambda c: c.execute(statement).mappings().one_or_none())
        return None if row is None else _read(row)

    def subscribers(self, cursor: str | None, limit: int) -> Page[Subscriber]:
        """Every subscription but the deleted ones, the newest first."""
        statement = newest_first(
            _select(), subscriptions.c.created, subscriptions.c.id, cursor, limit
        )
        rows = self._database.read(lambda c: c.execute(statement).mappings().all())
        return page(rows, limit, "created", _read)

    def untold_endings(self) -> list[Subscriber]:
        """Subscriptions that have ended without anybody being told."""
        statement = _select().where(~subscriptions.c.active, subscriptions.c.told.is_(None))
        return [
            _read(row)
            for row in self._database.read(lambda c: c.execute(statement).mappings().all())
        ]

    def note_ending_told(self, subscription_id: str, now: datetime) -> None:
        """People have been told that a subscription has ended."""
        statement = (
            sa.update(subscriptions).where(subscriptions.c.id == subscription_id).values(told=now)
        )
        self._database.write(lambda c: c.execute(statement))


def _select() -> sa.Select[Any]:
    kept = [column.label(f"endpoint_{column.name}") for column in endpoints.c]
    state = [column.label(f"circuit_{column.name}") for column in circuits.c]
    return (
        sa.select(*subscriptions.c, *kept, *state)
        .outerjoin(endpoints, endpoints.c.subscription_id == subscriptions.c.id)
        .outerjoin(circuits, circuits.c.name == subscriptions.c.channel)
        .where(endpoints.c.deleted.is_(None))
    )


def _read(row: Any) -> Subscriber:
    subscription = read_subscription(row)
    asked = None
    if row["endpoint_subscription_id"] is not None:
        asked = Asked(
            subscription=subscription,
            name=row["endpoint_name"],
            url=row["endpoint_url"],
            shown_url=row["endpoint_shown_url"],
            secrets=row["endpoint_secrets"],
            wanted=row["endpoint_wanted"],
        )
    circuit = None
    if row["circuit_name"] is not None:
        circuit = Circuit(**{column.name: row[f"circuit_{column.name}"] for column in circuits.c})
    return Subscriber(
        subscription=subscription,
        origin=row["origin"],
        active=row["active"],
        ended=row["ended"],
        created=row["created"],
        updated=row["updated"],
        asked=asked,
        verified=row["endpoint_verified"],
        circuit=circuit,
    )


def _locked(connection: Connection, subscription_id: str) -> RowMapping | None:
    return (
        connection.execute(
            sa.select(endpoints)
            .where(endpoints.c.subscription_id == subscription_id, endpoints.c.deleted.is_(None))
            .with_for_update()
        )
        .mappings()
        .one_or_none()
    )


def _write(
    connection: Connection,
    asked: Asked,
    now: datetime,
    *,
    verified: datetime | None = None,
    row: RowMapping | None = None,
) -> None:
    """The subscription and its endpoint; a change leaves alone whether it is active."""
    subscription = {
        **subscription_row(asked.subscription),
        "active": True,
        "ended": None,
        "told": None,
        "origin": _ADDED,
        "created": now,
        "updated": now,
    }
    untouched = ("active", "ended", "told") if row is not None else ()
    columns = [name for name in _SUBSCRIPTION if name in subscription and name not in untouched]
    upsert(connection, subscriptions, [subscription], columns)
    endpoint = {
        "subscription_id": asked.subscription.id,
        "channel": asked.subscription.channel,
        "name": asked.name,
        "url": asked.url,
        "shown_url": asked.shown_url,
        "secrets": asked.secrets,
        "wanted": dict(asked.wanted),
        "verified": verified,
        "deleted": None,
    }
    upsert(connection, endpoints, [endpoint], _ENDPOINT)


def _hold(connection: Connection, channel: str) -> None:
    """Alerts wait until the endpoint proves itself; what is known of the old one is forgotten."""
    before = load_circuits(connection, [channel], make=[channel])
    save_circuits(connection, before, {channel: Circuit(channel, held=True)})


def _test_row(subscription: Subscription, test: Challenge, now: datetime) -> Mapping[str, Any]:
    return announcement_row(test.delivery_id, subscription.id, subscription.channel, test.said, now)
