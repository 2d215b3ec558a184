"""Hosts that are asked for something else than feeds: the same turns for all who ask them."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from worker.store.columns import Moment
from worker.store.concern import Concern
from worker.store.feeds import host_row
from worker.store.statements import insert_missing
from worker.store.tables import hosts


class HostMethods(Concern):
    """A host that somebody has is asked by nobody else, neither for feeds nor for articles."""

    def take_host(self, name: str, owner: str, now: datetime, lease: timedelta) -> bool:
        """Lease a host. `False`: somebody has it, or it is to be left alone for now."""

        def work(connection: sa.Connection) -> bool:
            insert_missing(connection, hosts, [host_row(name)])
            statement = (
                sa.update(hosts)
                .where(
                    hosts.c.name == name,
                    sa.or_(hosts.c.next_at.is_(None), hosts.c.next_at <= now),
                    sa.or_(hosts.c.lease_until.is_(None), hosts.c.lease_until <= now),
                )
                .values(lease_owner=owner, lease_until=now + lease, feed_id=None)
            )
            return connection.execute(statement).rowcount > 0

        return self._database.write(work)

    def give_host_back(self, name: str, owner: str, next_at: datetime) -> None:
        """End a lease; nobody asks the host before `next_at`."""
        later = sa.case(
            (hosts.c.next_at > next_at, hosts.c.next_at), else_=sa.literal(next_at, Moment)
        )
        statement = (
            sa.update(hosts)
            .where(hosts.c.name == name, hosts.c.lease_owner == owner)
            .values(lease_owner=None, lease_until=None, next_at=later)
        )
        self._database.write(lambda c: c.execute(statement))
