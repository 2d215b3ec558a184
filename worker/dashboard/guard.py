"""What every request and answer goes through: no forged changes, no bodies without end, headers.

Written as plain ASGI, so that event streams pass through unbuffered.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from worker.dashboard.problems import Problem, document

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
MAX_BODY_BYTES = 2_000_000

_STREAMS = re.compile(r"^/live/|/stream$")

_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not `no-referrer`: browsers then send `Origin: null` with forms, which cannot be checked.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def forged(method: str, headers: Headers, public_url: str) -> str | None:
    """Why an unsafe request may have been made by another site's page; `None` when it was not.

    Browsers send `Sec-Fetch-Site` or `Origin` with every such request and no page can forge
    them; a request with neither comes from a program, whose token no browser adds by itself.
    """
    if method in SAFE_METHODS:
        return None
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return "the request was made by a page of another site"
    origin = headers.get("origin")
    if origin is not None:
        # Behind a proxy that ends TLS the scheme differs, so hosts are compared.
        ours = {headers.get("host", "").lower(), urlsplit(public_url).netloc.lower()}
        if urlsplit(origin).netloc.lower() not in ours - {""}:
            return "the request was made by a page of another origin"
    elif site is None and "cookie" in headers and "authorization" not in headers:
        return "the request does not say which page made it (Origin)"
    return None


class Guard:
    """Refuses forged and oversized requests and puts security headers on every answer."""

    def __init__(self, app: ASGIApp, *, public_url: str, max_body: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._public_url = public_url
        self._max_body = max_body
        self._headers = dict(_HEADERS)
        if public_url.startswith("https://"):
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        why = forged(scope["method"], headers, self._public_url)
        if why:
            await document(Problem(403, why))(scope, receive, send_guarded)
            return
        declared = headers.get("content-length", "0")
        too_large = Problem(413, f"at most {self._max_body} bytes are taken")
        if declared.isdigit() and int(declared) > self._max_body:
            await document(too_large)(scope, receive, send_guarded)
            return
        taken = 0

        async def receive_capped() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._max_body:
                raise too_large
            return message

        # The server leaves the body away by itself. Streams have no end to wait for.
        if scope["method"] == "HEAD" and not _STREAMS.search(scope["path"]):
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive_capped, send_guarded)
