"""Measured figures, shown as tables: for a terminal, as plain text, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `value` is in `unit`; `note` says under which circumstances."""

    what: str
    value: float
    unit: str
    note: str = ""


@dataclass(slots=True)
class Section:
    """One part of the benchmark: its rows, or why there are none.

    `skipped` is a reason that lies in the machine, `failed` an error of ours or of the service.
    `about` says how it was measured.
    """

    name: str
    title: str
    about: str = ""
    rows: list[Row] = field(default_factory=list)
    skipped: str = ""
    failed: str = ""
    seconds: float = 0.0

    def add(self, what: str, value: float, unit: str, note: str = "") -> None:
        """Append a figure."""
        self.rows.append(Row(what, value, unit, note))


def figure(value: float) -> str:
    """Three significant digits, no more than was measured; whole numbers from 100 on."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value else "0"


def show(console: Console, section: Section) -> None:
    """One section on the terminal, or plain where the output is none."""
    if section.failed or section.skipped:
        word = "failed" if section.failed else "skipped"
        console.print(f"{section.title}: {word}: {section.failed or section.skipped}", markup=False)
        return
    if not console.is_terminal:
        console.print(f"\n{section.title} ({section.seconds:.0f} s)", markup=False)
        width = max((len(row.what) for row in section.rows), default=0)
        for row in section.rows:
            note = f"  {row.note}" if row.note else ""
            line = f"  {row.what:<{width}}  {figure(row.value):>8} {row.unit}{note}"
            console.print(line, markup=False, soft_wrap=True)
        console.print(f"  {section.about}", markup=False, soft_wrap=True)
        return
    table = Table(title=section.title, title_justify="left", caption=section.about or None,
                  caption_justify="left")  # fmt: skip
    table.add_column("")
    table.add_column("", justify="right")
    table.add_column("")
    table.add_column("", style="dim")
    for row in section.rows:
        table.add_row(row.what, figure(row.value), row.unit, row.note)
    console.print(table)


def markdown(sections: Iterable[Section]) -> str:
    """All sections as Markdown tables."""
    parts: list[str] = []
    for section in sections:
        parts += [f"### {section.title}", ""]
        if section.failed or section.skipped:
            word = "Failed" if section.failed else "Skipped"
            parts += [f"{word}: {section.failed or section.skipped}.", ""]
            continue
        parts += ["| | figure | |", "|---|---:|---|"]
        parts += [
            f"| {row.what} | {figure(row.value)} {row.unit} | {row.note} |" for row in section.rows
        ]
        parts += ["", section.about, ""] if section.about else [""]
    return "\n".join(parts).rstrip() + "\n"


def data(sections: Sequence[Section], machine: dict[str, Any]) -> dict[str, Any]:
    """Everything, as JSON takes it; values unrounded."""
    return {"machine": machine, "sections": [asdict(section) for section in sections]}


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: a value that was measured, none in between."""
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * share // 1))
    return ordered[int(rank) - 1]
