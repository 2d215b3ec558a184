"""`alliance-watch stories`: what is going on between whom, and how it came about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.actor import actor
from worker.cli.failures import Failure, wrong_usage
from worker.cli.moments import parse_moment
from worker.cli.options import ConfigOption, JsonOption, open_store
from worker.cli.show import print_json, print_rows, visible
from worker.domain.event import Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from worker.channels.labels import Labels
    from worker.store import StoryDetail

app = typer.Typer(help="Look up stories, and mute them.", no_args_is_help=True)

StoryArgument = Annotated[str, typer.Argument(metavar="STORY", help="The story's id.")]
SubscriptionOption = Annotated[
    str | None,
    typer.Option(metavar="ID", help="For this subscription; for all without it."),
]


@app.command("list")
def list_stories(
    rule: Annotated[str | None, typer.Option(help="Only those of this rule.")] = None,
    company: Annotated[
        str | None, typer.Option(metavar="KEY", help="Only those with this company.")
    ] = None,
    alliance: Annotated[
        str | None, typer.Option(metavar="KEY", help="Only those of this alliance.")
    ] = None,
    status: Annotated[Status | None, typer.Option(help="Only those that have got so far.")] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help='Reported since: a time, or how long ago ("6h").'),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 50,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List stories, those that moved last first."""
    from worker import wiring
    from worker.store import StoryFilter

    moment = parse_moment(since, wiring.now(), "--since") if since is not None else None
    filters = StoryFilter(rule, company and company.casefold(), alliance, status, moment)
    with open_store(config) as (_, store):
        lines = store.reads.stories(filters, None, limit).items
    rows = [
        {
            "id": line.story.id,
            "status": line.story.status.value if line.story.status else None,
            "alerts": line.story.sequence,
            "rule": line.story.rule,
            "companies": ", ".join(line.story.companies),
            "alliance": line.story.alliance,
            "reported": line.story.reported,
            "headline": line.headline,
        }
        for line in lines
    ]
    columns = ["id", "status", "alerts", "reported", "headline"]
    print_rows(rows, columns, as_json=as_json, empty="no stories")


@app.command()
def show(story: StoryArgument, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show a story: what is known and who proves it, then every alert with what changed."""
    with open_store(config) as (settings, store):
        detail = store.reads.story(story)
    if detail is None:
        raise _no_story(story)
    if as_json:
        print_json(_data(detail, settings.service.public_url))
        return
    for line in _lines(detail):
        typer.echo(visible(line))


@app.command()
def mute(
    story: StoryArgument,
    length: Annotated[str, typer.Option("--for", metavar="TIME", help='How long: "8h", "3d".')],
    subscription: SubscriptionOption = None,
    config: ConfigOption = None,
) -> None:
    """Send nothing more of a story for a while; what comes up is shown as not sent."""
    from worker import wiring
    from worker.config import parse_duration
    from worker.domain.story import Mute

    now = wiring.now()
    try:
        until = now + parse_duration(length)
    except (ValueError, OverflowError):
        raise wrong_usage('--for takes a length of time such as "8h" or "3d"') from None
    with open_store(config) as (_, store):
        if not store.mute(Mute(story, until, subscription, actor()), now):
            raise _no_story(story)
        store.audit(actor(), "mute", story, subscription or "all", now)
    typer.echo(f"muted until {until:%Y-%m-%d %H:%M} UTC")


@app.command()
def unmute(
    story: StoryArgument, subscription: SubscriptionOption = None, config: ConfigOption = None
) -> None:
    """Let a story be told again before its mute ends."""
    from worker import wiring

    with open_store(config) as (_, store):
        if not store.unmute(story, subscription):
            raise Failure(f"there is no such mute of {story}: see `alliance-watch stories show`")
        store.audit(actor(), "unmute", story, subscription or "all", wiring.now())


def _no_story(story: str) -> Failure:
    return Failure(f"there is no story {story}: see `alliance-watch stories list`")


def _data(detail: StoryDetail, public_url: str) -> dict[str, Any]:
    from worker.channels.digest import alert_url
    from worker.domain.payload import alert_data
    from worker.domain.timeline import ledger_data, mute_data

    known = detail.story
    return {
        "id": known.id,
        "rule": known.rule,
        "companies": list(known.companies),
        "alliance": known.alliance,
        "status": known.status.value if known.status else None,
        "sequence": known.sequence,
        "started": known.started,
        "updated": detail.updated,
        "ledger": ledger_data(known),
        "alerts": [alert_data(alert, alert_url(public_url, alert.id)) for alert in detail.alerts],
        "mutes": [mute_data(mute) for mute in detail.mutes],
    }


def _lines(detail: StoryDetail) -> Iterator[str]:
    from worker.channels.labels import labels_for
    from worker.channels.view import change_line

    labels, known = labels_for("en"), detail.story
    source_of = {report.item_id: report.source for report in detail.reports}
    yield f"{labels.rule(known.rule)}: {', '.join(known.companies)}"
    for name, fact in known.ledger.items():
        value = tuple(fact.value.values()) if isinstance(fact.value, dict) else fact.value
        proof = f"{source_of.get(fact.item_id) or fact.item_id}, {_day(fact.at)}"
        yield f"  {labels.field(name)}: {labels.value(name, value)}  ({proof})"
    for mute in detail.mutes:
        yield f"  muted until {_day(mute.until)} for {mute.subscription_id or 'all'}"
    yield ""
    for alert in detail.alerts:
        told = f"{alert.sequence}. {_day(alert.item.published or alert.created)}  {alert.headline}"
        yield f"{told}  [{alert.reason.value}; {alert.item.source or 'unknown source'}]"
        for change in alert.changes:
            yield f"     {change_line(change, labels)}"
        if alert.also_reported_by:
            yield f"     also reported by {_others(alert.also_reported_by, labels)}"


def _others(mentions: Any, labels: Labels) -> str:
    names = dict.fromkeys(mention.source or labels.none for mention in mentions)
    return ", ".join(names)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
