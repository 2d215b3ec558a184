"""Output for people and programs."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from worker.cli.documents import Document
from worker.cli.evidence import print_classification
from worker.cli.show import print_json, print_rows, visible
from worker.domain.event import Classification, Event, Evidence, Status


@given(st.text(st.characters(codec=None)))
def test_visible_keeps_the_length_and_hides_control(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert shown.replace("\n", "").replace("\t", "").isprintable() or any(
        character.isspace() for character in shown
    )


def test_rows_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"name": "a [bold]\x1b[31m", "yes": True, "wait": timedelta(minutes=2), "none": None},
        {"name": "b" * 200, "yes": False, "wait": timedelta(hours=72), "hidden": "x"},
    ]
    print_rows(rows, ["name", "yes", "wait", "none"], as_json=False, empty="nothing")
    heading, first, second = capsys.readouterr().out.splitlines()
    assert heading.split() == ["name", "yes", "wait", "none"]
    assert first.split() == ["a", "[bold]\N{REPLACEMENT CHARACTER}[31m", "yes", "2m"]
    assert second.split() == ["b" * 200, "no", "72h"]


def test_rows_as_json_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    moment = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    rows = [{"name": "é", "at": moment, "wait": timedelta(seconds=1.5), "hidden": "x"}]
    print_rows(rows, ["name"], as_json=True, empty="nothing")
    assert json.loads(capsys.readouterr().out) == [
        {"name": "é", "at": "2026-03-02T09:30:00.000Z", "wait": 1.5, "hidden": "x"}
    ]


def test_no_rows(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([], ["name"], as_json=False, empty="nothing")
    assert capsys.readouterr() == ("", "nothing\n")
    print_rows([], ["name"], as_json=True, empty="nothing")
    assert capsys.readouterr().out == "[]\n"


def test_json_of_what_utf8_cannot_hold_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(["\ud800"])
    assert json.loads(capsys.readouterr().out) == ["\ud800"]


def classification() -> tuple[Document, Classification]:
    text = "Before it. Renault\x1b]8;;x\x07 may cut its 43% stake [in] Nissan. After it."
    start, end = text.index("Renault"), text.index(" After")
    share = text.index("43%")
    event = Event(
        rule="equity-change",
        status=Status.RUMOURED,
        confidence=0.8,
        parties=("Renault", "Nissan"),
        roles={"holder": "Renault", "counterparty": None, "licensees": ("A", "B")},
        evidence=(
            Evidence("text", start, end, text[start:end]),
            Evidence("text", share, share + 3, "43%", role="from_pct"),
        ),
        from_pct=43.0,
        amount="€1 billion",
        attribution="sources",
    )
    return Document("x.txt", "Title [red]", text), Classification("en", (event,))


def show(*, colour: bool) -> str:
    out = io.StringIO()
    console = Console(
        file=out, width=200, force_terminal=colour, color_system="standard" if colour else None
    )
    print_classification(console, *classification())
    return out.getvalue()


def test_an_event_is_shown_with_facts_and_passage() -> None:
    shown = show(colour=False)
    assert "Title [red]" in shown
    assert "equity-change  rumoured  80%" in shown
    for fact in ("Renault, Nissan", "43% → ?", "€1 billion", "sources", "A, B"):
        assert fact in shown
    assert "may cut its 43% stake [in] Nissan." in shown
    assert "counterparty" not in shown


def test_the_text_of_an_item_cannot_control_the_terminal() -> None:
    for colour in (False, True):
        assert "\x1b]8" not in show(colour=colour)
        assert "\x07" not in show(colour=colour)


def test_what_proves_a_figure_is_marked() -> None:
    plain, coloured = show(colour=False), show(colour=True)
    assert "\x1b[" not in plain
    before, after = coloured.split("43% →")[1].split("43%")[:2]
    assert before.endswith("m")
    assert after.startswith("\x1b[0m")


def test_no_events() -> None:
    out = io.StringIO()
    print_classification(
        Console(file=out, width=80), Document("x", "", "t"), Classification(None, ())
    )
    assert out.getvalue().splitlines()[:2] == ["t  other language · x", "  no events"]


def test_a_passage_is_shown_with_whole_words_of_its_own_paragraph() -> None:
    first, last = "Other paragraph.\n\n", "\n\nYet another one."
    paragraph = f"{'Lorem ' * 20}Renault cuts its stake. {'Ipsum ' * 20}"
    text = first + paragraph + last
    start = text.index("Renault")
    passage = Evidence("text", start, start + 23, text[start : start + 23])
    event = Event("equity-change", Status.AGREED, 1.0, ("Renault",), {}, (passage,))
    out = io.StringIO()
    print_classification(
        Console(file=out, width=1000), Document("x", "T", text), Classification("en", (event,))
    )
    shown = out.getvalue().splitlines()[-2].strip()
    assert shown.startswith("… Lorem ")
    assert shown.endswith("Ipsum …")
    assert "Renault cuts its stake. Ipsum" in shown
    assert "another" not in shown
    assert len(shown) < 170
