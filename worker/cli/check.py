"""`alliance-watch check`: everything that is wrong with a configuration and its rules, at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from worker.cli.failures import FAILURES
from worker.cli.options import ConfigOption, JsonOption, config_file
from worker.domain.finding import FaultyInput, Finding

if TYPE_CHECKING:
    from worker.config import KnownNames


def check(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Check the configuration and the rules, and run the rules' own examples.

    Prints each finding with file, line, key and mend. Nothing is started and nothing is sent.
    """
    from worker.config import config_path, read

    rules = _Rules()
    file = config_file(config)
    _, findings = read(file, os.environ, rules.names)
    everything = sorted({*findings, *rules.findings})
    if as_json:
        _print_json(everything)
    else:
        _print(everything)
        checked = [f"configuration {_short(config_path(file, os.environ))}"]
        checked += [f"rules {_short(folder)}" for folder in rules.folders] or ["no rules"]
        count = f"{len(everything)} {'finding' if len(everything) == 1 else 'findings'}"
        typer.echo(f"{count if everything else 'in order'}: {', '.join(checked)}", err=True)
    if everything:
        raise typer.Exit(FAILURES)


class _Rules:
    """Checks the rules when the configuration has said where they are."""

    def __init__(self) -> None:
        self.folders: tuple[Path, ...] = ()
        self.findings: tuple[Finding, ...] = ()

    def names(self, folders: tuple[Path, ...]) -> KnownNames | None:
        from worker import classify
        from worker.config import KnownNames
        from worker.shipped import shipped_rules

        self.folders = folders or (shipped_rules(),)
        self.findings = classify.check(self.folders)
        try:
            classifier = classify.load(self.folders)
        except FaultyInput as fault:
            self.findings = (*self.findings, *fault.findings)
            return None
        return KnownNames(
            frozenset(classifier.rule_names),
            frozenset(classifier.companies),
            frozenset(classifier.alliances),
        )


def _short(path: Path) -> str:
    """Relative to the current folder when it lies in it."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _print_json(findings: Sequence[Finding]) -> None:
    from worker.cli.show import print_json

    print_json(
        [
            {
                "file": str(finding.file),
                "line": finding.line or None,
                "key": finding.key,
                "problem": finding.problem,
                "mend": finding.mend,
            }
            for finding in findings
        ]
    )


def _print(findings: Sequence[Finding]) -> None:
    from rich.text import Text

    from worker.cli.show import open_console, visible

    console = open_console()
    for finding in findings:
        where = f"{_short(finding.file)}:{finding.line}" if finding.line else _short(finding.file)
        line = Text(visible(f"{where}: "), style="bold")
        if finding.key:
            line.append(visible(f"{finding.key}: "), style="cyan")
        line.append(visible(finding.problem), style="default")
        line.append(visible(f" ({finding.mend})"), style="green")
        console.print(line, soft_wrap=True)
