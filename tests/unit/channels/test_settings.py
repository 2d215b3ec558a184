"""Each fault a person can make in `[[channels]]`, and that it is named."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ConfigDict, TypeAdapter, ValidationError

from worker.channels import ChannelSettings
from worker.channels.email import EmailSettings, Relay, parse_relay
from worker.channels.slack import SlackSettings

SETTINGS: TypeAdapter[Any] = TypeAdapter(
    ChannelSettings, config=ConfigDict(hide_input_in_errors=True)
)
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"

WEBHOOK = {"name": "w", "type": "webhook", "url": "https://hooks.example/a", "secret": SECRET}
SLACK_HOOK = {"name": "s", "type": "slack", "url": "https://hooks.slack.example/services/T/B/x"}
SLACK_BOT = {"name": "s", "type": "slack", "token": "xoxb-1", "channel": "#deals"}
EMAIL = {
    "name": "e",
    "type": "email",
    "to": ["desk@example.org"],
    "from": "alerts@example.com",
    "smtp": "smtp://watch@relay.example:587",
    "smtp_password": "secret",
}
CONSOLE = {"name": "c", "type": "console"}


@pytest.mark.parametrize(
    "given",
    [
        WEBHOOK,
        WEBHOOK | {"secret": f"{SECRET} {SECRET}"},
        WEBHOOK | {"secret": SECRET + "AA"},
        WEBHOOK | {"url": "http://127.0.0.1:8080/x?y=z"},
        WEBHOOK | {"url": "http://[::1]:8080/"},
        SLACK_HOOK,
        SLACK_BOT,
        SLACK_BOT | {"channel": "C0123456789", "api_url": "http://127.0.0.1:1/api"},
        EMAIL,
        EMAIL | {"starttls": "required"},
        EMAIL | {"smtp": "smtps://relay.example", "smtp_password": None},
        EMAIL | {"to": "a@example.org, Bé <b@example.org>"},
        EMAIL | {"from": '"Watch, Alliance" <alerts@example.com>'},
        CONSOLE,
    ],
)
def test_what_fits(given: dict[str, Any]) -> None:
    assert SETTINGS.validate_python(given).name == given["name"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (CONSOLE | {"type": "fax"}, "fax"),
        ({"name": "c"}, "type"),
        (CONSOLE | {"name": ""}, "1 to 64"),
        (CONSOLE | {"name": "a b"}, "1 to 64"),
        (CONSOLE | {"url": "https://x.example"}, "not permitted"),
        (WEBHOOK | {"url": "ftp://hooks.example"}, "https:// or http://"),
        (WEBHOOK | {"url": "hooks.example"}, "https:// or http://"),
        (WEBHOOK | {"url": "https://"}, "no host"),
        (WEBHOOK | {"url": "https://a.example:port/"}, "cannot be read"),
        (WEBHOOK | {"url": "https://a.example/\r\nx"}, "blanks or control"),
        ({k: v for k, v in WEBHOOK.items() if k != "secret"}, "Field required"),
        (WEBHOOK | {"secret": ""}, "empty"),
        (WEBHOOK | {"secret": "hunter2"}, "must begin with whsec_"),
        (WEBHOOK | {"secret": "whsec_not base64"}, "16"),
        (WEBHOOK | {"secret": "whsec_ab_cd-ef"}, "must be base64"),
        (WEBHOOK | {"secret": SECRET + "A"}, "not complete base64"),
        (WEBHOOK | {"secret": "whsec_aGFsbG8="}, "5 bytes"),
        (WEBHOOK | {"secrets": []}, "not permitted"),
        ({"name": "s", "type": "slack"}, "either url"),
        (SLACK_BOT | {"channel": None}, "both token and channel"),
        (SLACK_HOOK | {"token": "xoxb-1", "channel": "#d"}, "keep either"),
        (SLACK_HOOK | {"channel": "#d"}, "keep either"),
        (SLACK_BOT | {"token": "xoxb\r\nX: y"}, "printable ASCII"),
        (SLACK_BOT | {"token": ""}, "is empty"),
        (SLACK_BOT | {"channel": "#a\nb"}, "channel's id or name"),
        (SLACK_BOT | {"api_url": "slack.com"}, "https:// or http://"),
        (EMAIL | {"to": []}, "at least 1 item"),
        (EMAIL | {"to": ["nobody"]}, "not an e-mail address"),
        (EMAIL | {"to": ["a@example.org\r\nBcc: b@example.org"]}, "line ends"),
        (EMAIL | {"to": ["a@example.org b@example.org"]}, "e-mail address"),
        (EMAIL | {"to": ["a@exa mple.org"]}, "e-mail address"),
        (EMAIL | {"to": ["é@example.org"]}, "not an e-mail address"),
        (EMAIL | {"from": "alerts"}, "not an e-mail address"),
        (EMAIL | {"from": "a\x00@example.org"}, "line ends"),
        (EMAIL | {"smtp": "https://relay.example"}, "smtp:// or smtps://"),
        (EMAIL | {"smtp": "relay.example:587"}, "smtp:// or smtps://"),
        (EMAIL | {"smtp": "smtp://"}, "no host"),
        (EMAIL | {"smtp": "smtp://relay.example:99999"}, "cannot be read"),
        (EMAIL | {"smtp": "smtp://u:p@relay.example"}, "smtp_password"),
        (EMAIL | {"smtp": "smtp://relay.example/x"}, "after host and port"),
        (EMAIL | {"smtp": "smtp://u%0d%0aX@relay.example"}, "control characters"),
        (EMAIL | {"smtp": "smtp://relay.example"}, "needs a user"),
        (EMAIL | {"starttls": "maybe"}, "required"),
        (EMAIL | {"from_": "a@example.org"}, "not permitted"),
    ],
)
def test_what_does_not_fit_says_why(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        SETTINGS.validate_python(given)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "given",
    [
        WEBHOOK | {"url": "ftp://a/planted-secret", "secret": "planted-secret"},
        SLACK_HOOK | {"url": "planted-secret", "token": "planted-secret\n"},
        EMAIL | {"smtp": "smtp://u:planted-secret@h", "to": ["x"]},
    ],
)
def test_an_error_never_quotes_a_secret(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        SETTINGS.validate_python(given)
    assert "planted-secret" not in str(refused.value)
    assert "planted-secret" not in repr(refused.value)


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://relay.example", Relay("relay.example", 587, None, False)),
        ("smtp://relay.example:25/", Relay("relay.example", 25, None, False)),
        ("smtps://relay.example", Relay("relay.example", 465, None, True)),
        ("smtp://a%40b.example@relay.example", Relay("relay.example", 587, "a@b.example", False)),
        ("smtp://a@b.example@relay.example", Relay("relay.example", 587, "a@b.example", False)),
        ("smtp://[::1]:2525", Relay("::1", 2525, None, False)),
    ],
)
def test_relays(url: str, relay: Relay) -> None:
    assert parse_relay(url) == relay


def test_the_keys_are_the_published_ones() -> None:
    keys = {field.alias or name for name, field in EmailSettings.model_fields.items()}
    assert keys == {
        *("name", "type", "to", "from", "smtp", "smtp_password", "starttls"),
        *("dkim_key", "dkim_selector", "dkim_domain"),
        *("limit", "limit_minutes"),
    }
    assert set(SlackSettings.model_fields) == {
        "name",
        "type",
        "url",
        "token",
        "channel",
        "signing_secret",
        "api_url",
        "limit",
        "limit_minutes",
    }


def test_importing_the_settings_is_light() -> None:
    heavy = "aiohttp aiosmtplib slack_sdk standardwebhooks jinja2"
    code = (
        "import sys, worker.channels;"
        f"print([name for name in {heavy.split()!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
