"""Alerts by e-mail over an operator's own relay: settings, SMTP, and the verdict on its replies."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from worker.channels.base import BaseSettings, Channel
from worker.channels.text import clean_line
from worker.channels.verdict import smtp_outcome
from worker.domain.delivery import Notice, Outcome, Verdict

if TYPE_CHECKING:
    import aiosmtplib

_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_PARTIAL_REFUSAL_PATIENCE = timedelta(hours=1)


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


_Address = Annotated[str, AfterValidator(_address)]


class EmailSettings(BaseSettings):
    """Recipients of one message each alert, and the relay that takes it."""

    type: Literal["email"]
    to: Annotated[list[_Address], BeforeValidator(_list), Field(min_length=1)]
    from_: Annotated[_Address, Field(alias="from")]
    smtp: Annotated[str, AfterValidator(_relay)]
    smtp_password: SecretStr | None = None
    starttls: Literal["offered", "required"] = "offered"

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.smtp_password is not None and parse_relay(self.smtp).user is None:
            raise ValueError("smtp_password needs a user: write smtp = smtp://user@host")
        return self


class EmailChannel(Channel):
    """Hands one message each alert to the relay, on a connection of its own."""

    kind = "email"

    def __init__(self, settings: EmailSettings, *, timeout: float) -> None:
        password = settings.smtp_password
        super().__init__(settings.name, secrets=[password.get_secret_value()] if password else [])
        self._settings = settings
        self._relay = parse_relay(settings.smtp)
        self._sender = bare_address(settings.from_)
        self._recipients = list(dict.fromkeys(bare_address(to) for to in settings.to))
        self._timeout = timeout
        self._tls: ssl.SSLContext | None = None

    async def _send(self, notice: Notice) -> Verdict:
        from worker.channels.email_message import compose  # brings the template engine with it

        raw = compose(notice, sender=self._settings.from_, recipients=self._settings.to)
        client = await self._client()
        try:
            async with asyncio.timeout(self._timeout):
                await client.connect()
                verdict = await self._offer(client, raw, notice)
        except Exception as error:
            return _no_answer(error)
        else:
            # Outside of the deadline: the verdict stands, whatever becomes of the connection.
            await _say_goodbye(client)
            return verdict
        finally:
            client.close()

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

    async def _offer(self, client: aiosmtplib.SMTP, raw: bytes, notice: Notice) -> Verdict:
        import aiosmtplib

        try:
            await client.mail(
                self._sender, options=[f"size={len(raw)}"] if _has_size(client) else []
            )
        except aiosmtplib.SMTPResponseException as error:
            return _refused("the mail relay refused the sender", error)
        refusals: dict[str, aiosmtplib.SMTPRecipientRefused] = {}
        for recipient in self._recipients:
            try:
                await client.rcpt(recipient)
            except aiosmtplib.SMTPRecipientRefused as error:
                refusals[recipient] = error
        if verdict := self._if_not_to_be_sent(refusals, notice):
            return verdict
        try:
            response = await client.data(raw)
        except aiosmtplib.SMTPResponseException as error:
            return _refused("the mail relay refused the message", error)
        detail = _list_refusals(refusals) if refusals else ""
        return _verdict(Outcome.DELIVERED, detail, response.code, response.message)

    def _if_not_to_be_sent(
        self, refusals: Mapping[str, aiosmtplib.SMTPRecipientRefused], notice: Notice
    ) -> Verdict | None:
        """The verdict when the message should not go out to those who were accepted.

        A mailbox that is busy for now holds the message back for an hour, because sending it
        to the others and trying again would give them the same mail twice. After that the
        others get it, and the record names who did not.
        """
        if not refusals:
            return None
        busy = [error for error in refusals.values() if smtp_outcome(error.code) is Outcome.RETRY]
        young = notice.attempted_at - notice.alert.created < _PARTIAL_REFUSAL_PATIENCE
        all_refused = len(refusals) == len(self._recipients)
        if not all_refused and not (busy and young):
            return None
        shown = busy[0] if busy else next(iter(refusals.values()))
        outcome = Outcome.RETRY if busy else Outcome.PERMANENT
        return _verdict(outcome, _list_refusals(refusals), shown.code, shown.message)

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
        return _verdict(Outcome.RETRY, "the mail relay refused us", error.code, error.message)
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


def _has_size(client: aiosmtplib.SMTP) -> bool:
    return client.supports_extension("size")


def _refused(what: str, error: aiosmtplib.SMTPResponseException) -> Verdict:
    return _verdict(smtp_outcome(error.code), what, error.code, error.message)


def _list_refusals(refusals: Mapping[str, aiosmtplib.SMTPRecipientRefused]) -> str:
    named = ", ".join(f"{address} ({error.code})" for address, error in refusals.items())
    return clean_line(f"refused recipients: {named}", 500)


def _verdict(outcome: Outcome, detail: str, code: int, reply: str) -> Verdict:
    return Verdict(
        outcome, detail=detail, status_code=code, answer=clean_line(f"{code} {reply}", 2000)
    )
