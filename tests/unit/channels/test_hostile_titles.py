"""Ten thousand titles that try to get out of their place, through every form that people read.

A few of them with every run; all of them by `make test-chaos`.
"""

from __future__ import annotations

import email
import email.policy
import io
import json
import os
import re
from email.header import decode_header, make_header
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings

from tests.support.factories import ALERT_URL, NOW, hostile_alert, make_notice
from tests.support.hostile import titles
from tests.support.slack import faults_of, links_of
from worker.channels.console import write, write_lines
from worker.channels.digest import digest_announcement
from worker.channels.email_message import compose, compose_announcement
from worker.channels.links import MailLinks
from worker.channels.slack_blocks import announcement
from worker.channels.slack_blocks import message as slack_message
from worker.channels.view import view_of
from worker.channels.webhook import alert_body
from worker.domain.delivery import Bulletin
from worker.domain.digest import Digest
from worker.seal import Seal

THOROUGH = os.environ.get("ALLIANCE_WATCH_TEST_PROFILE") == "thorough"
CASES = 10_000 if THOROUGH else 60

PUBLIC = "https://watch.example"
LINKS = MailLinks(PUBLIC, Seal("a key that is long enough"))
ADDRESS = "desk@example.org"
OURS = {
    "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted",
    "list-id", "list-unsubscribe", "list-unsubscribe-post", "mime-version", "content-type",
}  # fmt: skip


class _Hrefs(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.hrefs += [value or "" for name, value in attrs if name == "href"]
        assert not any(name.startswith("on") for name, _ in attrs)


def slack_is_sound(payload: dict[str, Any], allowed: set[str]) -> None:
    """Valid blocks; no mention, markup or link but ours. Goes over the wire as JSON."""
    payload = json.loads(json.dumps(payload, ensure_ascii=False))
    assert faults_of(payload) == []
    assert set(links_of(payload)) <= allowed
    json.dumps(payload, ensure_ascii=False).encode()


def mail_is_sound(raw: bytes, allowed: set[str]) -> None:
    """Our headers and recipient alone, however a mail program reads them; no link but ours."""
    for policy in (email.policy.default, email.policy.compat32):
        parsed = email.message_from_bytes(raw, policy=policy)
        assert {name.lower() for name in parsed} <= OURS
        assert len(parsed.keys()) == len(set(parsed.keys()))
        subject = str(make_header(decode_header(str(parsed["subject"]))))
        assert not re.search(r"[\r\n\x00-\x1f]", subject)
        assert "=?" not in subject
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert [each.addr_spec for each in message["to"].addresses] == [ADDRESS]
    assert raw.replace(b"\r\n", b"").isascii()
    assert b"\r" not in raw.replace(b"\r\n", b"")
    html = message.get_body(("html",))
    assert html is not None
    found = _Hrefs(html.get_content())
    assert set(found.hrefs) <= allowed
    assert not found.tags & {"script", "img", "link", "iframe", "object", "form", "base"}


@pytest.mark.timeout(3600)
@settings(max_examples=CASES, deadline=None)
@given(text=titles)
def test_hostile_titles_stay_what_they_are(text: str) -> None:
    alert = hostile_alert(text, url="https://wire.example/1")
    notice = make_notice(alert)
    view = view_of(notice)
    links = LINKS.about("mail", ADDRESS, alert.id)
    own = {"https://wire.example/1", notice.alert_url}

    slack_is_sound(slack_message(view, latest=view.headline, channel="desk"), own)
    mail_is_sound(
        compose(notice, sender="w@example.com", recipient=ADDRESS, links=links),
        {*own, links.unsubscribe, links.feedback},
    )
    json.loads(alert_body(alert, ALERT_URL))
    terminal = io.StringIO()
    write(terminal, view)

    digest = digest_announcement(Digest(NOW, (alert, alert)), PUBLIC)
    slack_is_sound(announcement(digest), set(digest.links))
    mail_is_sound(
        compose_announcement(
            Bulletin("msg_1", digest, NOW),
            sender="w@example.com",
            recipient=ADDRESS,
            unsubscribe=links.unsubscribe,
        ),
        {*digest.links, links.unsubscribe},
    )
    write_lines(terminal, digest)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", terminal.getvalue())
