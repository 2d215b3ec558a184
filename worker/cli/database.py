"""`alliance-watch db`: the database's schema."""

from __future__ import annotations

import typer

from worker.cli.options import ConfigOption, load_settings

app = typer.Typer(help="Look after the database.", no_args_is_help=True)


@app.callback()
def options() -> None:
    """Look after the database."""


@app.command()
def upgrade(config: ConfigOption = None) -> None:
    """Bring the schema up to this version of the service. Safe to repeat."""
    from worker import wiring

    settings = load_settings(config)
    store = wiring.open_store(settings)
    try:
        if store.schema_is_current():
            typer.echo("the schema is current", err=True)
            return
        store.upgrade()
        typer.echo("the schema has been upgraded", err=True)
    finally:
        store.close()
