"""What every channel is, and the little that channels share in being built and in failing."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, Protocol
from urllib.parse import urlsplit

import structlog
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from worker.domain.delivery import Bulletin, Notice, Outcome, Verdict

log = structlog.get_logger(__name__)


class Answer(Protocol):
    """What came back from an HTTP request."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...


class Outbound(Protocol):
    """The part of `worker.net.Outbound` that channels use: one guarded, capped request."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float,  # noqa: ASYNC109 - covers the whole exchange, which only the callee can do
        max_bytes: int,
        follow_redirects: bool = False,
        cut: bool = False,
    ) -> Answer: ...


class Unsendable(Exception):  # noqa: N818 - it says what the message is
    """A message that cannot be made or that no later attempt could deliver."""


class Channel(ABC):
    """One way to reach people or programs.

    `send` and `announce` give a verdict whatever happens and raise nothing but
    `asyncio.CancelledError`; they never take longer than about the timeout that the channel was
    built with.
    """

    kind: ClassVar[str]

    def __init__(self, name: str, *, secrets: Iterable[str] = ()) -> None:
        self.name = name
        self._secrets = tuple(sorted(filter(None, secrets), key=len, reverse=True))

    async def send(self, notice: Notice) -> Verdict:
        """Tries once to deliver an alert. The verdict holds no secret."""
        return await self._judged(self._send(notice))

    async def announce(self, bulletin: Bulletin) -> Verdict:
        """The same for a message that is no alert."""
        return await self._judged(self._announce(bulletin))

    async def _judged(self, sending: Awaitable[Verdict]) -> Verdict:
        try:
            return self._without_secrets(await sending)
        except Unsendable as error:
            return Verdict(Outcome.PERMANENT, detail=str(error))
        except Exception as error:
            # The text of an unforeseen error may quote an address or a password: log its type.
            log.error("channel_failed", channel=self.name, error=type(error).__name__)
            return Verdict(Outcome.RETRY, detail=f"unexpected {type(error).__name__}")

    def _without_secrets(self, verdict: Verdict) -> Verdict:
        # A receiver may answer with what it was sent: its own address, our token.
        detail, answer = verdict.detail, verdict.answer
        for secret in self._secrets:
            detail, answer = detail.replace(secret, "***"), answer.replace(secret, "***")
        return replace(verdict, detail=detail, answer=answer)

    async def aclose(self) -> None:  # noqa: B027 - most channels hold nothing
        """Gives back what the channel holds; further sends are undefined."""

    @abstractmethod
    async def _send(self, notice: Notice) -> Verdict: ...

    @abstractmethod
    async def _announce(self, bulletin: Bulletin) -> Verdict: ...


def _name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", value):
        raise ValueError("use 1 to 64 letters, digits, '-', '_' or '.', beginning with a letter")
    return value


class BaseSettings(BaseModel):
    """Keys that every channel has. Unknown keys are refused; what we say never quotes the input."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=False
    )

    name: Annotated[str, AfterValidator(_name), Field(description="what subscriptions refer to")]
    limit: Annotated[int, Field(ge=0, le=10_000)] = 0
    limit_minutes: Annotated[int, Field(ge=1, le=1440)] = 10


def http_url(value: SecretStr) -> SecretStr:
    """Validates an absolute http(s) address; `ValueError` says what is wrong, not the address."""
    url = value.get_secret_value()
    if re.search(r"[\s\x00-\x1f\x7f]", url):
        raise ValueError("an address holds no blanks or control characters")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("not an address: host or port cannot be read") from None
    if parts.scheme.lower() not in ("http", "https"):
        raise ValueError("must begin with https:// or http://")
    if not host:
        raise ValueError("has no host")
    return value


def secrets_in(url: str) -> tuple[str, ...]:
    """The parts of an address that open a door: all of it, and a path or query long enough."""
    parts = urlsplit(url)
    tail = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return (url, tail) if len(tail) >= 16 else (url,)


HttpUrl = Annotated[SecretStr, AfterValidator(http_url)]


def printable_secret(value: SecretStr) -> SecretStr:
    """Validates a secret that travels in a header or a command: printable ASCII, not empty."""
    secret = value.get_secret_value()
    if not secret:
        raise ValueError("is empty")
    if not re.fullmatch(r"[\x21-\x7e]+", secret):
        raise ValueError("must be printable ASCII without blanks")
    return value
