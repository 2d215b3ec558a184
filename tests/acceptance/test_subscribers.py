"""A running service: a subscriber who serves themselves, threads in Slack and mail, no leaks."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import standardwebhooks
import svix.webhooks

from tests.support.dkim import DkimKey
from tests.support.mail import MailServer
from tests.support.receivers import Reply, WebhookReceiver
from tests.support.service import Service, running, wait_until
from tests.support.slack import TOKEN, FakeSlack, texts_of

pytestmark = pytest.mark.timeout(150)

CONFIG = """
[service]
data_dir = "var"
[network]
allow = ["127.0.0.0/8"]
[delivery]
sweep_interval = "1s"
retry_waits = ["200ms", "400ms"]

[[channels]]
name = "bot"
type = "slack"
token = "env:SLACK_TOKEN"
channel = "#deals"
signing_secret = "env:SLACK_SIGNING"
api_url = "{slack_api}"
[[channels]]
name = "mail"
type = "email"
to = ["desk@example.org", "b@example.org"]
from = "watch@example.org"
smtp = "{smtp}"
starttls = "required"
smtp_password = "env:SMTP_PASSWORD"
dkim_key = "file:dkim.pem"
dkim_selector = "watch"

[[subscriptions]]
channel = "bot"
[[subscriptions]]
channel = "mail"
"""
SIGNING = "planted-signing-secret-8f742231b10e"
PASSWORD = "planted-smtp-password-77aa"
PATH = "/hooks/planted-capability-Zk8TrQp2Wx"

TALKS = (
    "Nissan in talks to cut Mitsubishi Motors stake",
    "YOKOHAMA, March 2 - Nissan is in talks to cut its stake in Mitsubishi Motors to 24% from 34%,"
    " two people close to the matter said on Monday.",
)
AGREED = (
    "Nissan agrees to cut Mitsubishi Motors stake",
    "YOKOHAMA, March 9 - Nissan has agreed to cut its stake in Mitsubishi Motors to 15% from 34%,"
    " the two companies said in a joint statement on Monday.",
)


class Api:
    """The service's API, with a token of the command line."""

    def __init__(self, service: Service) -> None:
        made = subprocess.run(
            [sys.executable, "-m", "worker.cli", "token", "create", "--role", "admin"],
            cwd=service.folder,
            env={"ALLIANCE_WATCH_CONFIG": str(service.folder / "watch.toml"), **ENVIRONMENT},
            capture_output=True,
            text=True,
            check=True,
        )
        self.token = made.stdout.strip()
        self._client = httpx.Client(
            base_url=service.url, headers={"authorization": f"Bearer {self.token}"}, timeout=20
        )

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._client.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def push(self, guid: str, item: tuple[str, str]) -> None:
        now = datetime.now(UTC).isoformat()
        body = {"id": guid, "title": item[0], "text": item[1], "lang": "en", "published": now}
        self("POST", "/items", body)


ENVIRONMENT: dict[str, str] = {}


def test_everything_a_reader_can_do(tmp_path: Path) -> None:
    key = DkimKey()
    folder = tmp_path / "service"
    folder.mkdir()
    (folder / "dkim.pem").write_text(key.private)
    with (
        WebhookReceiver(path=PATH) as hook,
        FakeSlack() as slack,
        MailServer(tmp_path, login=("watch", PASSWORD)) as mail,
    ):
        ENVIRONMENT.update(
            SLACK_TOKEN=TOKEN,
            SLACK_SIGNING=SIGNING,
            SMTP_PASSWORD=PASSWORD,
            SSL_CERT_FILE=str(mail.ca_file),
        )
        config = CONFIG.format(slack_api=slack.api_url, smtp=mail.url("watch"))
        with running(folder, config, environment=ENVIRONMENT) as service:
            service.wait_for_line("sign-in|sign in", timeout=60)
            api = Api(service)
            secrets = _subscriber(api, hook)
            _threads(api, hook, slack, mail, key)
            _readers(service, api, slack, mail)
            planted = (*secrets, TOKEN, SIGNING, PASSWORD, PATH, api.token, key.private[40:80])
            _nothing_leaked(service, api, planted)


def _subscriber(api: Api, hook: WebhookReceiver) -> tuple[str, ...]:
    """Subscribes, proves the endpoint through failures, rotates; the secrets that were shown."""
    hook.replies += [Reply(500, "planted in an answer"), Reply(503, "", {"Retry-After": "1"})]
    made = api("POST", "/subscriptions", {"url": hook.url, "name": "Program"})
    hook.secret = made["secret"]
    path = f"/subscriptions/{made['id']}"
    assert wait_until(lambda: api("GET", path)["state"] == "active", 30), api("GET", path)
    rotated = api("POST", f"{path}/rotate-secret", {"overlap_seconds": 600})
    return made["secret"], rotated["secret"]


