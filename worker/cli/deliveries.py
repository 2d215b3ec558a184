"""`alliance-watch deliveries`: what was sent to whom, and sending it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.actor import actor
from worker.cli.failures import FAILURES, Failure, wrong_usage
from worker.cli.moments import parse_moment
from worker.cli.options import ConfigOption, JsonOption, choices, one_of, open_store
from worker.cli.show import print_rows
from worker.domain.delivery import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from worker.store import DeliveryFilter, DeliveryLine, Store

app = typer.Typer(help="Look up deliveries and send them again.", no_args_is_help=True)

MOST = 10_000
_PAGE = 500
_WAITING = frozenset({DeliveryState.PENDING, DeliveryState.SENDING})

StateOption = Annotated[
    DeliveryState | None,
    typer.Option(
        parser=one_of(DeliveryState),
        metavar=choices(DeliveryState),
        help="Only those in this state.",
    ),
]
ChannelOption = Annotated[str | None, typer.Option(help="Only those over this channel.")]
SubscriptionOption = Annotated[
    str | None, typer.Option(metavar="ID", help="Only those of this subscription.")
]
SinceOption = Annotated[
    str | None, typer.Option(metavar="TIME", help='From then on: a time, or how long ago ("6h").')
]
UntilOption = Annotated[str | None, typer.Option(metavar="TIME", help="Before that moment.")]


@app.command("list")
def list_deliveries(
    state: StateOption = None,
    channel: ChannelOption = None,
    subscription: SubscriptionOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most so many.")] = 50,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List deliveries, the newest first."""
    from worker import wiring

    filters = _filters(wiring.now(), state, channel, subscription, since, until)
    with open_store(config) as (_, store):
        rows = [_row(line) for line in _lines(store, filters, limit)]
    columns = ["id", "state", "channel", "attempts", "created", "headline", "last_error"]
    print_rows(rows, columns, as_json=as_json, empty="no deliveries")


@app.command()
def replay(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Deliveries to send again.")
    ] = None,
    state: StateOption = None,
    channel: ChannelOption = None,
    subscription: SubscriptionOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent, send nothing.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Send settled deliveries again, under the same ids: those named, or all that pass filters.

    Those still waiting are left as they are. A running service sends them within two minutes.
    """
    from worker import wiring

    now = wiring.now()
    given = [state, channel, subscription, since, until]
    if bool(ids) == any(option is not None for option in given):
        raise wrong_usage("name deliveries by their ids, or choose them with options: one of both")
    filters = _filters(now, state, channel, subscription, since, until)
    with open_store(config) as (_, store):
        lines = _named(store, ids) if ids else list(_lines(store, filters, MOST))
        chosen = [line for line in lines if line.delivery.state not in _WAITING]
        if not dry_run:
            done = set(store.replay([line.delivery.id for line in chosen], now))
            chosen = [line for line in chosen if line.delivery.id in done]
            store.audit(actor(), "replay", f"{len(done)} deliveries", _choice(ids, given), now)
    print_rows(
        map(_row, chosen), ["id", "state", "channel", "created", "headline"],
        as_json=as_json, empty="no settled deliveries",
    )  # fmt: skip
    verb = "would be sent again" if dry_run else "will be sent again"
    typer.echo(f"{len(chosen)} {verb}, {len(lines) - len(chosen)} left as they are", err=True)
    if len(lines) == MOST:
        typer.echo(f"there may be more: at most {MOST} are taken at a time", err=True)
    if ids and len(chosen) < len(set(ids)):
        raise typer.Exit(FAILURES)


def _choice(ids: list[str] | None, given: list[Any]) -> str:
    """What was asked for, for the audit log."""
    if ids:
        return " ".join(ids)[:500]
    names = ("state", "channel", "subscription", "since", "until")
    return " ".join(f"{name}={value}" for name, value in zip(names, given, strict=True) if value)


def _filters(
    now: datetime,
    state: DeliveryState | None,
    channel: str | None,
    subscription: str | None,
    since: str | None,
    until: str | None,
) -> DeliveryFilter:
    from worker.store import DeliveryFilter

    return DeliveryFilter(
        state=state,
        channel=channel,
        subscription_id=subscription,
        since=parse_moment(since, now, "--since") if since is not None else None,
        until=parse_moment(until, now, "--until") if until is not None else None,
    )


def _lines(store: Store, filters: DeliveryFilter, limit: int) -> Iterator[DeliveryLine]:
    cursor: str | None = None
    while limit > 0:
        page = store.reads.deliveries(filters, cursor, min(_PAGE, limit))
        yield from page.items
        limit, cursor = limit - len(page.items), page.next
        if cursor is None:
            return


def _named(store: Store, ids: list[str]) -> list[DeliveryLine]:
    from worker.store import DeliveryLine

    lines = []
    for one in dict.fromkeys(ids):
        detail = store.reads.delivery(one)
        if detail is None:
            raise Failure(f"there is no delivery {one}: see `alliance-watch deliveries list`")
        story = detail.alert.story_id if detail.alert else None
        lines.append(DeliveryLine(detail.delivery, detail.headline, story, None))
    return lines


def _row(line: DeliveryLine) -> dict[str, Any]:
    delivery = line.delivery
    return {
        "id": delivery.id,
        "alert_id": delivery.alert_id,
        "story_id": line.story_id,
        "subscription_id": delivery.subscription_id,
        "channel": delivery.channel,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "headline": line.headline,
        "created": delivery.created,
        "settled": delivery.settled,
        "due": line.due_at,
        "last_error": delivery.last_error,
    }
