"""Slack: by an incoming webhook, or by a bot's token, with a thread a story.

A thread's first message tells how far its story has got: it is edited before each reply is
posted, so that a reply that is there is never ahead of it, and an attempt that breaks off in
between edits it again to the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

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
from worker.channels.slack_blocks import announcement, message
from worker.channels.text import clean_line
from worker.channels.verdict import SLACK_ERRORS_WORTH_A_RETRY, judge_answer
from worker.channels.view import View, view_of
from worker.domain.delivery import Bulletin, Notice, Outcome, Thread, Verdict

# The thread's first message is not there any more.
_NO_ROOT = frozenset({"message_not_found", "thread_not_found"})


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
    signing_secret: Annotated[SecretStr, AfterValidator(printable_secret)] | None = None
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
        self._hook = settings.url.get_secret_value() if settings.url is not None else ""
        signing = settings.signing_secret.get_secret_value() if settings.signing_secret else ""
        door = (token,) if self._is_bot else secrets_in(self._hook)
        super().__init__(settings.name, secrets=(*door, signing))
        self._api = settings.api_url
        self._channel = settings.channel
        self._asking = settings.name if settings.signing_secret is not None else ""
        self._outbound = outbound
        self._timeout = timeout
        self._headers = {"authorization": f"Bearer {token}"} if self._is_bot else {}

    async def _send(self, notice: Notice) -> Verdict:
        view = view_of(notice)
        if self._is_bot and notice.thread is not None:
            return await self._reply(notice, notice.thread, view)
        return await self._post(message(view, channel=self._asking))

    async def _reply(self, notice: Notice, thread: Thread, view: View) -> Verdict:
        """Bring the thread's first message up to date, then post below it."""
        channel, _, ts = thread.receipt.partition("/")
        first = view_of(replace(notice, alert=thread.root, alert_url=_beside(notice, thread)))
        status = first.labels.statuses[notice.alert.event.status.value]
        edited = message(first, latest=f"{status} · {view.headline}", channel=self._asking)
        edit = await self._call("chat.update", {**edited, "channel": channel, "ts": ts})
        if edit.outcome is Outcome.RETRY:
            return replace(edit, detail=f"editing the thread: {edit.detail}", receipt="")
        payload = message(view, channel=self._asking)
        if edit.outcome is not Outcome.DELIVERED and _says(edit, _NO_ROOT):
            return await self._post(payload)
        posted = await self._post({**payload, "thread_ts": ts})
        if posted.outcome is not Outcome.DELIVERED and _says(posted, _NO_ROOT):
            return await self._post(payload)
        return replace(posted, receipt="")

    async def _announce(self, bulletin: Bulletin) -> Verdict:
        payload = announcement(bulletin.said)
        if self._is_bot and bulletin.thread is not None:
            payload["thread_ts"] = bulletin.thread.receipt.partition("/")[2]
        verdict = await self._post(payload)
        return replace(verdict, receipt="")

    async def _post(self, payload: dict[str, Any]) -> Verdict:
        if self._is_bot:
            return await self._call("chat.postMessage", {**payload, "channel": self._channel})
        return await self._request(self._hook, payload)

    async def _call(self, method: str, payload: dict[str, Any]) -> Verdict:
        return await self._request(self._api + method, payload)

    async def _request(self, url: str, payload: dict[str, Any]) -> Verdict:
        answer = await post_json(
            self._outbound,
            url,
            json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode(),
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


def _beside(notice: Notice, thread: Thread) -> str:
    """The address of the thread's first alert: it lies beside that of the notice's."""
    return notice.alert_url.removesuffix(notice.alert.id) + thread.root.id


def _says(verdict: Verdict, errors: frozenset[str]) -> bool:
    return verdict.detail.rpartition(" ")[2] in errors


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
            receipt=_receipt(said),
        )
    error = clean_line(str(said.get("error") or "unknown"), 100)
    retry = error in SLACK_ERRORS_WORTH_A_RETRY
    return _with(verdict, Outcome.RETRY if retry else Outcome.PERMANENT, f"Slack says: {error}")


def _receipt(said: Mapping[str, Any]) -> str:
    """What a reply and an edit need to know of a message: where it is and its timestamp."""
    channel, ts = (clean_line(str(said.get(key) or ""), 64) for key in ("channel", "ts"))
    return f"{channel}/{ts}" if channel and ts else ""


def _with(verdict: Verdict, outcome: Outcome, detail: str) -> Verdict:
    return Verdict(outcome, detail=detail, status_code=verdict.status_code, answer=verdict.answer)
