"""A Slack that takes webhooks, `chat.postMessage` and `chat.update`, and refuses what it refuses.

`faults_of(payload)` is the check alone: blocks load in `slack_sdk`'s models, every documented
limit holds, and nothing in the message is a mention, markup or a link that is not a link element.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from aiohttp import web
from slack_sdk.models.blocks import Block, RichTextBlock
from slack_sdk.models.blocks.block_elements import RichTextElement

from tests.support.receivers import HttpServer, Received, Reply

TOKEN = "xoxb-1234567890-test"
CHANNEL_ID = "C0000001"
MAX_BLOCKS = 50
MAX_CHARACTERS = 13_000
MAX_RICH_TEXT = 3000


def faults_of(payload: dict[str, Any]) -> list[str]:
    """What Slack, or a reader of the channel, would object to in a message; empty when nothing."""
    blocks = payload.get("blocks")
    if not isinstance(blocks, list) or not blocks:
        return ["no blocks"]
    faults = [] if len(blocks) <= MAX_BLOCKS else [f"{len(blocks)} blocks"]
    if not payload.get("text"):
        faults.append("no text for notifications")
    for block in blocks:
        faults += _load(block)
    faults += [fault for node in _nodes(blocks) for fault in _node_faults(node)]
    faults += _markup(payload.get("text", ""), "text")
    size = sum(_units(text) for text in texts_of(payload))
    if size > MAX_CHARACTERS:
        faults.append(f"{size} characters in all")
    if payload.get("unfurl_links") is not False or payload.get("unfurl_media") is not False:
        faults.append("unfurling is not off")
    return faults


def texts_of(payload: dict[str, Any]) -> list[str]:
    """Every text in the blocks, in reading order."""
    return [node["text"] for node in _nodes(payload["blocks"]) if isinstance(node.get("text"), str)]


def links_of(payload: dict[str, Any]) -> list[str]:
    """The addresses that the message links to."""
    return [node["url"] for node in _nodes(payload["blocks"]) if node.get("type") == "link"]


def _load(block: dict[str, Any]) -> list[str]:
    try:
        loaded = Block.parse(block)
        if loaded is None:
            return [f"unknown block {block.get('type')}"]
        loaded.validate_json()
        if isinstance(loaded, RichTextBlock):
            for element in loaded.elements:
                if not isinstance(element, RichTextElement):
                    return [f"unknown element in {block}"]
                element.validate_json()
        if loaded.to_dict() != block:
            return [f"{block.get('type')} changes when it is loaded"]
    except Exception as error:
        return [f"{block.get('type')}: {type(error).__name__}: {error}"]
    return []


def _node_faults(node: dict[str, Any]) -> Iterator[str]:
    kind, text = node.get("type"), node.get("text")
    if kind == "header" and isinstance(text, dict) and _units(text["text"]) > 150:
        yield "header too long"
    if kind in ("plain_text", "mrkdwn") and isinstance(text, str):
        if not 1 <= _units(text) <= 3000:
            yield f"{kind} of {_units(text)} characters"
        yield from _markup(text, kind)
    if kind == "mrkdwn" and node.get("verbatim") is not True:
        yield "mrkdwn that turns names and addresses into links"
    if kind == "plain_text" and node.get("emoji") is not False:
        yield "plain_text that turns :names: into pictures"
    if kind in ("user", "usergroup", "broadcast", "channel", "team"):
        yield f"mentions a {kind}"
    if kind == "link" and not node["url"].startswith(("https://", "http://")):
        yield f"link to {node['url']}"
    if kind == "text" and text == "":
        yield "empty text element"
    if kind == "rich_text":
        size = sum(_units(inner["text"]) for inner in _nodes(node["elements"]) if "text" in inner)
        if size > MAX_RICH_TEXT:
            yield f"rich_text of {size} characters"


def _markup(text: str, where: str) -> Iterator[str]:
    for entity in ("&amp;", "&lt;", "&gt;"):
        text = text.replace(entity, "")
    for char in "&<>":
        if char in text:
            yield f"raw {char} in {where}"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _nodes(part)


class FakeSlack(HttpServer):
    """`webhook_url` and `api_url` go into a channel's settings; `posts` holds what was accepted.

    `updates` are the edits, and `shown` is what stands in the channel now, by its timestamp.
    `replies` are given first, whatever was sent; then requests are checked as Slack does.
    """

    def __init__(self, *, token: str = TOKEN, channels: tuple[str, ...] = ("#deals",)) -> None:
        super().__init__()
        self.token = token
        self.channels = channels
        self.posts: list[dict[str, Any]] = []
        self.updates: list[dict[str, Any]] = []
        self.shown: dict[str, dict[str, Any]] = {}
        self.requests: list[Received] = []
        self.faults: list[str] = []
        self.replies: deque[Reply] = deque()

    @property
    def webhook_url(self) -> str:
        return f"{self.base_url}/services/T0000/B0000/abcdefghijklmnopqrstuvwx"

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/api/"

    def wait_for(self, count: int, timeout: float = 20) -> list[dict[str, Any]]:
        """Waits for `count` accepted posts; raises `AssertionError` when they do not come."""
        arrived = self.wait_until(lambda: len(self.posts) >= count, timeout)
        assert arrived, f"{len(self.posts)} of {count} posts came; faults: {self.faults}"
        return list(self.posts)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        self.requests.append(Received(request.path_qs, headers, body, time.time()))
        self.notify()
        if self.replies:
            reply = self.replies.popleft()
            return web.Response(status=reply.status, text=reply.body, headers=dict(reply.headers))
        if request.path.startswith("/services/"):
            return self._webhook(body)
        if request.path == "/api/chat.postMessage":
            return web.json_response(self._post_message(headers, body))
        if request.path == "/api/chat.update":
            return web.json_response(self._update(headers, body))
        return web.Response(status=404, text="no_service")

    def _webhook(self, body: bytes) -> web.Response:
        try:
            payload = json.loads(body)
        except ValueError:
            return web.Response(status=400, text="invalid_payload")
        return (
            web.Response(text="ok")
            if self._accept(payload)
            else web.Response(status=400, text="invalid_blocks")
        )

    def _post_message(self, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        if headers.get("authorization") != f"Bearer {self.token}":
            return {"ok": False, "error": "invalid_auth"}
        if headers.get("content-type") != "application/json; charset=utf-8":
            return {"ok": False, "error": "invalid_charset"}
        payload = json.loads(body)
        if payload.get("channel") not in self.channels:
            return {"ok": False, "error": "channel_not_found"}
        if payload.get("thread_ts", "") not in ("", *self.shown):
            return {"ok": False, "error": "thread_not_found"}
        if not self._accept(payload):
            return {"ok": False, "error": "invalid_blocks"}
        number = f"1760000000.{len(self.posts):06d}"  # the accepted one counts
        self.shown[number] = payload
        return {"ok": True, "channel": CHANNEL_ID, "ts": number, "message": {"ts": number}}

    def _update(self, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        if headers.get("authorization") != f"Bearer {self.token}":
            return {"ok": False, "error": "invalid_auth"}
        payload = json.loads(body)
        if payload.get("channel") != CHANNEL_ID:
            return {"ok": False, "error": "channel_not_found"}
        if payload["ts"] not in self.shown:
            return {"ok": False, "error": "message_not_found"}
        faults = faults_of(payload)
        self.faults += faults
        if faults:
            return {"ok": False, "error": "invalid_blocks"}
        self.shown[payload["ts"]] = payload
        self.updates.append(payload)
        return {"ok": True, "channel": CHANNEL_ID, "ts": payload["ts"]}

    def _accept(self, payload: dict[str, Any]) -> bool:
        faults = faults_of(payload)
        self.faults += faults
        if not faults:
            self.posts.append(payload)
        self.notify()
        return not faults
