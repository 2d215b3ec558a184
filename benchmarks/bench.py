"""`make bench`: how fast, how much, how soon, on the machine that runs it.

Everything happens on loopback and in folders of its own. `--write` keeps the figures in
`docs/performance.md`, `--json FILE` writes them as data, `--quick` takes small samples,
`--only NAME` (repeatable) runs some sections. Exit code 1 when a section failed.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import structlog
from rich.console import Console

from benchmarks import (
    backends,
    classification,
    delivering,
    isolation,
    machine,
    polls,
    punctual,
    startup,
    whole_service,
)
from benchmarks.report import Section, data, markdown, show

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by `make bench` -->", "<!-- end of figures -->"

# A section that begins later than this many seconds takes small samples, so that a whole run stays
# under six minutes.
BUDGET = 220.0

Measure = Callable[[Section, bool], None]

SECTIONS: dict[str, tuple[str, Measure]] = {
    "classify": (
        "Classification",
        lambda section, quick: classification.measure(section, quick=quick),
    ),
    "polls": ("Polling", lambda section, quick: polls.measure(section, quick=quick)),
    "punctual": (
        "Ten thousand feeds, simulated",
        lambda section, quick: punctual.measure(section, quick=quick),
    ),
    "service": (
        "Feed to webhook, embedded default (SQLite, embedded Redis)",
        lambda section, quick: whole_service.measure(section, backends.embedded, quick=quick),
    ),
    "deliveries": (
        "Deliveries",
        lambda section, quick: delivering.measure(section, quick=quick),
    ),
    "isolation": (
        "Endpoints that hang",
        lambda section, quick: isolation.measure(section, quick=quick),
    ),
    "startup": ("Start-up", lambda section, quick: startup.measure(section, quick=quick)),
    "memory": (
        "Memory",
        lambda section, quick: whole_service.measure_memory(section, quick=quick),
    ),
    "servers": (
        "Feed to webhook, PostgreSQL and Redis servers",
        lambda section, quick: whole_service.measure(section, backends.servers, quick=quick),
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sections one after the other; none stops another."""
    options = _options(arguments)
    console = Console()
    described = machine.describe()
    console.print(machine.sentence(described), markup=False, soft_wrap=True)
    sections: list[Section] = []
    began = time.monotonic()
    for name in options.only or SECTIONS:
        late = time.monotonic() - began > BUDGET
        sections.append(_measured(name, options.quick or late, console))
        if late and not options.quick:
            sections[-1].about += " Small samples: the run was late on a busy machine."
        show(console, sections[-1])
    if options.json:
        text = json.dumps(data(sections, described), indent=2, ensure_ascii=False) + "\n"
        options.json.write_text(text, encoding="utf-8")
    failed = [section.name for section in sections if section.failed]
    if options.write and not failed:
        write(PAGE, described, sections)
        console.print(f"written to {PAGE.relative_to(ROOT)}", markup=False)
    if failed:
        console.print(f"failed: {', '.join(failed)}", markup=False)
    return 1 if failed else 0


def _measured(name: str, quick: bool, console: Console) -> Section:
    title, measure = SECTIONS[name]
    section = Section(name, title)
    began = time.monotonic()
    waiting = console.status(f"{title} …") if console.is_terminal else nullcontext()
    try:
        with waiting:
            measure(section, quick)
    except Exception as error:
        section.failed = f"{type(error).__name__}: {error}"
    section.seconds = time.monotonic() - began
    return section


def write(page: Path, described: dict[str, Any], sections: Sequence[Section]) -> None:
    """Replace the figures in the page; its prose stays. Raises `ValueError` without the marks."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} lacks the marks around the figures")
    body = f"\n\nMachine: {machine.sentence(described)}.\n\n{markdown(sections)}\n"
    page.write_text(before + BEGIN + body + END + after, encoding="utf-8")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small samples")
    parser.add_argument("--only", action="append", choices=list(SECTIONS), help="this section")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--write", action="store_true", help="update docs/performance.md")
    options = parser.parse_args(arguments)
    if options.write and (options.only or options.quick):
        parser.error("--write keeps whole runs only: leave out --only and --quick")
    return options


if __name__ == "__main__":
    # Some of the work is done in this process; its log is not what is to be read here.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    sys.exit(main())
