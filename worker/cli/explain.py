"""`alliance-watch explain`: why each rule did or did not fire on an item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli.inputs import STDIN, documents_of, load_classifier, require_files
from worker.cli.options import ConfigOption, JsonOption

if TYPE_CHECKING:
    from rich.console import Console

    from worker.classify.explain import Attempted, Explanation
    from worker.cli.documents import Document

FileArgument = Annotated[
    str,
    typer.Argument(
        metavar="FILE", help="A text, HTML page, feed file or JSON item; else standard input."
    ),
]


def explain(
    file: FileArgument = STDIN, as_json: JsonOption = False, config: ConfigOption = None
) -> None:
    """Say why each rule did or did not fire on an item, and what came close."""
    from worker.cli.show import open_console, print_json

    require_files([file])
    classifier = load_classifier(config)
    console = open_console()
    listed = []
    for document in documents_of(file):
        explanation = classifier.explain(
            document.title, document.text, language=document.language, published=document.published
        )
        if as_json:
            listed.append(_listed(document, explanation))
        else:
            print_explanation(console, document, explanation)
    if as_json:
        print_json(listed)


def _listed(document: Document, explanation: Explanation) -> dict[str, object]:
    from worker.domain.payload import event_data

    rules = [
        {**asdict(rule), "event": event_data(rule.event) if rule.event is not None else None}
        for rule in explanation.rules
    ]
    return {
        "id": document.id,
        "lang": explanation.language,
        "words": list(explanation.atoms),
        "rules": rules,
    }


def print_explanation(console: Console, document: Document, explanation: Explanation) -> None:
    """For people: each rule with its reason, then the places where it fitted best."""
    from rich.padding import Padding
    from rich.text import Text

    from worker.cli.show import visible

    def put(text: Text, blanks: int) -> None:
        console.print(Padding(text, (0, 0, 0, blanks), expand=False))

    title = Text(visible(document.heading), style="bold")
    title.append(f"  {explanation.language or 'other language'}", style="not bold dim")
    put(title, 0)
    words = ", ".join(explanation.atoms) or "none"
    put(Text(visible(f"words that let rules look closer: {words}"), style="dim"), 2)
    for rule in explanation.rules:
        mark = Text("✓ ", style="green") if rule.fired else Text("– ", style="dim")
        put(mark.append(rule.rule, style="bold cyan").append(f"  {visible(rule.reason)}"), 2)
        for attempt in rule.attempts:
            put(Text(visible(f"“{attempt.sentence}”")), 6)
            for name, value in _account(attempt):
                put(Text(f"{name:<9}", style="dim").append(visible(value), style="not dim"), 8)
    console.print()


def _account(attempt: Attempted) -> Iterator[tuple[str, str]]:
    yield "pattern", f"{attempt.pattern}, on “{attempt.trigger}”, score {attempt.score:g}"
    roles = [f"{role}: {', '.join(names)}" for role, names in attempt.roles.items() if names]
    if roles:
        yield "roles", "; ".join(roles)
    if attempt.missing:
        yield "missing", ", ".join(attempt.missing)
    by = f" by “{attempt.status_cue}”" if attempt.status_cue else ""
    yield "status", f"{attempt.status}{by}{', hearsay' if attempt.hearsay else ''}"
    if attempt.notes:
        yield "notes", "; ".join(attempt.notes)
