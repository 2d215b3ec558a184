from __future__ import annotations

import email
import email.policy
import re
from datetime import timedelta
from email.message import EmailMessage
from html.parser import HTMLParser

import dkim
import pytest

from tests.support.dkim import DkimKey
from tests.support.factories import NOW, hostile_alert, make_alert, make_notice, make_update
from tests.support.hostile import any_hostile_text
from worker.channels.email_message import (
    compose,
    compose_announcement,
    header_text,
    sign,
)
from worker.channels.links import MailLinks
from worker.channels.view import view_of
from worker.domain.alert import Alert
from worker.domain.delivery import Announcement, Bulletin
from worker.seal import Seal

SENDER = "Alliance Watch <alerts@example.com>"
RECIPIENT = "Bénédicte <b@example.org>"
SEAL = Seal("a key that is long enough")
LINKS = MailLinks("https://watch.example/", SEAL)
HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "In-Reply-To",
    "References",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
    "Content-Type",
]


@pytest.fixture(scope="module")
def dkim_key() -> DkimKey:
    return DkimKey()


def raw_of(alert: Alert) -> bytes:
    links = LINKS.about("mail", "b@example.org", alert.id)
    return compose(make_notice(alert), sender=SENDER, recipient=RECIPIENT, links=links)


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    assert body["Content-Transfer-Encoding"] == "quoted-printable"
    content = body.get_content()
    assert isinstance(content, str)
    return content


class Links(HTMLParser):
    """Collects what a mail program would fetch, run or link to."""

    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.hrefs += [value or "" for name, value in attrs if name == "href"]


def links_of(html: str) -> Links:
    found = Links()
    found.feed(html)
    return found


def test_headers_of_a_first_alert() -> None:
    alert = make_alert()
    message = parsed(raw_of(alert))
    assert message.keys() == HEADERS
    assert message["From"] == "Alliance Watch <alerts@example.com>"
    (to,) = message["To"].addresses
    assert (to.addr_spec, to.display_name) == ("b@example.org", "Bénédicte")
    assert message["Subject"] == alert.headline
    assert message["Date"].datetime == NOW
    assert message["Message-ID"].startswith(f"<{make_notice(alert).message_id}.")
    assert message["Message-ID"].endswith("@example.com>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "<alliance-watch.example.com>"


def test_alerts_of_a_story_share_a_thread() -> None:
    first, second = parsed(raw_of(make_alert())), parsed(raw_of(make_update()))
    assert first["References"] == second["References"] == second["In-Reply-To"]
    assert first["References"] == f"<{make_alert().story_id}@example.com>"
    assert first["Message-ID"] != second["Message-ID"]


def test_every_attempt_makes_the_same_bytes() -> None:
    notices = [make_notice(attempted_at=NOW + timedelta(hours=n)) for n in (0, 30)]
    first, second = (compose(n, sender=SENDER, recipient=RECIPIENT) for n in notices)
    assert first == second


@pytest.mark.parametrize("language", ["en", "fr"])
def test_both_parts_say_the_same(language: str) -> None:
    alert = make_update(language=language)
    message = parsed(raw_of(alert))
    assert message.get_content_type() == "multipart/alternative"
    text, html = part(message, "plain"), part(message, "html")
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition("<body")[2]))
    expected = {
        "en": ["What changed", "Shareholder", "24% → 15%", "6 April 2026", "Open the alert"],
        "fr": ["Ce qui change", "Actionnaire", "24\u202f% → 15\u202f%", "6 avril 2026"],
    }[language]
    quote = alert.event.evidence[0].text
    for words in (*expected, alert.headline, quote, "Example Wire"):
        assert words in text
        assert words.replace("\u202f", " ") in shown
    assert f'<html lang="{language}">' in html
    link = f"http://127.0.0.1:8765/alerts/{alert.id}"
    assert link in text
    ours = LINKS.about("mail", "b@example.org", alert.id)
    hrefs = ["https://wire.example/items/1?a=1&b=2", link, ours.feedback, ours.unsubscribe]
    assert links_of(html).hrefs == hrefs
    assert all(href in text for href in hrefs)


def test_one_click_unsubscribes_this_reader_from_this_channel() -> None:
    message = parsed(raw_of(make_alert()))
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = str(message["List-Unsubscribe"]).strip("<>")
    base, _, token = address.rpartition("/")
    assert base == "https://watch.example/unsubscribe"
    assert SEAL.verify("unsubscribe", token) == {"channel": "mail", "address": "b@example.org"}
    assert SEAL.verify("feedback", token) is None


def test_recipients_have_messages_of_their_own() -> None:
    notice = make_notice(make_alert())
    ids = {
        str(parsed(compose(notice, sender=SENDER, recipient=to))["Message-ID"])
        for to in ("a@example.org", "b@example.org", "B <b@example.org>")
    }
    assert len(ids) == 2


