"""One article with three events reaches a webhook, Slack and a mailbox: each event once in each."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import NewsServer
from tests.support import news as samples
from tests.support.mail import MailServer
from tests.support.receivers import WebhookReceiver
from tests.support.service import running
from tests.support.slack import TOKEN, FakeSlack

pytestmark = pytest.mark.timeout(120)

CONFIG = """
[service]
data_dir = "var"
[network]
allow = ["127.0.0.0/8"]
[delivery]
sweep_interval = "1s"

[[feeds]]
url = "{feed}/wire.rss"
name = "Wire"
interval = "1s"

[[channels]]
name = "program"
type = "webhook"
url = "{hook}"
secret = "env:HOOK_SECRET"
[[channels]]
name = "desk"
type = "slack"
url = "{slack}"
[[channels]]
name = "bot"
type = "slack"
token = "env:SLACK_TOKEN"
channel = "#deals"
api_url = "{slack_api}"
[[channels]]
name = "mail"
type = "email"
to = ["desk@example.org"]
from = "watch@example.org"
smtp = "{smtp}"
starttls = "required"

[[subscriptions]]
channel = "program"
[[subscriptions]]
channel = "desk"
[[subscriptions]]
channel = "bot"
[[subscriptions]]
channel = "mail"
"""


def _by_rule(receiver: WebhookReceiver) -> dict[str, dict[str, Any]]:
    return {message.json["data"]["rule"]: message.json["data"] for message in receiver.received}


def test_the_seed_article_arrives_once_everywhere(tmp_path: Path, news: NewsServer) -> None:
    seed = samples.seed()
    if seed is None:
        pytest.skip(samples.ABSENT)
    news.language = "fr"
    news.items = [
        {
            "guid": "seed",
            "title": seed["title"],
            "text": seed["text"],
            "date": "Thu, 26 Jan 2023 10:00:00 GMT",
        }
    ]
    with (
        WebhookReceiver() as hook,
        FakeSlack() as slack,
        MailServer(tmp_path) as mail,
        running(
            tmp_path / "service",
            CONFIG.format(
                feed=news.base_url,
                hook=hook.url,
                slack=slack.webhook_url,
                slack_api=slack.api_url,
                smtp=mail.url(),
            ),
            environment={
                "HOOK_SECRET": hook.secret,
                "SLACK_TOKEN": TOKEN,
                "SSL_CERT_FILE": str(mail.ca_file),
            },
        ) as service,
    ):
        hook.wait_for(3, timeout=60)
        slack.wait_for(6, timeout=30)
        mails = mail.wait_for(3, timeout=30)
        polls = len(news.statuses)
        assert news.wait_until(lambda: len(news.statuses) >= polls + 3), "polling went on"
        time.sleep(1)

        assert hook.faults == []
        assert len(hook.received) == 3
        assert slack.faults == []
        assert len(slack.posts) == 6
        assert len(mail.mails) == 3
        assert set(news.statuses[1:]) == {304}, "an unchanged feed is asked for conditionally"

        alerts = _by_rule(hook)
        equity = alerts["equity-change"]
        assert (equity["status"], equity["direction"]) == ("negotiating", "decrease")
        assert (equity["roles"]["holder"], equity["roles"]["target"]) == ("Renault", "Nissan")
        assert (equity["from_pct"], equity["to_pct"]) == (43, None)
        assert equity["expected_date"] == "2023-02-01"
        assert equity["attribution"] == "des sources à Reuters"
        unit = alerts["ev-unit-investment"]
        assert (unit["status"], unit["roles"]["investor"]) == ("negotiating", "Nissan")
        assert unit["roles"]["owner"] == "Renault"
        sharing = alerts["ip-sharing"]
        assert sharing["status"] == "negotiating"
        assert sorted(sharing["parties"]) == ["Nissan", "Renault"]
        for data in alerts.values():
            assert data["evidence"]
            for passage in data["evidence"]:
                whole = seed[passage["field"]]
                assert whole[passage["start"] : passage["end"]] == passage["text"]

        for received in mails:
            assert received.encrypted
            assert received.recipients == ("desk@example.org",)
            assert {"plain", "html"} <= {
                part.get_content_subtype() for part in received.message.walk()
            }
        assert len({received.message["Message-ID"] for received in mails}) == 3
        for secret in (hook.secret, TOKEN, "abcdefghijklmnopqrstuvwx"):
            assert secret not in service.output
