"""`alliance-watch config`: what can be configured."""

from __future__ import annotations

import typer

app = typer.Typer(help="What can be configured.", no_args_is_help=True)


@app.callback()
def options() -> None:
    """What can be configured."""


@app.command("reference")
def show_reference() -> None:
    """Print every key with its default and meaning, as Markdown."""
    from worker.config.reference import reference

    typer.echo(reference(), nl=False)
