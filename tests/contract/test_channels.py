"""What holds for every channel, whatever it speaks."""

from __future__ import annotations

import asyncio
import io
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import ConfigDict, TypeAdapter, ValidationError

from tests.support.factories import hostile_alert, make_alert, make_notice, make_update
from tests.support.hostile import TITLES
from tests.support.mail import Mail, MailServer
from tests.support.receivers import FixedServer, Reply, WebhookReceiver
from tests.support.slack import TOKEN, FakeSlack
from worker.channels import Channel, ChannelSettings, build
from worker.domain.delivery import Outcome
from worker.net import Outbound

SECRET = "hunter2-and-more-of-it"
SETTINGS: TypeAdapter[Any] = TypeAdapter(
    ChannelSettings, config=ConfigDict(hide_input_in_errors=True)
)


class World(ABC):
    """A receiver of one kind, and what it saw."""

    kind: str
    secrets: tuple[str, ...] = ()

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The configuration that leads to the receiver."""

    @abstractmethod
    def identities(self) -> list[str]:
        """What each message that arrived calls itself."""

    @abstractmethod
    def contents(self) -> list[bytes]:
        """Each message that arrived, without what may differ from attempt to attempt."""

    @abstractmethod
    def faults(self) -> list[str]:
        """What the receiver found wrong with what it got."""

    @contextmanager
    def stalled(self) -> Iterator[dict[str, Any]]:
        """Settings that lead to somewhere which never answers."""
        with FixedServer(Reply(delay=30)) as server:
            yield {**self.settings(), "url": server.base_url + f"/{SECRET}/hook"}

    def dead(self) -> dict[str, Any]:
        """Settings that lead to where nobody listens."""
        return {**self.settings(), "url": f"http://127.0.0.1:9/{SECRET}/hook"}


class ConsoleWorld(World):
    kind = "console"

    class Stalled(io.StringIO):
        def write(self, text: str) -> int:
            time.sleep(1)
            return len(text)

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def settings(self) -> dict[str, Any]:
        return {"name": "terminal", "type": "console"}

    def _alerts(self) -> list[str]:
        return [text for text in self.stream.getvalue().split("\n\n") if text]

    def identities(self) -> list[str]:
        return [text.splitlines()[-1] for text in self._alerts()]

    def contents(self) -> list[bytes]:
        return [text.encode() for text in self._alerts()]

    def faults(self) -> list[str]:
        text = self.stream.getvalue()
        for blank in "\n\u00a0\u202f":
            text = text.replace(blank, " ")
        return [f"{char!r} on the terminal" for char in text if not char.isprintable()]

    @contextmanager
    def stalled(self) -> Iterator[dict[str, Any]]:
        self.stream = self.Stalled()
        yield self.settings()

    def dead(self) -> dict[str, Any]:
        self.stream.close()
        return self.settings()


class WebhookWorld(World):
    kind = "webhook"

    def __init__(self, receiver: WebhookReceiver) -> None:
        self.receiver = receiver
        self.secrets = (receiver.secret,)

    def settings(self) -> dict[str, Any]:
        receiver = self.receiver
        return {
            "name": "desk",
            "type": "webhook",
            "url": receiver.url,
            "secret": receiver.secret,
        }

    def identities(self) -> list[str]:
        return self.receiver.ids

    def contents(self) -> list[bytes]:
        return [message.body for message in self.receiver.received]

    def faults(self) -> list[str]:
        return self.receiver.faults


class SlackHookWorld(World):
    kind = "slack"

    def __init__(self, slack: FakeSlack) -> None:
        self.slack = slack
        self.secrets = (slack.webhook_url, slack.webhook_url.rpartition("/")[2])

    def settings(self) -> dict[str, Any]:
        return {"name": "desk", "type": "slack", "url": self.slack.webhook_url}

    def identities(self) -> list[str]:
        return [post["text"] for post in self.slack.posts]

    def contents(self) -> list[bytes]:
        return [request.body for request in self.slack.requests]

    def faults(self) -> list[str]:
        return self.slack.faults


class SlackBotWorld(SlackHookWorld):
    def __init__(self, slack: FakeSlack) -> None:
        super().__init__(slack)
        self.secrets = (TOKEN,)

    def settings(self) -> dict[str, Any]:
        return {
            "name": "desk",
            "type": "slack",
            "token": TOKEN,
            "channel": "#deals",
            "api_url": self.slack.api_url,
        }

    @contextmanager
    def stalled(self) -> Iterator[dict[str, Any]]:
        with FixedServer(Reply(delay=30)) as server:
            yield {**self.settings(), "api_url": server.base_url}

    def dead(self) -> dict[str, Any]:
        return {**self.settings(), "api_url": "http://127.0.0.1:9/"}


class EmailWorld(World):
    kind = "email"
    secrets = (SECRET,)

    def __init__(self, server: MailServer) -> None:
        self.server = server

    def settings(self) -> dict[str, Any]:
        return {
            "name": "mail",
            "type": "email",
            "to": ["desk@example.org", "Markets <markets@example.org>"],
            "from": "Alliance Watch <alerts@example.com>",
            "smtp": self.server.url("watch"),
            "smtp_password": SECRET,
            "starttls": "required",
        }

    def identities(self) -> list[str]:
        return [str(mail.message["Message-ID"]) for mail in self._to_one()]

    def contents(self) -> list[bytes]:
        return [mail.raw for mail in self._to_one()]

    def _to_one(self) -> list[Mail]:
        """Each recipient has a message of their own."""
        return [mail for mail in self.server.mails if mail.recipients == ("desk@example.org",)]

    def faults(self) -> list[str]:
        return [str(defect) for mail in self.server.mails for defect in mail.message.defects]

    @contextmanager
    def stalled(self) -> Iterator[dict[str, Any]]:
        with FixedServer() as server:  # waits for an HTTP request and never greets
            yield {**self.settings(), "smtp": f"smtp://watch@127.0.0.1:{server.port}"}

    def dead(self) -> dict[str, Any]:
        return {**self.settings(), "smtp": "smtp://watch@127.0.0.1:9"}


@pytest.fixture(params=["console", "webhook", "slack-hook", "slack-bot", "email"])
def world(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    match request.param:
        case "console":
            yield ConsoleWorld()
        case "webhook":
            with WebhookReceiver(path=f"/{SECRET}/hook") as receiver:
                yield WebhookWorld(receiver)
        case "slack-hook":
            with FakeSlack() as slack:
                yield SlackHookWorld(slack)
        case "slack-bot":
            with FakeSlack() as slack:
                yield SlackBotWorld(slack)
        case _:
            with MailServer(tmp_path, login=("watch", SECRET)) as server:
                monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
                yield EmailWorld(server)


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    async with Outbound(allow=["127.0.0.0/8"]) as way_out:
        yield way_out


def channel_of(
    world: World, outbound: Outbound, settings: dict[str, Any] | None = None, timeout: float = 10
) -> Channel:
    stream = world.stream if isinstance(world, ConsoleWorld) else None
    validated = SETTINGS.validate_python(settings or world.settings())
    return build(validated, outbound, timeout=timeout, console_stream=stream)


async def test_delivers_one_well_formed_message(world: World, outbound: Outbound) -> None:
    channel = channel_of(world, outbound)
    verdict = await channel.send(make_notice())
    await channel.aclose()
    assert (verdict.outcome, world.faults()) == (Outcome.DELIVERED, [])
    assert len(world.identities()) == 1
    assert (channel.name, channel.kind) == (world.settings()["name"], world.kind)


async def test_repeats_are_the_same_message_byte_for_byte(world: World, outbound: Outbound) -> None:
    channel = channel_of(world, outbound)
    for _ in range(2):
        await channel.send(make_notice(make_update()))
    await channel.aclose()
    assert len(world.contents()) == 2
    assert len(set(world.contents())) == len(set(world.identities())) == 1


async def test_speaks_the_language_of_the_alert(world: World, outbound: Outbound) -> None:
    channel = channel_of(world, outbound)
    for language in ("en", "fr"):
        await channel.send(make_notice(make_alert(language=language)))
    await channel.aclose()
    english, french = world.contents()
    assert english != french
    if world.kind != "webhook":  # whose readers are programs
        assert b"Shareholder" in english
        assert b"Actionnaire" in french


async def test_nobody_there_is_a_verdict_to_retry(world: World, outbound: Outbound) -> None:
    channel = channel_of(world, outbound, world.dead())
    verdict = await channel.send(make_notice())
    assert verdict.outcome is Outcome.RETRY
    assert verdict.detail
    assert SECRET not in repr(verdict)
    await channel.aclose()


async def test_no_answer_is_given_up_at_the_timeout(world: World, outbound: Outbound) -> None:
    with world.stalled() as settings:
        channel = channel_of(world, outbound, settings, timeout=0.3)
        started = time.monotonic()
        verdict = await channel.send(make_notice())
        assert time.monotonic() - started < 5
        assert verdict.outcome is Outcome.RETRY
        assert SECRET not in repr(verdict)
        await channel.aclose()


async def test_cancelling_is_not_swallowed(world: World, outbound: Outbound) -> None:
    with world.stalled() as settings:
        channel = channel_of(world, outbound, settings)
        sending = asyncio.create_task(channel.send(make_notice()))
        await asyncio.sleep(0.1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await channel.aclose()


async def test_hostile_text_makes_valid_messages(world: World, outbound: Outbound) -> None:
    channel = channel_of(world, outbound)
    for number, title in enumerate(TITLES):
        language = "fr" if number % 2 else "en"
        notice = make_notice(hostile_alert(title, language=language))
        verdict = await channel.send(notice)
        assert verdict.outcome is Outcome.DELIVERED, (title[:80], verdict, world.faults())
    await channel.aclose()
    assert world.faults() == []
    if world.kind != "console":
        assert len(world.contents()) == len(TITLES)


async def test_sending_side_by_side_mixes_nothing(world: World, outbound: Outbound) -> None:
    channel = channel_of(world, outbound)
    alerts = [make_alert(headline=f"Headline {n:02}") for n in range(12)]
    verdicts = await asyncio.gather(*(channel.send(make_notice(alert)) for alert in alerts))
    await channel.aclose()
    assert {verdict.outcome for verdict in verdicts} == {Outcome.DELIVERED}
    for n in range(12):
        assert sum(f"Headline {n:02}".encode() in message for message in world.contents()) == 1


def test_settings_and_their_errors_hold_no_secret(world: World) -> None:
    given = world.settings()
    shown = repr(SETTINGS.validate_python(given))
    with pytest.raises(ValidationError) as refused:
        SETTINGS.validate_python({**given, "colour": "red", "name": ""})
    for secret in world.secrets:
        assert secret not in shown
        assert secret not in str(refused.value)
    assert {error["loc"][-1] for error in refused.value.errors()} >= {"colour", "name"}


def test_every_kind_needs_a_name(world: World) -> None:
    given = world.settings()
    del given["name"]
    with pytest.raises(ValidationError, match="name"):
        SETTINGS.validate_python(given)
