"""All commands in one place."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from worker.cli import (
    backtest,
    check,
    classify,
    configuration,
    database,
    deliveries,
    explain,
    feedback,
    feeds,
    parts,
    stories,
    tokens,
)
from worker.cli.failures import DONE, guard

app = typer.Typer(
    name="alliance-watch",
    help="Watches news feeds for changes in corporate alliances and alerts the right people once.",
    epilog="Exit codes: 0 done, 1 done with findings or failures, 2 wrong usage or configuration.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from worker import __version__

        typer.echo(f"alliance-watch {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    """Options of all commands."""


for command in (parts.run, parts.poller, parts.worker, parts.dashboard):
    app.command(rich_help_panel="Service")(command)
app.command("sample-wire", hidden=True)(parts.sample_wire)
app.command()(check.check)
app.command()(classify.classify)
app.command()(explain.explain)
app.command()(backtest.backtest)
app.add_typer(feeds.app, name="feeds")
app.add_typer(stories.app, name="stories")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(feedback.app, name="feedback")
app.add_typer(tokens.app, name="token")
app.add_typer(database.app, name="db")
app.add_typer(configuration.app, name="config")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The entry point. Leaves by `SystemExit` with the exit code."""
    with guard():
        app(arguments, prog_name="alliance-watch")
    sys.exit(DONE)