def test_a_signature_covers_every_header_and_the_body(dkim_key: DkimKey) -> None:
    raw = sign(raw_of(make_alert()), selector="s1", domain="example.com", key=dkim_key.private)

    def verifies(message: bytes) -> bool:
        return bool(dkim.verify(message, dnsfunc=dkim_key.look_up))

    assert verifies(raw)
    assert dkim_key.asked == {"s1._domainkey.example.com."}
    assert not verifies(raw.replace(b"One-Click", b"Two-Click"))
    assert not verifies(raw.replace(b"Mitsubishi", b"Toyota", 1))
    assert not verifies(raw.replace(b"\r\nTo: ", b"\r\nSubject: other\r\nTo: "))


def test_what_is_no_alert_is_a_mail_as_well() -> None:
    said = Announcement(
        "ops.note", NOW, "A\r\nBcc: v@evil.example =?utf-8?q?x?=", ("evil.example",)
    )
    raw = compose_announcement(Bulletin("msg_9", said, NOW), sender=SENDER, recipient=RECIPIENT)
    message = parsed(raw)
    assert "Bcc" not in message
    assert "List-Unsubscribe" not in message
    assert "evil.example" not in part(message, "html")
    assert "evil.example" not in part(message, "plain")


def test_a_digest_links_each_of_its_alerts_and_can_be_ended() -> None:
    links = ("https://watch.example/alerts/1", "https://watch.example/alerts/2")
    said = Announcement("alert.digest", NOW, "2 alerts", ("One <b>", "Two"), links=links)
    unsubscribe = LINKS.unsubscribe("mail", "b@example.org")
    raw = compose_announcement(
        Bulletin("msg_9", said, NOW), sender=SENDER, recipient=RECIPIENT, unsubscribe=unsubscribe
    )
    message = parsed(raw)
    assert message["List-Unsubscribe"] == f"<{unsubscribe}>"
    assert links_of(part(message, "html")).hrefs == [*links, unsubscribe]
    assert "<b>" not in part(message, "html")
    for link in (*links, unsubscribe):
        assert link in part(message, "plain")


def test_looks_right_in_dark_and_narrow_clients_and_fetches_nothing() -> None:
    html = part(parsed(raw_of(make_alert())), "html")
    assert "prefers-color-scheme: dark" in html
    assert "max-width: 480px" in html
    assert 'name="color-scheme" content="light dark"' in html
    found = links_of(html)
    assert not found.tags & {"script", "img", "link", "iframe", "object", "form", "base"}
    assert "url(" not in html


def test_no_link_leads_anywhere_but_to_http() -> None:
    message = parsed(raw_of(make_alert(url="javascript:alert(1)")))
    assert "javascript" not in part(message, "html")
    assert "javascript" not in part(message, "plain")


def test_a_mail_program_finds_no_address_in_what_a_feed_says() -> None:
    title = "see https://evil.example www.evil.example or write to a@evil.example"
    message = parsed(raw_of(make_alert(title=title, text=title, source=title, headline=title)))
    for kind in ("plain", "html"):
        shown = part(message, kind)
        assert "see https" in shown
        assert not re.search(r"https://evil|www\.evil|[\w]@evil|evil\.example", shown)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Renault\r\nBcc: victim@evil.example", "Renault Bcc: victim@evil.example"),
        ("=?utf-8?q?Renault=0D=0ABcc:_v@evil.example?= talks", "talks"),
        ("=?utf-8?q?=?utf-8?q?x?=?=", "= ?utf-8?q? ? ="),
        ("a =? b", "a = ? b"),
        ("\x00\x1b[2J", "-"),
        ("", "-"),
        ("Être à 43 %", "Être à 43 %"),
    ],
)
def test_header_text(text: str, safe: str) -> None:
    assert header_text(text, 150) == safe


@any_hostile_text
def test_hostile_text_never_gets_out_of_its_place(text: str) -> None:
    alert = hostile_alert(text)
    raw = raw_of(alert)
    for policy in (email.policy.default, email.policy.compat32):
        message = email.message_from_bytes(raw, policy=policy)
        assert message.keys() == HEADERS
        assert [p.get_content_type() for p in message.walk()] == [
            "multipart/alternative",
            "text/plain",
            "text/html",
        ]
    message = parsed(raw)
    assert [d for p in message.walk() for d in p.defects] == []
    assert [d for name in HEADERS for d in message[name].defects] == []
    assert [to.addr_spec for to in message["To"].addresses] == ["b@example.org"]
    subject = str(message["Subject"])
    assert subject == header_text(view_of(make_notice(alert)).headline, 150)
    assert "=?" not in subject
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert raw.isascii()
    found = links_of(part(message, "html"))
    assert not found.tags & {"script", "img", "link", "iframe", "object", "form", "base"}
    assert not {name for name in found.attributes if name.startswith("on")}
    assert all(href.startswith(("http://", "https://")) for href in found.hrefs)
    ours = LINKS.about("mail", "b@example.org", alert.id)
    assert found.hrefs[-2:] == [ours.feedback, ours.unsubscribe]
    assert found.hrefs[-3].startswith("http://127.0.0.1:8765/alerts/")
    assert len(found.hrefs) <= 4
