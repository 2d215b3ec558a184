"""Slack: by an incoming webhook, or by a bot's token and `chat.postMessage` (which can thread)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, SecretStr, model_validator

from worker.channels.base import (
    Answer,
    BaseSettings,
    Channel,
    HttpUrl,
    Outbound,
    http_url,
    printable_secret,
    secrets_in,
)
from worker.channels.http import post_json
from worker.channels.slack_blocks import message
from worker.channels.text import clean_line
from worker.channels.verdict import SLACK_ERRORS_WORTH_A_RETRY, judge_answer
from worker.channels.view import view_of
from worker.domain.delivery import Notice, Outcome, Verdict


def _api_url(value: str) -> str:
    http_url(SecretStr(value))
    return value if value.endswith("/") else value + "/"


def _channel(value: str) -> str:
    if not value.strip() or clean_line(value, 100) != value:
        raise ValueError('must be a channel\'s id or name, such as "C0123456789" or "#deals"')
    return value


class SlackSettings(BaseSettings):
    """Either `url` (an incoming webhook) or `token` and `channel` (a bot)."""

    type: Literal["slack"]
    url: HttpUrl | None = None
    token: Annotated[SecretStr, AfterValidator(printable_secret)] | None = None
    channel: Annotated[str, AfterValidator(_channel)] | None = None
    api_url: Annotated[str, AfterValidator(_api_url)] = "https://slack.com/api/"

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.url and (self.token or self.channel):
            raise ValueError("has url and token or channel: keep either url, or token and channel")
        if not self.url and not (self.token and self.channel):
            raise ValueError(
                "needs either url (an incoming webhook) or both token and channel (a bot)"
            )
        return self


class SlackChannel(Channel):
    """Posts alerts to one Slack channel."""

    kind = "slack"

    def __init__(self, settings: SlackSettings, outbound: Outbound, *, timeout: float) -> None:
        token = settings.token.get_secret_value() if settings.token else ""
        self._is_bot = settings.url is None
        self._url = (
            settings.url.get_secret_value()
            if settings.url is not None
            else settings.api_url + "chat.postMessage"
        )
        super().__init__(settings.name, secrets=(token,) if self._is_bot else secrets_in(self._url))
        self._outbound = outbound
        self._timeout = timeout
        self._headers = {"authorization": f"Bearer {token}"} if self._is_bot else {}
        self._extra = {"channel": settings.channel} if self._is_bot else {}

    async def _send(self, notice: Notice) -> Verdict:
        payload = {**message(view_of(notice)), **self._extra}
        if self._is_bot and notice.thread:
            payload["thread_ts"] = notice.thread
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        answer = await post_json(
            self._outbound,
            self._url,
            body,
            headers={**self._headers, "content-type": "application/json; charset=utf-8"},
            timeout=self._timeout,
        )
        if isinstance(answer, Verdict):
            return answer
        verdict = judge_answer(
            self.kind, answer.status, answer.headers, answer.body, datetime.now(UTC)
        )
        if self._is_bot and verdict.outcome is Outcome.DELIVERED:
            return _judge_api_answer(answer, verdict)
        return verdict


def _judge_api_answer(answer: Answer, verdict: Verdict) -> Verdict:
    # The Web API says with status 200 and "ok": false that it did nothing.
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = None
    if not isinstance(said, Mapping) or not isinstance(said.get("ok"), bool):
        return _with(verdict, Outcome.RETRY, "the answer is not one of Slack's API")
    if said["ok"]:
        return Verdict(
            Outcome.DELIVERED,
            detail=verdict.detail,
            status_code=answer.status,
            receipt=clean_line(str(said.get("ts") or ""), 64),
        )
    error = clean_line(str(said.get("error") or "unknown"), 100)
    retry = error in SLACK_ERRORS_WORTH_A_RETRY
    return _with(verdict, Outcome.RETRY if retry else Outcome.PERMANENT, f"Slack says: {error}")


def _with(verdict: Verdict, outcome: Outcome, detail: str) -> Verdict:
    return Verdict(outcome, detail=detail, status_code=verdict.status_code, answer=verdict.answer)
