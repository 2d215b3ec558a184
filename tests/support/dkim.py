"""A key that signs mail, and the DNS that publishes it."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


class DkimKey:
    """`private` goes into a channel's settings; `look_up` answers as DNS would, for any name."""

    def __init__(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ).decode()
        self._public = base64.b64encode(
            key.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
        self.asked: set[str] = set()

    def look_up(self, name: bytes, timeout: int = 5) -> bytes:
        """The TXT record of a name."""
        self.asked.add(name.decode())
        return b"v=DKIM1; k=rsa; p=" + self._public
