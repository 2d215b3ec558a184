"""Mail over real SMTP: encryption, log-in, refusals of every sort."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import dkim
import pytest

from tests.support.dkim import DkimKey
from tests.support.factories import NOW, make_alert, make_notice, make_update
from tests.support.hostile import TITLES
from tests.support.mail import MailServer
from worker.channels import Channel
from worker.channels.email import EmailChannel, EmailSettings
from worker.channels.links import MailLinks
from worker.domain.delivery import Announcement, Bulletin, Outcome
from worker.seal import Seal

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


SAID = Announcement("ops.note", NOW, "A note", ("One line",))


def channel_to(
    server: MailServer, *, user: str | None = None, links: MailLinks | None = None, **keys: Any
) -> Channel:
    given = {
        "name": "mail",
        "type": "email",
        "to": TO,
        "from": "Alliance Watch <alerts@example.com>",
        "smtp": server.url(user),
        **keys,
    }
    return EmailChannel(EmailSettings.model_validate(given), timeout=10, links=links)


async def test_a_message_to_each_over_starttls_after_logging_in(serve: Serve) -> None:
    server = serve(login=("watch@example.com", "s3cret"))
    channel = channel_to(
        server, user="watch%40example.com", smtp_password="s3cret", starttls="required"
    )
    alert = make_update(language="fr")
    verdict = await channel.send(make_notice(alert))
    assert (verdict.outcome, verdict.status_code) == (Outcome.DELIVERED, 250)
    mail, _ = server.mails
    assert [(mail.sender, mail.recipients) for mail in server.mails] == [
        ("alerts@example.com", (to,)) for to in TO
    ]
    assert verdict.reached == tuple(TO)
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
    assert (verdict.reached, verdict.refused) == ((TO[1],), {TO[0]: "550 5.1.1 no such user"})
    assert [mail.recipients for mail in server.mails] == [(TO[1],)]


async def test_a_busy_mailbox_is_tried_again_alone(serve: Serve) -> None:
    server = serve(refuse={TO[0]: "450 4.2.0 greylisted"})
    channel = channel_to(server)
    verdict = await channel.send(make_notice())
    assert (verdict.outcome, verdict.reached, verdict.refused) == (Outcome.RETRY, (TO[1],), {})
    server.refuse.clear()
    again = replace(make_notice(), reached=verdict.reached)
    assert (await channel.send(again)).outcome is Outcome.DELIVERED
    assert [mail.recipients for mail in server.mails] == [(TO[1],), (TO[0],)]


async def test_who_wants_nothing_gets_nothing(serve: Serve) -> None:
    server = serve()
    channel = channel_to(server)
    one = replace(make_notice(), unwanted=frozenset({TO[0]}))
    assert (await channel.send(one)).reached == (TO[1],)
    nobody = await channel.send(replace(one, unwanted=frozenset(TO)))
    assert (nobody.outcome, nobody.reached) == (Outcome.PERMANENT, ())
    had = await channel.send(replace(one, reached=(TO[1],)))
    assert had.outcome is Outcome.DELIVERED
    assert len(server.mails) == 1


async def test_a_refused_message_says_nothing_about_its_recipients(serve: Serve) -> None:
    server = serve(refuse={"DATA": "554 5.7.1 spam"})
    verdict = await channel_to(server).send(make_notice())
    assert (verdict.outcome, verdict.refused) == (Outcome.PERMANENT, {})


async def test_messages_are_signed_with_the_key_of_the_configuration(serve: Serve) -> None:
    server, key = serve(), DkimKey()
    links = MailLinks("https://watch.example", Seal("a key that is long enough"))
    channel = channel_to(server, links=links, dkim_key=key.private, dkim_selector="watch")
    assert (await channel.send(make_notice())).outcome is Outcome.DELIVERED
    assert (await channel.announce(Bulletin("msg_1", SAID, NOW))).outcome is Outcome.DELIVERED
    for mail in server.mails:
        assert dkim.verify(mail.raw, dnsfunc=key.look_up)
    assert key.asked == {"watch._domainkey.example.com."}
    signed = str(server.mails[0].message["DKIM-Signature"]).replace(" ", "").lower()
    for name in ("list-unsubscribe", "list-unsubscribe-post", "subject", "references", "to"):
        assert f":{name}:" in signed


async def test_a_relay_that_dies_after_taking_the_message_took_it(serve: Serve) -> None:
    server = serve(tls="none", silent_quit=True)
    verdict = await channel_to(server).send(make_notice())
    assert verdict.outcome is Outcome.DELIVERED
    assert len(server.mails) == 2


async def test_hostile_text_adds_no_recipient_and_no_header(serve: Serve) -> None:
    server = serve()
    channel = channel_to(server)
    for title in TITLES:
        verdict = await channel.send(make_notice(make_alert(title=title, headline=title)))
        assert verdict.outcome is Outcome.DELIVERED
    assert {mail.recipients for mail in server.mails} == {(to,) for to in TO}
    assert len({tuple(mail.message.keys()) for mail in server.mails}) == 1
    assert all("Bcc" not in mail.message for mail in server.mails)


async def test_several_at_once(serve: Serve) -> None:
    server = serve()
    channel = channel_to(server)
    notices = [make_notice(make_alert(id=f"alert_{n}")) for n in range(8)]
    verdicts = await asyncio.gather(*map(channel.send, notices))
    assert {verdict.outcome for verdict in verdicts} == {Outcome.DELIVERED}
    assert len({mail.message["Message-ID"] for mail in server.mails}) == 16
