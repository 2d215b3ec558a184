"""Alerts by e-mail over an operator's own relay: settings, and a connection each attempt."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Callable
from email.utils import parseaddr
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from worker.channels.base import BaseSettings, Channel
from worker.channels.email_round import MailRound, answered
from worker.channels.links import MailLinks
from worker.channels.text import clean_line
from worker.domain.delivery import Bulletin, Notice, Outcome, Verdict

if TYPE_CHECKING:
    import aiosmtplib

_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)


class Relay(NamedTuple):
    """Where mail is handed in. `tls` is encryption from the first byte."""

    host: str
    port: int
    user: str | None
    tls: bool


def parse_relay(url: str) -> Relay:
    """Reads `smtp://user@host:587` (port 587 unless given) or `smtps://…` (465).

    Raises `ValueError` saying what is wrong, never quoting the address.
    """
    if re.search(r"[\s\x00-\x1f\x7f]", url):
        raise ValueError("an address holds no blanks or control characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("not an address: host or port cannot be read") from None
    if parts.scheme not in ("smtp", "smtps"):
        raise ValueError("must begin with smtp:// or smtps://")
    if not host:
        raise ValueError("has no host")
    if parts.password is not None:
        raise ValueError("holds a password: put it in smtp_password")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("ends after host and port")
    tls = parts.scheme == "smtps"
    user = unquote(parts.username) if parts.username else None
    if user is not None and not user.isprintable():
        raise ValueError("the user holds control characters")
    return Relay(host, port or (465 if tls else 587), user, tls)


def bare_address(address: str) -> str:
    """The `a@b` of `a@b` or `Name <a@b>`; raises `ValueError` when it is no e-mail address."""
    if re.search(r"[\x00-\x1f\x7f\u2028\u2029]", address):
        raise ValueError("an e-mail address holds no line ends or control characters")
    _, bare = parseaddr(address)
    if len(bare) > 254 or not _ADDRESS.fullmatch(bare) or len(bare.partition("@")[0]) > 64:
        raise ValueError('is not an e-mail address ("a@example.org" or "Name <a@example.org>")')
    if "<" not in address and address.strip() != bare:
        raise ValueError("must be one e-mail address, without anything around it")
    return bare


def _address(value: str) -> str:
    bare_address(value)
    return value.strip()


def _list(value: Any) -> Any:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _relay(value: str) -> str:
    parse_relay(value)
    return value


def _dkim_key(value: SecretStr) -> SecretStr:
    from dkim.crypto import UnparsableKeyError, parse_pem_private_key

    try:
        parse_pem_private_key(value.get_secret_value().strip().encode())
    except (UnparsableKeyError, ValueError, IndexError, KeyError):
        raise ValueError("must be an RSA private key in PEM") from None
    return value


def _domain(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?", value):
        raise ValueError("must be written like a domain: letters, digits, dots, hyphens")
    return value.lower()


_Address = Annotated[str, AfterValidator(_address)]


class EmailSettings(BaseSettings):
    """Recipients of a message each for every alert, and the relay that takes them."""

    type: Literal["email"]
    to: Annotated[list[_Address], BeforeValidator(_list), Field(min_length=1)]
    from_: Annotated[_Address, Field(alias="from")]
    smtp: Annotated[str, AfterValidator(_relay)]
    smtp_password: SecretStr | None = None
    starttls: Literal["offered", "required"] = "offered"
    dkim_key: Annotated[SecretStr, AfterValidator(_dkim_key)] | None = None
    dkim_selector: Annotated[str, AfterValidator(_domain)] | None = None
    dkim_domain: Annotated[str, AfterValidator(_domain)] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.dkim_key is None) != (self.dkim_selector is None):
            raise ValueError("DKIM needs both dkim_key and dkim_selector")
        if self.smtp_password is not None and parse_relay(self.smtp).user is None:
            raise ValueError("smtp_password needs a user: write smtp = smtp://user@host")
        return self


class EmailChannel(Channel):
    """Hands a message of their own to the relay for each recipient, on one connection.

    `links` makes the addresses at which a reader can unsubscribe and say what an alert is worth.
    """

    kind = "email"

    def __init__(
        self, settings: EmailSettings, *, timeout: float, links: MailLinks | None = None
    ) -> None:
        hidden = [each for each in (settings.smtp_password, settings.dkim_key) if each is not None]
        super().__init__(settings.name, secrets=[each.get_secret_value() for each in hidden])
        self._settings = settings
        self._relay = parse_relay(settings.smtp)
        self._sender = bare_address(settings.from_)
        self._recipients = {bare_address(to): to for to in settings.to}
        self._links = links
        self._timeout = timeout
        self._tls: ssl.SSLContext | None = None

    async def _send(self, notice: Notice) -> Verdict:
        from worker.channels.email_message import compose  # brings the template engine with it

        links = self._links

        def write(address: str) -> bytes:
            return compose(
                notice,
                sender=self._settings.from_,
                recipient=self._recipients[address],
                links=links.about(self.name, address, notice.alert.id) if links else None,
            )

        return await self._to_each(write, notice.reached, notice.unwanted)

    async def _announce(self, bulletin: Bulletin) -> Verdict:
        from worker.channels.email_message import compose_announcement

        def write(address: str) -> bytes:
            return compose_announcement(
                bulletin,
                sender=self._settings.from_,
                recipient=self._recipients[address],
                unsubscribe=links.unsubscribe(self.name, address) if links else "",
            )

        links = self._links
        return await self._to_each(write, bulletin.reached, bulletin.unwanted)

    async def _to_each(
        self, write: Callable[[str], bytes], reached: tuple[str, ...], unwanted: frozenset[str]
    ) -> Verdict:
        left = [
            address
            for address in self._recipients
            if address not in reached and address not in unwanted
        ]
        if not left:
            return _nobody_left(reached)
        client = await self._client()
        round_ = MailRound(self._sender, left)
        try:
            async with asyncio.timeout(self._timeout):
                await client.connect()
                for address in left:
                    await round_.offer(client, address, self._signed(write(address)))
        except Exception as error:
            return round_.verdict(_no_answer(error), reached)
        else:
            # Outside of the deadline: the verdict stands, whatever becomes of the connection.
            await _say_goodbye(client)
            return round_.verdict(None, reached)
        finally:
            client.close()

    def _signed(self, raw: bytes) -> bytes:
        key, selector = self._settings.dkim_key, self._settings.dkim_selector
        if key is None or selector is None:
            return raw
        from worker.channels.email_message import sign

        domain = self._settings.dkim_domain or self._sender.rpartition("@")[2].lower()
        return sign(raw, selector=selector, domain=domain, key=key.get_secret_value())

    async def _client(self) -> aiosmtplib.SMTP:
        import aiosmtplib

        password = self._settings.smtp_password
        if self._tls is None:
            # Reading the trust store takes tens of milliseconds, and only mail needs it.
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        return aiosmtplib.SMTP(
            hostname=self._relay.host,
            port=self._relay.port,
            username=self._relay.user if password is not None else None,
            password=password.get_secret_value() if password is not None else None,
            local_hostname=_own_name(),
            timeout=self._timeout,
            use_tls=self._relay.tls,
            start_tls=self._starttls(),
            tls_context=self._tls,
        )

    def _starttls(self) -> bool | None:
        if self._relay.tls:
            return False
        return True if self._settings.starttls == "required" else None


def _no_answer(error: Exception) -> Verdict:
    """The verdict when no message could be offered, or its fate is not known."""
    import aiosmtplib

    if isinstance(error, aiosmtplib.SMTPResponseException):
        # Said before any message was offered: about the relay or our account on it, which a
        # person can mend. It says nothing about the message.
        return answered(Outcome.RETRY, "the mail relay refused us", error.code, error.message)
    for cause in (error, error.__cause__):
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "verify_message", "") or cause.reason or "TLS failed"
            detail = f"no trusted connection to the mail relay: {clean_line(reason, 200)}"
            return Verdict(Outcome.RETRY, detail=detail)
    if isinstance(error, TimeoutError):
        return Verdict(Outcome.RETRY, detail="the mail relay did not answer in time")
    if isinstance(error, (aiosmtplib.SMTPException, OSError)):
        reason = clean_line(str(error), 200) or type(error).__name__
        return Verdict(Outcome.RETRY, detail=f"mail relay: {reason}")
    raise error


def _nobody_left(reached: tuple[str, ...]) -> Verdict:
    if reached:
        return Verdict(Outcome.DELIVERED, detail="every recipient who wants it has it")
    return Verdict(Outcome.PERMANENT, detail="every recipient has unsubscribed or was refused")


async def _say_goodbye(client: aiosmtplib.SMTP) -> None:
    import aiosmtplib

    # The message is accepted: a connection that breaks now changes nothing.
    try:
        await client.quit(timeout=2)
    except (aiosmtplib.SMTPException, OSError):
        return


def _own_name() -> str:
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9.-]{1,255}", name) else "localhost"
