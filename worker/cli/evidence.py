"""Events for people: what was found, with the proving passage and what it proves marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from worker.cli.documents import Document
from worker.cli.show import visible
from worker.domain.event import Classification, Event, Evidence

_STATUS_STYLES = {
    "rumoured": "yellow",
    "negotiating": "yellow",
    "planned": "cyan",
    "agreed": "green",
    "completed": "bold green",
    "denied": "red",
}
_AROUND = 60


def print_classification(
    console: Console, document: Document, classification: Classification
) -> None:
    """One item with its events. Nothing of the item is taken for markup or terminal control."""
    title = Text(visible(document.heading), style="bold")
    title.append(f"  {classification.language or 'other language'} · ", style="dim")
    title.append(visible(document.id), style="dim")
    console.print(title, soft_wrap=True)
    if not classification.events:
        console.print(Text("  no events", style="dim"))
    for event in classification.events:
        console.print(_indented(_heading(event), 2))
        for name, value in _facts(event):
            fact = Text(f"{name:<14}", style="dim").append(visible(value), style="default")
            console.print(_indented(fact, 4))
        for passage in _passages(document, event.evidence):
            console.print(_indented(passage, 4))
    console.print()


def _indented(text: Text, blanks: int) -> Padding:
    return Padding(text, (0, 0, 0, blanks), expand=False)


def _heading(event: Event) -> Text:
    status = event.status.value
    return (
        Text(event.rule, style="bold cyan")
        .append("  ")
        .append(status, style=_STATUS_STYLES[status])
        .append(f"  {event.confidence:.0%}", style="dim")
    )


def _facts(event: Event) -> Iterator[tuple[str, str]]:
    yield "parties", ", ".join(event.parties)
    for role, value in event.roles.items():
        if value and role != "parties":
            yield role, ", ".join(value) if isinstance(value, tuple) else value
    if event.direction:
        yield "direction", event.direction
    if event.from_pct is not None or event.to_pct is not None:
        yield "share", " → ".join("?" if p is None else f"{p:g}%" for p in _shares(event))
    for name, figure in (("percentage", event.pct), ("amount", event.amount)):
        if figure is not None:
            yield name, f"{figure:g}%" if isinstance(figure, float) else figure
    for name, text in (("said by", event.attribution), ("expected", event.expected_date)):
        if text:
            yield name, text


def _shares(event: Event) -> tuple[float | None, float | None]:
    return event.from_pct, event.to_pct


def _passages(document: Document, evidence: Sequence[Evidence]) -> Iterator[Text]:
    """Each proving passage with a little of its paragraph, dim; what proves a figure is marked."""
    for passage in evidence:
        if passage.role:
            continue
        field = document.title if passage.field == "title" else document.text
        start, end = _with_context(field, passage.start, passage.end)
        # Line breaks become blanks one for one, so that offsets stay true.
        text = Text(visible(field).replace("\n", " "), style="dim")
        text.stylize("not dim", passage.start, passage.end)
        inner = [other for other in evidence if other.role and other.field == passage.field]
        for other in inner:
            text.stylize("bold yellow", other.start, other.end)
        if not inner:
            text.stylize("bold", passage.start, passage.end)
        before = "… " if field[:start].strip() else ""
        after = " …" if field[end:].strip() else ""
        yield Text.assemble((before, "dim"), text[start:end], (after, "dim"))


def _with_context(field: str, start: int, end: int) -> tuple[int, int]:
    """The passage with some whole words around it, within its paragraph."""
    left = max(field.rfind("\n", 0, start) + 1, start - _AROUND)
    right = field.find("\n", end)
    right = min(len(field) if right < 0 else right, end + _AROUND)
    if left and not field[left - 1].isspace():
        left = field.find(" ", left, start) + 1 or start
    if right < len(field) and not field[right].isspace():
        cut = field.rfind(" ", end, right)
        right = cut if cut >= 0 else end
    return left, right