def _threads(
    api: Api, hook: WebhookReceiver, slack: FakeSlack, mail: MailServer, key: DkimKey
) -> None:
    api.push("talks", TALKS)
    slack.wait_for(1, timeout=60)
    mail.wait_for(2, timeout=30)
    assert hook.wait_until(lambda: _kinds(hook).count("alert.created") >= 1, 30)
    hook.replies.append(Reply(500))  # the first attempt at the update fails
    api.push("agreed", AGREED)
    slack.wait_for(2, timeout=30)
    mails = mail.wait_for(4, timeout=30)
    assert hook.wait_until(lambda: _kinds(hook).count("alert.updated") >= 2, 30)
    assert not hook.replies

    # One thread a story, whose first message tells how far it has got.
    root, reply = slack.posts
    assert "thread_ts" not in root
    assert reply["thread_ts"] == slack.updates[-1]["ts"]
    assert any(text.startswith("As of now: agreed") for text in texts_of(slack.updates[-1]))
    assert slack.faults == []

    # One chain a story, a message for each reader, signed, with one click to end them.
    assert {received.recipients for received in mails} == {
        ("desk@example.org",),
        ("b@example.org",),
    }
    assert len({received.message["References"] for received in mails}) == 1
    assert len({received.message["Message-ID"] for received in mails}) == 4
    import dkim

    for received in mails:
        assert received.encrypted
        assert dkim.verify(received.raw, dnsfunc=key.look_up)

    # Both secrets verify, the bytes of a message are the same on every attempt, in order.
    bodies: dict[str, set[bytes]] = {}
    for message in hook.received:
        bodies.setdefault(message.message_id, set()).add(message.body)
        standardwebhooks.Webhook(hook.secret).verify(message.body, dict(message.headers))
        svix.webhooks.Webhook(hook.secret).verify(message.body, dict(message.headers))
    assert all(len(each) == 1 for each in bodies.values())
    assert _kinds(hook) == ["alert.created", "alert.updated", "alert.updated"]
    assert hook.faults == []


def _kinds(hook: WebhookReceiver) -> list[str]:
    kinds = [message.json["type"] for message in hook.received]
    return [kind for kind in kinds if kind.startswith("alert")]


def _readers(service: Service, api: Api, slack: FakeSlack, mail: MailServer) -> None:
    unsubscribe = str(mail.mails[0].message["List-Unsubscribe"]).strip("<>")
    first = mail.mails[0].recipients[0]
    for _ in range(2):
        assert httpx.post(unsubscribe, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert [each["address"] for each in api("GET", "/unwanted")["items"]] == [first]
    links = re.findall(r"http://[^\s\"<>]+/feedback/[^\s\"<>]+", mail.mails[1].part("plain"))
    assert httpx.post(links[0], data={"opinion": "right"}).status_code == 200

    buttons = slack.posts[0]["blocks"][-1]["elements"]
    wrong = next(each for each in buttons if each["action_id"] == "aw_wrong_alert")
    payload = {
        "type": "block_actions",
        "user": {"id": "U1", "username": "amy"},
        "actions": [{"action_id": wrong["action_id"], "value": wrong["value"]}],
    }
    body, stamp = urlencode({"payload": json.dumps(payload)}), str(int(time.time()))
    mac = hmac.new(SIGNING.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    pressed = httpx.post(
        f"{service.url}/slack/interactions",
        content=body,
        headers={
            "content-type": "application/x-www-form-urlencoded",
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": f"v0={mac}",
        },
    )
    assert pressed.status_code == 200
    said = {(each["reader"], each["opinion"]) for each in api("GET", "/feedback")["items"]}
    assert ("slack:U1", "wrong") in said
    assert len(said) == 2
    noted = slack.wait_for(3, timeout=30)[2]
    assert noted["thread_ts"] == slack.posts[1]["thread_ts"]


def _nothing_leaked(service: Service, api: Api, planted: tuple[str, ...]) -> None:
    """No secret in a log, an answer of the API, the database or the queue."""
    shown = [service.output]
    for path in ("/deliveries?limit=200", "/subscriptions", "/feedback", "/unwanted", "/queues"):
        shown.append(json.dumps(api("GET", path)))
    for line in api("GET", "/deliveries?limit=200")["items"]:
        shown.append(json.dumps(api("GET", f"/deliveries/{line['id']}")))
    with sqlite3.connect(service.folder / "var" / "alliance-watch.db") as database:
        shown.append("\n".join(database.iterdump()))
    for secret in planted:
        for text in shown:
            assert secret not in text, f"{secret[:12]}… was found"
    assert "planted in an answer" in "".join(shown), "attempts were recorded"
    # Everything that the service keeps on disk: the database with its log, and the queue's.
    kept = [file for file in (service.folder / "var").rglob("*") if file.is_file()]
    assert any("appendonly" in file.name for file in kept), kept
    for file in kept:
        content = file.read_bytes()
        for secret in planted:
            assert secret.encode() not in content, f"{secret[:12]}… is in {file.name}"
