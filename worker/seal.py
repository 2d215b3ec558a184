"""Keeping secrets of others, and links that only we can make: one key, a use each.

What subscribers entrust to us (addresses and signing secrets of their webhooks) is sealed with
Fernet (AES-128-CBC and HMAC-SHA256, https://github.com/fernet/spec) before it is stored. Links
in mails carry what they are about and an HMAC-SHA256 over it, so that nobody can make one for
somebody else. The keys of both are derived from the service's key with HKDF.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

SHORTEST_KEY = 16
"""A key of fewer characters can be guessed."""


class WrongKey(Exception):  # noqa: N818 - it says what is the matter
    """What is to be opened was sealed with another key, or has been changed."""


class Seal:
    """Seals and signs with `key`, a text that nobody can guess. Its `repr` does not show it."""

    def __init__(self, key: str) -> None:
        self._key = key.encode("utf-8", "surrogatepass")

    def __repr__(self) -> str:
        return "Seal(…)"

    def close(self, text: str) -> str:
        """`text` sealed; the same text looks different each time."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """What was sealed. Raises `WrongKey`."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except (InvalidToken, ValueError):
            raise WrongKey(
                "sealed with another key: give every part the same [service] secret_key"
            ) from None

    def sign(self, use: str, about: Mapping[str, Any]) -> str:
        """A token for links that says `about` and is good for one `use` only."""
        body = json.dumps(about, separators=(",", ":"), sort_keys=True).encode()
        return f"{_encode(body)}.{_encode(self._mac(use, body))}"

    def verify(self, use: str, token: str) -> dict[str, Any] | None:
        """What a token says, or `None` for one that was not signed for this use."""
        body, _, mac = token.partition(".")
        try:
            said, given = _decode(body), _decode(mac)
        except (ValueError, binascii.Error):
            return None
        if not hmac.compare_digest(given, self._mac(use, said)):
            return None
        about: dict[str, Any] = json.loads(said)
        return about

    def _mac(self, use: str, body: bytes) -> bytes:
        return hmac.digest(_derive(self._key, f"link:{use}"), body, hashlib.sha256)

    @cached_property
    def _fernet(self) -> Fernet:
        from cryptography.fernet import Fernet

        return Fernet(base64.urlsafe_b64encode(_derive(self._key, "store")))


def _derive(key: bytes, use: str) -> bytes:
    """HKDF-SHA256 (RFC 5869) to 32 bytes, one block long."""
    seed = hmac.digest(b"alliance-watch", key, hashlib.sha256)
    return hmac.digest(seed, use.encode() + b"\x01", hashlib.sha256)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
