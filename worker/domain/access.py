"""Who may do what, and the secrets that prove it. Only digests of the secrets are ever kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What the bearer may do; each role may also do what those before it may.

    `READ` looks and tries the classifier, `OPERATE` replays, pauses, polls and pushes items,
    `ADMIN` changes subscriptions and tokens.
    """

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """Position in the order of declaration."""
        return tuple(Role).index(self)

    def allows(self, needed: Role) -> bool:
        """Whether this role includes `needed`."""
        return self.rank >= needed.rank


@dataclass(frozen=True, slots=True)
class Secret:
    """A new secret. `text` is shown once; `digest` is stored; `prefix` tells secrets apart."""

    text: str
    digest: str
    prefix: str

    def __repr__(self) -> str:
        return f"Secret(prefix={self.prefix!r})"


def mint(role: Role) -> Secret:
    """A new unguessable secret (256 bits) that names its role: `aw_<role>_<random>`."""
    text = f"aw_{role.value}_{secrets.token_urlsafe(32)}"
    return Secret(text, digest(text), text[: len(f"aw_{role.value}_") + 6])


def digest(text: str) -> str:
    """SHA-256 in hexadecimal. Enough without salt or stretching, since secrets are random."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
