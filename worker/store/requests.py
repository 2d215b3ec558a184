"""Requests that are answered once, however often they are made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.store.concern import Concern
from worker.store.outbox_tables import requests
from worker.store.statements import insert_missing

# A request that has not been answered by then has died with its process.
_ABANDONED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class KnownRequest:
    """A request with this key that was made before; without `status` it is being answered."""

    digest: str
    status: int | None
    answer: str | None


class RequestMethods(Concern):
    """`digest` tells apart requests that carry the same key but ask for something else."""

    def begin_request(self, key: str, digest: str, now: datetime) -> KnownRequest | None:
        """Note that a request is about to be answered; `None`: it is new, and ours."""
        row = {"key": key, "digest": digest, "begun": now}

        def work(connection: Connection) -> KnownRequest | None:
            connection.execute(
                sa.delete(requests).where(
                    requests.c.key == key,
                    requests.c.status.is_(None),
                    requests.c.begun < now - _ABANDONED,
                )
            )
            before = sa.select(requests).where(requests.c.key == key)
            known = connection.execute(before).one_or_none()
            if known is None:
                insert_missing(connection, requests, [row])
                known = connection.execute(before).one()
                if known.begun == now:
                    return None
            return KnownRequest(known.digest, known.status, known.answer)

        return self._database.write(work)

    def finish_request(self, key: str, status: int, answer: str) -> None:
        """Keep the answer, which comes sealed."""
        statement = (
            sa.update(requests).where(requests.c.key == key).values(status=status, answer=answer)
        )
        self._database.write(lambda c: c.execute(statement))

    def forget_request(self, key: str) -> None:
        """A request came to nothing and may be made again."""
        self._database.write(lambda c: c.execute(sa.delete(requests).where(requests.c.key == key)))

    def forget_requests(self, before: datetime) -> int:
        """Delete the answers to requests made before that moment; gives their number."""
        statement = sa.delete(requests).where(requests.c.begun < before)
        return self._database.write(lambda c: c.execute(statement).rowcount)
