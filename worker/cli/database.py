"""`alliance-watch db`: the database's schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from worker.cli.failures import Failure, wrong_usage
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


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.")],
    config: ConfigOption = None,
) -> None:
    """Copy the embedded database while the service runs.

    To restore: stop the service, put the copy in the place of `alliance-watch.db` in the data
    directory (and remove the files `-wal` and `-shm` beside it), and start the service.
    """
    from worker import wiring
    from worker.store import NotEmbedded

    settings = load_settings(config)
    store = wiring.open_store(settings)
    try:
        store.back_up(target)
    except NotEmbedded:
        raise wrong_usage(
            "the database is a PostgreSQL server: use its own pg_dump (docs/operations.md)"
        ) from None
    except FileExistsError:
        raise wrong_usage(f"{target} exists already: name a new file") from None
    except OSError as error:
        raise Failure(f"{target} cannot be written: {error.strerror}") from None
    finally:
        store.close()
    typer.echo(f"copied to {target}", err=True)
