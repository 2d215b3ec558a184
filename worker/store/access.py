"""Who may come in, and what they did: tokens and the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.store.concern import Concern
from worker.store.statements import insert_missing
from worker.store.tables import audit, tokens

TokenKind = Literal["api", "session", "signin"]


@dataclass(frozen=True, slots=True)
class Token:
    """A token as the store knows it: its digest is kept, never itself.

    `prefix` is the beginning of the token, for people to tell them apart.
    """

    id: str
    kind: str
    role: str
    prefix: str
    name: str
    created: datetime
    expires: datetime | None = None
    consumed: datetime | None = None
    revoked: datetime | None = None
    last_used: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that somebody did. Later entries have greater ids."""

    id: int
    at: datetime
    actor: str
    action: str
    target: str
    detail: str


_TOKEN_COLUMNS = [column for column in tokens.c if column.name != "digest"]


class AccessMethods(Concern):
    """Tokens are looked up by digest; revoked and expired ones are as if they did not exist."""

    def add_token(
        self,
        id: str,
        kind: TokenKind,
        role: str,
        digest: str,
        prefix: str,
        name: str,
        created: datetime,
        expires: datetime | None = None,
    ) -> None:
        """Store a new token; one whose id is there already is left as it is."""
        row = {
            "id": id,
            "kind": kind,
            "role": role,
            "digest": digest,
            "prefix": prefix,
            "name": name,
            "created": created,
            "expires": expires,
        }
        self._database.write(lambda connection: insert_missing(connection, tokens, [row]))

    def token_by_digest(self, digest: str, now: datetime) -> Token | None:
        """The valid token with this digest. One that was for one use is gone once consumed."""
        statement = sa.select(*_TOKEN_COLUMNS).where(*_valid(digest, now))
        row = self._database.read(lambda c: c.execute(statement).mappings().one_or_none())
        return None if row is None else Token(**row)

    def consume_token(self, digest: str, now: datetime) -> Token | None:
        """Use a token up. Of several callers at the same time exactly one gets it."""

        def work(connection: Connection) -> Token | None:
            row = (
                connection.execute(
                    sa.select(*_TOKEN_COLUMNS).where(*_valid(digest, now)).with_for_update()
                )
                .mappings()
                .one_or_none()
            )
            if row is None:
                return None
            connection.execute(
                sa.update(tokens).where(tokens.c.id == row["id"]).values(consumed=now)
            )
            return Token(**{**row, "consumed": now})

        return self._database.write(work)

    def revoke_token(self, token_id: str, now: datetime) -> bool:
        """Make a token invalid from now on. `False`: there is none, or it was revoked before."""
        statement = (
            sa.update(tokens)
            .where(tokens.c.id == token_id, tokens.c.revoked.is_(None))
            .values(revoked=now)
        )
        return self._database.write(lambda c: c.execute(statement).rowcount > 0)

    def touch_token(self, token_id: str, now: datetime) -> None:
        """Note that a token was used."""
        statement = sa.update(tokens).where(tokens.c.id == token_id).values(last_used=now)
        self._database.write(lambda c: c.execute(statement))

    def tokens(self) -> list[Token]:
        """Every token, the invalid ones too, the newest first."""
        statement = sa.select(*_TOKEN_COLUMNS).order_by(tokens.c.created.desc(), tokens.c.id)
        rows = self._database.read(lambda c: c.execute(statement).mappings().all())
        return [Token(**row) for row in rows]

    def forget_tokens(self, before: datetime) -> int:
        """Delete sessions and sign-in links that ended before that moment; gives their number."""
        over = sa.func.coalesce(tokens.c.revoked, tokens.c.consumed, tokens.c.expires)
        statement = sa.delete(tokens).where(tokens.c.kind != "api", over < before)
        return self._database.write(lambda c: c.execute(statement).rowcount)

    def audit(self, actor: str, action: str, target: str, detail: str, now: datetime) -> None:
        """Note what somebody did, to what; `detail` for people, without secrets."""
        row = {"at": now, "actor": actor, "action": action, "target": target, "detail": detail}
        self._database.write(lambda c: c.execute(sa.insert(audit), row), repeatable=False)

    def audit_log(self, limit: int, before: int | None = None) -> list[AuditEntry]:
        """The newest entries; with `before`, those older than the entry with that id."""
        statement = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before is not None:
            statement = statement.where(audit.c.id < before)
        rows = self._database.read(lambda c: c.execute(statement).mappings().all())
        return [AuditEntry(**row) for row in rows]


def _valid(digest: str, now: datetime) -> list[sa.ColumnElement[Any]]:
    return [
        tokens.c.digest == digest,
        tokens.c.revoked.is_(None),
        tokens.c.consumed.is_(None),
        sa.or_(tokens.c.expires.is_(None), tokens.c.expires > now),
    ]
