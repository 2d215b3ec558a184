"""Alerts on a terminal, or as plain lines in a log."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, TextIO, TypeVar

from worker.channels.base import BaseSettings, Channel
from worker.channels.text import clean_line, safe_link
from worker.channels.view import View, view_of
from worker.domain.alert import Severity
from worker.domain.delivery import Announcement, Bulletin, Notice, Outcome, Verdict

T = TypeVar("T")

_COLOURS = {Severity.INFO: "cyan", Severity.NOTABLE: "yellow", Severity.URGENT: "red"}


class ConsoleSettings(BaseSettings):
    """Alerts on standard output."""

    type: Literal["console"]


class ConsoleChannel(Channel):
    """Writes each alert in one go, so that alerts of several threads never mix.

    A terminal that is stopped (Ctrl-S) or a pipe that nobody reads blocks the writing: that
    happens in a thread of the channel's own, and costs no more than the timeout.
    """

    kind = "console"

    def __init__(
        self, settings: ConsoleSettings, *, timeout: float, stream: TextIO | None = None
    ) -> None:
        super().__init__(settings.name)
        self._stream = stream
        self._timeout = timeout
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="console")

    async def aclose(self) -> None:
        """Lets the writing thread end; what waits for it is given up."""
        self._writer.shutdown(wait=False, cancel_futures=True)

    async def _send(self, notice: Notice) -> Verdict:
        return await self._write(write, view_of(notice))

    async def _announce(self, bulletin: Bulletin) -> Verdict:
        return await self._write(write_lines, bulletin.said)

    async def _write(self, put: Callable[[TextIO, T], None], what: T) -> Verdict:
        stream = self._stream or sys.stdout
        writing = asyncio.get_running_loop().run_in_executor(self._writer, put, stream, what)
        try:
            async with asyncio.timeout(self._timeout):
                await writing
        except TimeoutError:
            return Verdict(Outcome.RETRY, detail="the terminal takes no more text")
        except (OSError, ValueError) as error:
            return Verdict(
                Outcome.RETRY, detail=f"the terminal cannot be written to ({type(error).__name__})"
            )
        return Verdict(Outcome.DELIVERED)


def write(stream: TextIO, view: View) -> None:
    """Puts the alert on `stream` with one write; in colours when it is a terminal.

    Raises what the stream raises: `OSError`, or `ValueError` when it is closed.
    """
    text = coloured(view, stream) if stream.isatty() else plain(view)
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding, "replace"))
    stream.flush()


def write_lines(stream: TextIO, said: Announcement) -> None:
    """Puts an announcement on `stream` with one write. Raises what the stream raises."""
    lines = [clean_line(said.headline, 400)]
    for line, link in said.linked_lines():
        lines.append(f"  {clean_line(line, 400)}")
        if shown := safe_link(link):
            lines.append(f"  {shown}")
    encoding = stream.encoding or "utf-8"
    text = "".join(f"{line}\n" for line in lines) + "\n"
    stream.write(text.encode(encoding, "replace").decode(encoding, "replace"))
    stream.flush()


def plain(view: View) -> str:
    """The alert as lines of text that end with an empty one."""
    return "".join(f"{line}\n" for line in _lines(view)) + "\n"


def _lines(view: View) -> Iterator[str]:
    labels = view.labels
    yield f"[{labels.severities[view.severity.value]}] {view.headline}"
    yield f"  {view.kicker}"
    for change in view.changes:
        yield f"  > {change}"
    yield from (f"  {label}{labels.colon}{value}" for label, value in view.facts[1:])
    before, after = labels.quotes
    for quote in view.quotes:
        yield f"  {before}{' '.join(quote.split())}{after}"
    yield "  " + " · ".join(filter(None, (view.source, view.item_title, view.item_time)))
    yield from (f"  {link}" for link in (view.item_link, view.alert_link) if link)


def coloured(view: View, stream: TextIO) -> str:
    """The same for a terminal: colours, and lines that fit its width."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    colour = _COLOURS[view.severity]
    severity = view.labels.severities[view.severity.value]
    with console.capture() as capture:
        console.print(
            Text.assemble((f" {severity} ", f"reverse {colour}"), " ", (view.headline, "bold"))
        )

        def indented(*parts: str | tuple[str, str]) -> None:
            console.print(Padding(Text.assemble(*parts), (0, 0, 0, 2), expand=False))

        indented((view.kicker, colour))
        for change in view.changes:
            indented(("→ ", colour), change)
        for label, value in view.facts[1:]:
            indented((label + view.labels.colon, "dim"), value)
        before, after = view.labels.quotes
        for quote in view.quotes:
            indented((f"{before}{' '.join(quote.split())}{after}", "italic"))
        indented((" · ".join(filter(None, (view.source, view.item_title, view.item_time))), "dim"))
        for link in (view.item_link, view.alert_link):
            if link:
                # Whole on one line, or the terminal could not open it.
                console.print(Text("  " + link, style="dim"), soft_wrap=True)
        console.print()
    return capture.get()
