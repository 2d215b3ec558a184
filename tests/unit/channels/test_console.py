from __future__ import annotations

import io
import re
from typing import Any

import pytest

from tests.support.factories import hostile_alert, make_notice, make_update
from tests.support.hostile import any_hostile_text
from worker.channels.console import ConsoleChannel, ConsoleSettings, write
from worker.channels.view import view_of
from worker.domain.delivery import Outcome

_STYLE = re.compile(r"\x1b\[[0-9;]*m")


class Stream(io.StringIO):
    """Counts writes; a terminal when asked to be one."""

    def __init__(self, *, terminal: bool = False, encoding: str = "utf-8") -> None:
        super().__init__()
        self.writes: list[str] = []
        self._terminal = terminal
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._terminal

    def write(self, text: str) -> int:
        text.encode(self._encoding)
        if text:
            self.writes.append(text)
        return len(text)


@pytest.fixture(autouse=True)
def _a_colour_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_an_alert_is_one_write_of_readable_lines() -> None:
    stream = Stream()
    write(stream, view_of(make_notice(make_update())))
    (text,) = stream.writes
    lines = text.splitlines()
    assert lines[0].startswith("[Notable] Nissan in talks to cut its stake")
    assert "  > Stake after: 24% → 15%" in lines
    assert "  According to: two people close to the matter" in lines
    assert lines[-1] == ""
    assert "\x1b" not in text


def test_a_terminal_gets_colours_and_the_same_words() -> None:
    stream = Stream(terminal=True)
    write(stream, view_of(make_notice(make_update(language="fr"))))
    (text,) = stream.writes
    assert _STYLE.search(text)
    bare = _STYLE.sub("", text)
    for words in ("Notable", "Actionnaire\u00a0: Nissan", "→ Statut", "https://wire.example/items"):
        assert words in bare
    assert max(map(len, bare.splitlines())) <= 80


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Stream(terminal=True)
    write(stream, view_of(make_notice()))
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", stream.writes[0])


def test_a_stream_that_cannot_say_it_gets_question_marks() -> None:
    stream = Stream(encoding="ascii")
    write(stream, view_of(make_notice(make_update(language="fr"))))
    assert "n?gocie" in stream.writes[0]


@pytest.mark.parametrize("terminal", [True, False])
@any_hostile_text
def test_no_feed_commands_the_terminal(terminal: bool, text: str) -> None:
    stream = Stream(terminal=terminal)
    write(stream, view_of(make_notice(hostile_alert(text))))
    assert len(stream.writes) == 1
    shown = _STYLE.sub("", stream.writes[0]) if terminal else stream.writes[0]
    for blank in "\n\u00a0\u202f":
        shown = shown.replace(blank, " ")
    assert shown.isprintable()


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(28, "full"), ValueError("closed")])
async def test_a_broken_stream_is_tried_again(error: Exception) -> None:
    class Broken(Stream):
        def write(self, text: str) -> int:
            raise error

    settings_ = ConsoleSettings(name="c", type="console")
    channel = ConsoleChannel(settings_, timeout=5, stream=Broken())
    verdict = await channel.send(make_notice())
    assert verdict.outcome is Outcome.RETRY
    assert type(error).__name__ in verdict.detail
    await channel.aclose()


async def test_standard_output_is_where_it_goes(capsys: Any) -> None:
    channel = ConsoleChannel(ConsoleSettings(name="c", type="console"), timeout=5)
    verdict = await channel.send(make_notice())
    await channel.aclose()
    assert verdict.outcome is Outcome.DELIVERED
    assert "Nissan in talks" in capsys.readouterr().out
