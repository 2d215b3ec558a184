"""A mail relay on loopback: STARTTLS or TLS with a certificate of a private authority, log-in."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.receivers import ServerThread


@dataclass(frozen=True, slots=True)
class Mail:
    """One accepted message with its envelope; `encrypted` and `user` are of the connection."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    encrypted: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    def part(self, kind: str) -> str:
        """The decoded text of the `plain` or `html` part."""
        body = self.message.get_body((kind,))
        assert body is not None, f"no {kind} part"
        return cast(str, body.get_content())


class MailServer(ServerThread):
    """Accepts mail into `mails`.

    `tls`: "starttls" offers it, "none" does not, "tls" speaks TLS from the start. With `login`
    (user and password) nothing is accepted before it. `refuse` maps an address (of a recipient
    or the sender), or `"DATA"`, to a reply such as "550 5.1.1 no such user".
    With `silent_quit` the connection breaks instead of a goodbye.
    """

    def __init__(
        self,
        folder: Path,
        *,
        tls: str = "starttls",
        login: tuple[str, str] | None = None,
        refuse: dict[str, str] | None = None,
        trusted_name: str = "localhost",
        silent_quit: bool = False,
    ) -> None:
        super().__init__()
        self.mails: list[Mail] = []
        self.refuse = refuse or {}
        self.silent_quit = silent_quit
        self._tls = tls
        self._login = login
        authority = trustme.CA()
        self.ca_file = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(trusted_name).configure_cert(self._context)
        self._server: asyncio.Server | None = None

    def url(self, user: str | None = None) -> str:
        """The `smtp` key of a channel's settings."""
        scheme = "smtps" if self._tls == "tls" else "smtp"
        return f"{scheme}://{user + '@' if user else ''}localhost:{self.port}"

    def wait_for(self, count: int, timeout: float = 20) -> list[Mail]:
        """Waits for `count` messages; raises `AssertionError` when they do not come."""
        arrived = self.wait_until(lambda: len(self.mails) >= count, timeout)
        assert arrived, f"{len(self.mails)} of {count} messages came"
        return list(self.mails)

    async def _open(self) -> int:
        self._server = await asyncio.get_running_loop().create_server(
            self._protocol,
            "127.0.0.1",
            0,
            ssl=self._context if self._tls == "tls" else None,
        )
        return int(self._server.sockets[0].getsockname()[1])

    def _protocol(self) -> SMTP:
        return SMTP(
            _Handler(self),
            hostname="relay.example",
            tls_context=self._context if self._tls == "starttls" else None,
            authenticator=self._authenticate if self._login else None,
            auth_required=self._login is not None,
            auth_require_tls=self._tls == "starttls",
            loop=asyncio.get_running_loop(),
        )

    def _authenticate(self, _server: SMTP, session: Session, *rest: Any) -> AuthResult:
        _envelope, _mechanism, data = rest
        assert isinstance(data, LoginPassword)
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self._login, handled=False, auth_data=given[0])

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()


class _Handler:
    """aiosmtpd calls these by name."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_MAIL(  # noqa: N802
        self, _smtp: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self._server.refuse.get(address):
            return reply
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _smtp: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self._server.refuse.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_QUIT(  # noqa: N802
        self, smtp: SMTP, _session: Session, _envelope: Envelope
    ) -> str:
        if self._server.silent_quit and isinstance(smtp.transport, asyncio.WriteTransport):
            smtp.transport.abort()
        return "221 Bye"

    async def handle_DATA(  # noqa: N802
        self, _smtp: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if reply := self._server.refuse.get("DATA"):
            return reply
        self._server.mails.append(
            Mail(
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                raw=cast(bytes, envelope.content),
                encrypted=session.ssl is not None or self._server._tls == "tls",
                user=session.auth_data,
            )
        )
        self._server.notify()
        return "250 2.0.0 taken"
