"""`alliance-watch token`: secrets for programs that use the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli.actor import actor
from worker.cli.failures import Failure, wrong_usage
from worker.cli.options import ConfigOption, JsonOption, choices, one_of, open_store
from worker.cli.show import print_rows
from worker.domain.access import Role

if TYPE_CHECKING:
    from datetime import datetime

    from worker.store import Token

app = typer.Typer(help="Tokens for the API.", no_args_is_help=True)


@app.command()
def create(
    role: Annotated[
        Role,
        typer.Option(
            parser=one_of(Role),
            metavar=choices(Role),
            help="read looks; operate replays, polls and pushes as well; admin all.",
        ),
    ],
    name: Annotated[str, typer.Option(help="What it is for, for the list of tokens.")] = "",
    expires: Annotated[
        str | None, typer.Option(metavar="DURATION", help='Validity, such as "30d"; else endless.')
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Create a token and print it. It is shown this once; only its digest is kept."""
    from worker import wiring
    from worker.domain import ids
    from worker.domain.access import mint

    now = wiring.now()
    until = _until(expires, now)
    with open_store(config) as (_, store):
        secret = mint(role)
        token_id = ids.derive("tok", secret.digest)
        store.add_token(token_id, "api", role.value, secret.digest, secret.prefix, name, now, until)
        store.audit(actor(), "create_token", token_id, f"role {role.value}", now)
    typer.echo(secret.text)


def _until(duration: str | None, now: datetime) -> datetime | None:
    if duration is None:
        return None
    from worker.config import parse_duration

    try:
        length = parse_duration(duration)
        if not length:
            raise ValueError
        return now + length
    except (ValueError, OverflowError):
        raise wrong_usage('--expires takes a duration such as "12h" or "30d"') from None


@app.command("list")
def list_tokens(
    everything: Annotated[
        bool, typer.Option("--all", help="Sessions, sign-in links and invalid tokens, too.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List the tokens, the newest first."""
    from worker import wiring

    now = wiring.now()
    with open_store(config) as (_, store):
        tokens = store.tokens()
    rows = [
        {**asdict(token), "state": state}
        for token in tokens
        for state in [_state(token, now)]
        if everything or (token.kind == "api" and state == "valid")
    ]
    columns = ["id", "prefix", "role", "name", "created", "expires", "last_used"]
    if everything:
        columns[2:2] = ["kind", "state"]
    print_rows(rows, columns, as_json=as_json, empty="no tokens")


def _state(token: Token, now: datetime) -> str:
    if token.revoked is not None:
        return "revoked"
    if token.consumed is not None:
        return "used up"
    return "expired" if token.expires is not None and token.expires <= now else "valid"


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(help="Id or prefix, as the list shows it.")],
    config: ConfigOption = None,
) -> None:
    """Make a token invalid at once."""
    from worker import wiring

    now = wiring.now()
    with open_store(config) as (_, store):
        named = [known for known in store.tokens() if token in (known.id, known.prefix)]
        if not named:
            raise Failure(
                "there is no token with this id or prefix: see `alliance-watch token list`"
            )
        if len(named) > 1:
            raise Failure(f"{len(named)} tokens have this prefix: name one by its id")
        if not store.revoke_token(named[0].id, now):
            raise Failure("it has been revoked before")
        store.audit(actor(), "revoke_token", named[0].id, "", now)
    typer.echo(f"revoked {named[0].id}", err=True)
