"""Mail over real SMTP: encryption, log-in, refusals of every sort."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.factories import make_alert, make_notice, make_update
from tests.support.hostile import TITLES
from tests.support.mail import MailServer
from worker.channels import Channel
from worker.channels.email import EmailChannel, EmailSettings
from worker.domain.delivery import Notice, Outcome

TO = ["desk@example.org", "markets@example.org"]
Serve = Callable[..., MailServer]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Starts relays whose authority the process trusts (the last one started)."""
    with ExitStack() as stack:

        def start(**options: Any) -> MailServer:
            server = stack.enter_context(MailServer(tmp_path, **options))
            monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
            return server

        yield start


def channel_to(server: MailServer, *, user: str | None = None, **keys: Any) -> Channel:
    given = {
        "name": "mail",
        "type": "email",
        "to": TO,
        "from": "Alliance Watch <alerts@example.com>",
        "smtp": server.url(user),
        **keys,
    }
    return EmailChannel(EmailSettings.model_validate(given), timeout=10)


def young(notice_age: timedelta) -> Notice:
    alert = make_alert()
    return make_notice(alert, attempted_at=alert.created + notice_age)


async def test_one_message_to_all_over_starttls_after_logging_in(serve: Serve) -> None:
    server = serve(login=("watch@example.com", "s3cret"))
    channel = channel_to(
        server, user="watch%40example.com", smtp_password="s3cret", starttls="required"
    )
    alert = make_update(language="fr")
    verdict = await channel.send(make_notice(alert))
    assert (verdict.outcome, verdict.status_code) == (Outcome.DELIVERED, 250)
    (mail,) = server.mails
    assert (mail.sender, mail.recipients) == ("alerts@example.com", tuple(TO))
    assert (mail.encrypted, mail.user) == (True, "watch@example.com")
    assert mail.message["Subject"] == alert.headline
    assert alert.event.evidence[0].text in mail.part("plain")
    assert alert.event.evidence[0].text in mail.part("html")


@pytest.mark.parametrize(
    ("tls", "starttls", "encrypted"),
    [("starttls", "offered", True), ("none", "offered", False), ("tls", "offered", True)],
)
async def test_encrypts_when_offered(
    serve: Serve, tls: str, starttls: str, encrypted: bool
) -> None:
    server = serve(tls=tls)
    verdict = await channel_to(server, starttls=starttls).send(make_notice())
    assert verdict.outcome is Outcome.DELIVERED
    assert server.mails[0].encrypted is encrypted


async def test_required_encryption_that_is_not_offered_sends_nothing(serve: Serve) -> None:
    server = serve(tls="none")
    verdict = await channel_to(server, starttls="required").send(make_notice())
    assert verdict.outcome is Outcome.RETRY
    assert "STARTTLS" in verdict.detail
    assert server.mails == []


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_an_authority_that_nobody_trusts_sends_nothing(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tls: str
) -> None:
    server = serve(tls=tls)
    monkeypatch.delenv("SSL_CERT_FILE")
    verdict = await channel_to(server).send(make_notice())
    assert verdict.outcome is Outcome.RETRY
    assert "trusted" in verdict.detail
    assert server.mails == []


async def test_a_certificate_of_another_name_sends_nothing(serve: Serve) -> None:
    server = serve(trusted_name="elsewhere.example")
    verdict = await channel_to(server).send(make_notice())
    assert verdict.outcome is Outcome.RETRY
    assert server.mails == []


async def test_a_wrong_password_is_about_us_and_not_the_message(serve: Serve) -> None:
    server = serve(login=("watch", "right-password"))
    verdict = await channel_to(server, user="watch", smtp_password="wrong-password").send(
        make_notice()
    )
    assert (verdict.outcome, verdict.status_code) == (Outcome.RETRY, 535)
    assert "wrong-password" not in repr(verdict)


@pytest.mark.parametrize(
    ("refused", "outcome", "code"),
    [
        ({"alerts@example.com": "451 4.7.1 later"}, Outcome.RETRY, 451),
        ({"alerts@example.com": "553 5.1.8 no such sender"}, Outcome.PERMANENT, 553),
        ({"DATA": "452 4.3.1 disk full"}, Outcome.RETRY, 452),
        ({"DATA": "554 5.7.1 spam"}, Outcome.PERMANENT, 554),
        (dict.fromkeys(TO, "550 5.1.1 no such user"), Outcome.PERMANENT, 550),
        (dict.fromkeys(TO, "450 4.2.0 greylisted"), Outcome.RETRY, 450),
        ({TO[0]: "550 5.1.1 no such user", TO[1]: "450 4.2.0 busy"}, Outcome.RETRY, 450),
        ({"alerts@example.com": "421 4.3.2 closing"}, Outcome.RETRY, 421),
    ],
)
async def test_refusals(serve: Serve, refused: dict[str, str], outcome: Outcome, code: int) -> None:
    server = serve(refuse=refused)
    verdict = await channel_to(server).send(make_notice())
    assert (verdict.outcome, verdict.status_code) == (outcome, code)
    assert verdict.detail
    assert server.mails == []


async def test_an_unknown_recipient_does_not_cost_the_others_their_mail(serve: Serve) -> None:
    server = serve(refuse={TO[0]: "550 5.1.1 no such user"})
    verdict = await channel_to(server).send(make_notice())
    assert verdict.outcome is Outcome.DELIVERED
    assert f"{TO[0]} (550)" in verdict.detail
    assert server.mails[0].recipients == (TO[1],)


async def test_a_busy_mailbox_holds_the_message_back_but_not_for_ever(serve: Serve) -> None:
    server = serve(refuse={TO[0]: "450 4.2.0 greylisted"})
    channel = channel_to(server)
    verdict = await channel.send(young(timedelta(minutes=5)))
    assert verdict.outcome is Outcome.RETRY
    assert server.mails == []
    server.refuse.clear()
    assert (await channel.send(young(timedelta(minutes=6)))).outcome is Outcome.DELIVERED
    assert server.mails[0].recipients == tuple(TO)
    server.refuse[TO[0]] = "450 4.2.0 still busy"
    verdict = await channel.send(young(timedelta(hours=2)))
    assert verdict.outcome is Outcome.DELIVERED
    assert f"{TO[0]} (450)" in verdict.detail
    assert server.mails[1].recipients == (TO[1],)


async def test_a_relay_that_dies_after_taking_the_message_took_it(serve: Serve) -> None:
    server = serve(tls="none", silent_quit=True)
    verdict = await channel_to(server).send(make_notice())
    assert verdict.outcome is Outcome.DELIVERED
    assert len(server.mails) == 1


async def test_hostile_text_adds_no_recipient_and_no_header(serve: Serve) -> None:
    server = serve()
    channel = channel_to(server)
    for title in TITLES:
        verdict = await channel.send(make_notice(make_alert(title=title, headline=title)))
        assert verdict.outcome is Outcome.DELIVERED
    assert {mail.recipients for mail in server.mails} == {tuple(TO)}
    assert len({tuple(mail.message.keys()) for mail in server.mails}) == 1
    assert all("Bcc" not in mail.message for mail in server.mails)


async def test_several_at_once(serve: Serve) -> None:
    server = serve()
    channel = channel_to(server)
    notices = [make_notice(make_alert(id=f"alert_{n}")) for n in range(8)]
    verdicts = await asyncio.gather(*map(channel.send, notices))
    assert {verdict.outcome for verdict in verdicts} == {Outcome.DELIVERED}
    assert len({mail.message["Message-ID"] for mail in server.mails}) == 8
