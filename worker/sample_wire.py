"""The bundled sample wire: a small news server on loopback that lets written entries come in live.

A folder of RSS 2.0 and Atom files is served as if an agency were writing them now: a few entries
are there from the start, then one more is released at a steady pace, in the order of the dates
in the files and across all of them, until all are out. A released entry carries the time of its
release as its publication time; everything else stays as written. Validators and conditional
requests follow RFC 9110, so a poller meets what it would meet outside.
"""

from __future__ import annotations

import hashlib
import re
import socketserver
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, NamedTuple, Self

AT_ONCE = 4
"""How many entries are out from the first moment."""

_TYPES = {".rss": "application/rss+xml", ".atom": "application/atom+xml"}
# The files are the project's own, well formed and laid out alike. Cutting them as text rather than
# through a parser keeps every byte of the entries as it was written.
_ENTRY = re.compile(r" *<(item|entry)>\n.*?</\1>\n", re.DOTALL)
_RSS_DATE = re.compile(r"(<(?:pubDate|lastBuildDate)>)([^<]+)")
_ATOM_DATE = re.compile(r"(<(?:published|updated)>)([^<]+)")


class Page(NamedTuple):
    """One feed as it stands at a moment, with its validators (RFC 9110, section 8.8)."""

    body: bytes
    content_type: str
    etag: str
    last_modified: datetime


class _Entry(NamedTuple):
    written: datetime
    feed: str
    xml: str


class SampleWire:
    """Serves the feeds in `folder` on 127.0.0.1, in a thread of its own.

    `port` 0 takes a free one. `pace` is the wait between two releases in seconds; 0 releases
    everything at once. `clock` gives monotonic seconds and `now` the time of day; both are read
    when the wire starts, and `clock` again at each request. Raises `ValueError` when the folder
    holds no entries or one without a date.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        pace: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if pace < 0:
            raise ValueError("pace must not be negative")
        self._port, self._pace, self._clock, self._now = port, pace, clock, now
        # A feed's name to what stands before and after its entries.
        self._frames: dict[str, tuple[str, str]] = {}
        entries: list[_Entry] = []
        for path in sorted(path for path in folder.iterdir() if path.suffix in _TYPES):
            text = path.read_text(encoding="utf-8")
            if found := list(_ENTRY.finditer(text)):
                self._frames[path.name] = text[: found[0].start()], text[found[-1].end() :]
            entries += (_Entry(_written(path, m[0]), path.name, m[0]) for m in found)
        if not entries:
            raise ValueError(f"{folder} holds no feed with entries")
        self._entries = sorted(entries, key=lambda entry: entry.written)
        self._began, self._began_at = 0.0, datetime.min.replace(tzinfo=UTC)
        self._server: _Server | None = None

    def start(self) -> None:
        """Start serving and releasing. Raises `OSError` when the port is taken."""
        if self._server is not None:
            raise RuntimeError("the sample wire runs already")
        self._began, self._began_at = self._clock(), self._now()
        self._server = _Server(("127.0.0.1", self._port), self.page)
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def stop(self) -> None:
        """Stop serving and free the port; nothing happens when the wire does not run."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def url(self, name: str) -> str:
        """The address of the feed in the file `name`. Raises `RuntimeError` before `start`."""
        if self._server is None:
            raise RuntimeError("the sample wire does not run")
        return f"http://127.0.0.1:{self._server.server_address[1]}/{name}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def page(self, name: str) -> Page | None:
        """The feed `name` as it stands, newest first; `None` when there is none. After `start`."""
        if name not in self._frames:
            return None
        out = len(self._entries)
        if self._pace:
            out = min(out, AT_ONCE + int((self._clock() - self._began) / self._pace))
        newest, released = self._began_at, ""
        for position, entry in enumerate(self._entries[:out]):
            if entry.feed == name:
                waits = max(0, position - AT_ONCE + 1)
                newest = self._began_at + timedelta(seconds=waits * self._pace)
                released = _dated(entry.xml, newest) + released
        head, tail = self._frames[name]
        body = (_dated(head, newest) + released + tail).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        return Page(body, _TYPES[Path(name).suffix], etag, newest)


def _written(path: Path, xml: str) -> datetime:
    if date := _RSS_DATE.search(xml):
        return parsedate_to_datetime(date[2])
    if date := _ATOM_DATE.search(xml):
        return datetime.fromisoformat(date[2])
    raise ValueError(f"{path} holds an entry without a date")


def _dated(xml: str, moment: datetime) -> str:
    """`xml` with every date of the feed or entry set to `moment`."""
    xml = _RSS_DATE.sub(rf"\g<1>{format_datetime(moment)}", xml)
    return _ATOM_DATE.sub(rf"\g<1>{moment.isoformat(timespec='seconds')}", xml)


class _Server(socketserver.ThreadingTCPServer):
    """Not `http.server.HTTPServer`: that one asks the resolver for its own name first."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], page: Callable[[str], Page | None]) -> None:
        super().__init__(address, _Handler)
        self.page = page

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up half-way is no news; a fault of ours is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_GET(self) -> None:
        page = self.server.page(self.path.partition("?")[0].removeprefix("/"))
        if page is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        known = self._known(page)
        self.send_response(HTTPStatus.NOT_MODIFIED if known else HTTPStatus.OK)
        self.send_header("ETag", page.etag)
        self.send_header("Last-Modified", format_datetime(page.last_modified, usegmt=True))
        if not known:
            self.send_header("Content-Type", f"{page.content_type}; charset=utf-8")
            self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        if not known:
            self.wfile.write(page.body)

    def _known(self, page: Page) -> bool:
        """Whether the client has the page already (RFC 9110, section 13.2.2)."""
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            return any(
                tag.strip().removeprefix("W/") in (page.etag, "*") for tag in tags.split(",")
            )
        try:
            since = parsedate_to_datetime(self.headers.get("If-Modified-Since", ""))
            return page.last_modified.replace(microsecond=0) <= since
        except (ValueError, TypeError):  # not a date, or one without a zone: as if it were absent
            return False

    def log_message(self, format: str, *args: object) -> None:
        """Silent: the poller tells what it fetched."""
