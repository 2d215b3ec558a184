"""Who is asking: bearer tokens for programs, a session cookie for people."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

import structlog
from fastapi import Depends, Request, Response, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from worker.dashboard.problems import Problem
from worker.dashboard.services import Services
from worker.domain import ids
from worker.domain.access import Role, digest, mint
from worker.store import StoreError, StoreUnavailable

log = structlog.get_logger(__name__)

SESSION_LIFETIME = timedelta(days=7)

# How long an answer of the database about a token is believed; a revocation takes this long.
TRUST = timedelta(seconds=5)
# While the database is down, people who were signed in may go on looking: that is when they
# need the board most.
TRUST_WITHOUT_STORE = timedelta(minutes=15)
_MOST_KNOWN = 2_000

_bearer = HTTPBearer(auto_error=False, description="An API token: `aw_<role>_…`")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who has proved who they are."""

    token_id: str
    kind: str
    role: Role
    name: str
    digest: str
    expires: datetime | None = None

    @property
    def actor(self) -> str:
        """How the audit log names them."""
        return f"{self.kind}:{self.name or self.token_id}"


class Gate:
    """Looks up who a secret belongs to, and signs people in and out. Safe to use from threads."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._clock = services.clock
        self._secure = services.secure
        port = urlsplit(services.public_url).port
        # Cookies do not tell ports apart: two services on one machine need two names.
        self.cookie = "__Host-aw_session" if self._secure else f"aw_session_{port or 80}"
        self._known: OrderedDict[str, tuple[Viewer | None, datetime]] = OrderedDict()
        self._used: set[str] = set()
        self._lock = threading.Lock()

    def recall(self, secret_digest: str, kind: str, trust: timedelta = TRUST) -> Viewer | None:
        """The bearer of a secret as the database said at most `trust` ago; asks nobody."""
        now = self._clock()
        with self._lock:
            viewer, checked = self._known.get(secret_digest, (None, now))
        if viewer is None or not timedelta(0) <= now - checked <= trust:
            return None
        return self._admit(viewer, kind, now)

    def known(self, secret_digest: str, kind: str) -> Viewer | None:
        """The valid bearer of a secret of this kind. Raises `StoreUnavailable` where the
        database cannot say and has not said so lately."""
        now = self._clock()
        try:
            viewer = self._look_up(secret_digest, now)
        except StoreUnavailable:
            viewer = self.recall(secret_digest, kind, TRUST_WITHOUT_STORE)
            if viewer is None:
                raise
            return viewer
        self._remember(secret_digest, viewer, now)
        return self._admit(viewer, kind, now) if viewer else None

    def sign_in(self, secret: str) -> tuple[str, Viewer] | None:
        """A new session for a one-time sign-in token, used up by this, or for an API token.

        Its secret and bearer; `None` when the token is not valid.
        """
        now = self._clock()
        found = digest(secret)
        token = self._store.token_by_digest(found, now)
        if token is not None and token.kind == "signin":
            token = self._store.consume_token(found, now)
        if token is None or token.kind == "session":
            return None
        session = mint(Role(token.role))
        expires = now + SESSION_LIFETIME
        if token.kind == "api" and token.expires is not None:
            expires = min(expires, token.expires)
        token_id = ids.derive("tok", session.digest)
        name = token.name or token.prefix
        self._store.add_token(
            token_id, "session", token.role, session.digest, session.prefix, name, now, expires
        )
        viewer = Viewer(token_id, "session", Role(token.role), name, session.digest, expires)
        self._store.audit(viewer.actor, "sign_in", token.id, "", now)
        return session.text, viewer

    def sign_out(self, viewer: Viewer) -> None:
        """End a session at once."""
        now = self._clock()
        with self._lock:
            self._known.pop(viewer.digest, None)
        self._store.revoke_token(viewer.token_id, now)
        self._store.audit(viewer.actor, "sign_out", viewer.token_id, "", now)

    def set_cookie(self, response: Response, secret: str, expires: datetime | None) -> None:
        """Give the session to the browser, out of reach of scripts and of other sites."""
        response.set_cookie(
            self.cookie,
            secret,
            expires=expires,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )

    def clear_cookie(self, response: Response) -> None:
        """Take the session from the browser."""
        response.delete_cookie(
            self.cookie, path="/", secure=self._secure, httponly=True, samesite="strict"
        )

    def note_use(self) -> None:
        """Write down which tokens have been used since the last call, off the requests' path."""
        with self._lock:
            used, self._used = self._used, set()
        now = self._clock()
        for token_id in used:
            try:
                self._store.touch_token(token_id, now)
            except StoreError as error:
                log.warning("token_use_not_noted", error=str(error))
                return

    def _admit(self, viewer: Viewer, kind: str, now: datetime) -> Viewer | None:
        if viewer.kind != kind or (viewer.expires is not None and viewer.expires <= now):
            return None
        with self._lock:
            self._used.add(viewer.token_id)
        return viewer

    def _look_up(self, secret_digest: str, now: datetime) -> Viewer | None:
        token = self._store.token_by_digest(secret_digest, now)
        if token is None:
            return None
        return Viewer(
            token_id=token.id,
            kind=token.kind,
            role=Role(token.role),
            name=token.name or token.prefix,
            digest=secret_digest,
            expires=token.expires,
        )

    def _remember(self, secret_digest: str, viewer: Viewer | None, now: datetime) -> None:
        with self._lock:
            if viewer is None:
                self._known.pop(secret_digest, None)
                return
            self._known[secret_digest] = (viewer, now)
            self._known.move_to_end(secret_digest)
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)


async def current_viewer(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Viewer | None:
    """Dependency: who is asking, if they say so and it is true.

    Who is known needs no thread and no database, so that the board can be looked at while
    other requests wait for a database that hangs.
    """
    gate: Gate = request.app.state.gate
    kind = "api" if credentials else "session"
    secret = credentials.credentials if credentials else request.cookies.get(gate.cookie)
    if not secret:
        return None
    found = digest(secret)
    away = bool(request.app.state.sampler.latest.store_error)
    viewer = gate.recall(found, kind, TRUST_WITHOUT_STORE if away else TRUST)
    return viewer or await run_in_threadpool(gate.known, found, kind)


def require(role: Role) -> Callable[..., Awaitable[Viewer]]:
    """Dependency: somebody whose role includes `role`; otherwise 401 or 403."""

    async def check(viewer: Annotated[Viewer | None, Depends(current_viewer)]) -> Viewer:
        if viewer is None:
            raise Problem(
                401,
                "Send an API token as `Authorization: Bearer …`, or sign in.",
                headers={"www-authenticate": 'Bearer realm="alliance-watch"'},
            )
        if not viewer.role.allows(role):
            raise Problem(403, f"This needs the role {role.value}; yours is {viewer.role.value}.")
        return viewer

    return check


Reader = Annotated[Viewer, Depends(require(Role.READ))]
Operator = Annotated[Viewer, Depends(require(Role.OPERATE))]
Administrator = Annotated[Viewer, Depends(require(Role.ADMIN))]
