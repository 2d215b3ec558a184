"""`alliance-watch feeds`: which feeds are watched, and trying one out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.actor import actor
from worker.cli.failures import FAILURES, Failure, wrong_usage
from worker.cli.options import ConfigOption, JsonOption, load_settings, open_store
from worker.cli.show import print_rows

if TYPE_CHECKING:
    from worker.config import Settings
    from worker.domain.feed import Feed, Fetched
    from worker.feeds.discovery import Discovered
    from worker.store import Store

app = typer.Typer(help="Manage and try feeds.", no_args_is_help=True)

UrlArgument = Annotated[str, typer.Argument(metavar="URL", help="Address of the feed.")]


@app.command("list")
def list_feeds(
    everything: Annotated[bool, typer.Option("--all", help="Removed feeds, too.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List the feeds with their state."""
    from worker import wiring
    from worker.domain.feed import FeedStatus
    from worker.net import redact_url

    with open_store(config) as (_, store):
        overview = store.reads.feed_overview(wiring.now())
    rows = [
        {
            "id": one.feed.id,
            "url": redact_url(one.feed.url),
            "name": one.feed.name,
            "status": one.state.status.value,
            "configured": one.configured,
            "interval": one.feed.interval,
            "items": one.items,
            "items_last_day": one.items_last_day,
            "last_item_seen": one.last_item_seen,
            "last_polled": one.state.last_polled_at,
            "last_success": one.state.last_success_at,
            "next_poll": one.state.next_poll_at,
            "next_poll_reason": one.state.next_poll_reason,
            "moved_to": one.state.move.address and redact_url(one.state.move.address),
            "failures": one.state.failures,
            "last_error": one.state.last_error,
        }
        for one in overview
        if everything or one.state.status is not FeedStatus.REMOVED
    ]
    columns = ["name", "status", "items", "last_polled", "next_poll", "next_poll_reason", "url"]
    columns += [
        name for name in ("moved_to", "last_error") if as_json or any(row[name] for row in rows)
    ]
    print_rows(rows, columns, as_json=as_json, empty="no feeds")


@app.command()
def add(
    url: UrlArgument,
    name: Annotated[str, typer.Option(help="Name for people.")] = "",
    interval: Annotated[
        str, typer.Option(metavar="DURATION", help='Shortest wait between polls, from "1s".')
    ] = "2m",
    full_text: Annotated[
        bool, typer.Option("--full-text", help="Fetch the article behind each link.")
    ] = False,
    discover: Annotated[
        bool, typer.Option("--discover", help="URL is a site: watch the first feed found there.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Watch a feed beside those of the configuration."""
    if discover:
        found = _discover(load_settings(config), url)
        url, name = found[0].url, name or found[0].title
        typer.echo(f"found {_shown(url)}", err=True)
    feed = _feed(url=url, name=name, interval=interval, full_text=full_text)
    with open_store(config) as (_, store):
        if not _add(store, [feed]):
            raise Failure("this feed is watched already")
    typer.echo(feed.id)


@app.command("discover")
def discover_feeds(
    url: Annotated[str, typer.Argument(metavar="URL", help="Address of a site or page.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List the feeds of a site; nothing is stored."""
    rows = [
        {"url": one.url, "title": one.title, "kind": one.kind, "entries": one.entries}
        for one in _discover(load_settings(config), url)
    ]
    print_rows(rows, ["url", "title", "kind", "entries"], as_json=as_json, empty="no feeds")


def _discover(settings: Settings, url: str) -> list[Discovered]:
    """At least one feed. Raises Failure."""
    from worker import wiring
    from worker.net import NetError

    try:
        found = asyncio.run(wiring.discover_feeds(settings, url))
    except NetError as error:
        raise Failure(str(error)) from None
    if not found:
        raise Failure(f"no feed was found at {_shown(url)}")
    return found


@app.command()
def remove(
    feed: Annotated[str, typer.Argument(metavar="URL", help="Address or id of the feed.")],
    config: ConfigOption = None,
) -> None:
    """Watch a feed no more. What it has brought stays."""
    from worker import wiring

    now = wiring.now()
    with open_store(config) as (settings, store):
        named = [known for known, _ in store.feeds() if feed in (known.id, known.url)]
        if not named or not store.remove_feed(named[0].id, now):
            raise Failure("no such feed is watched: see `alliance-watch feeds list`")
        store.audit(actor(), "remove_feed", named[0].id, "", now)
        if named[0].id in {known.id for known in settings.feed_list()}:
            typer.echo(
                "removed; the configuration still names it and brings it back at the next start",
                err=True,
            )


@app.command("move-back")
def move_back(
    feed: Annotated[str, typer.Argument(metavar="URL", help="Address or id of the feed.")],
    config: ConfigOption = None,
) -> None:
    """Poll a feed at its own address again, after its origin had moved it for good (301, 308).

    The other address is never saved again by itself.
    """
    from worker import wiring
    from worker.net import redact_url

    with open_store(config) as (_, store):
        named = [known for known, _ in store.feeds() if feed in (known.id, known.url)]
        address = store.take_back_move(named[0].id) if named else None
        if address is None:
            raise Failure("no such feed has moved: see `alliance-watch feeds list`")
        detail = f"polled at its own address again, not at {redact_url(address)}"
        store.audit(actor(), "move_feed_back", named[0].id, detail, wiring.now())
    typer.echo(f"{named[0].name} is {detail}", err=True)


@app.command("import")
def import_feeds(
    file: Annotated[
        Path, typer.Argument(metavar="OPML", exists=True, dir_okay=False, help="List of feeds.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    config: ConfigOption = None,
) -> None:
    """Watch every feed of an OPML list."""
    from worker.cli.opml import read_opml

    try:
        outlines = read_opml(file.read_bytes())
    except ValueError as error:
        raise wrong_usage(f"{file}: {error}") from None
    listed: list[Feed] = []
    for outline in outlines:
        try:
            listed.append(_feed(url=outline.url, name=outline.name))
        except Failure as failure:
            typer.echo(f"left out {outline.name or outline.url!r}: {failure}", err=True)
    with open_store(config) as (_, store):
        added = _unwatched(store, listed) if dry_run else _add(store, listed)
    verb = "would be added" if dry_run else "added"
    known, refused = len(listed) - len(added), len(outlines) - len(listed)
    typer.echo(f"{len(added)} {verb}, {known} watched already, {refused} left out", err=True)
    if refused:
        raise typer.Exit(FAILURES)


@app.command("export")
def export_feeds(
    with_credentials: Annotated[
        bool,
        typer.Option("--with-credentials", help="Passwords and keys in addresses, too."),
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Print the feeds as an OPML list.

    Addresses come without user, password and what looks like a key in them, unless asked for.
    """
    from worker.cli.opml import Outline, write_opml
    from worker.domain.feed import FeedStatus
    from worker.feeds.credentials import without_credentials

    with open_store(config) as (_, store):
        feeds = store.feeds()
    kept = [feed for feed, state in feeds if state.status is not FeedStatus.REMOVED]
    shown = {feed.id: without_credentials(feed.url) for feed in kept}
    if with_credentials:
        shown = {feed.id: feed.url for feed in kept}
    typer.echo(write_opml(Outline(shown[feed.id], feed.name) for feed in kept), nl=False)
    cut = sum(shown[feed.id] != feed.url for feed in kept)
    if cut:
        typer.echo(
            f"{cut} addresses are without their credentials: --with-credentials prints them",
            err=True,
        )


@app.command("test")
def try_feed(
    url: UrlArgument,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Poll a feed once and show what it gives; nothing is stored.

    The network settings of the configuration hold, and its headers if it names this feed.
    """
    settings = load_settings(config)
    configured = {feed.url: feed for feed in settings.feed_list()}
    feed = configured.get(url) or _feed(url=url)
    fetched = asyncio.run(_fetch(settings, feed))
    if fetched.error is not None:
        raise Failure(fetched.error)
    rows = [
        {
            "published": entry.published,
            "title": entry.title,
            "url": entry.url,
            "language": entry.language,
            "characters": len(entry.text),
            "version": entry.version,
            "provider": entry.provider,
            "embargoed_until": entry.embargoed_until,
            "withdrawn": entry.withdrawn,
        }
        for entry in fetched.entries
    ]
    print_rows(
        rows, ["published", "title", "characters"], as_json=as_json, empty="the feed has no entries"
    )
    for warning in fetched.warnings:
        typer.echo(f"warning: {warning}", err=True)
    if fetched.dropped:
        typer.echo(f"{fetched.dropped} entries cannot be used", err=True)


async def _fetch(settings: Settings, feed: Feed) -> Fetched:
    from worker import wiring
    from worker.domain.feed import FeedState
    from worker.feeds.fetch import Fetcher
    from worker.feeds.parse import ParserPool

    async with wiring.outbound(settings) as out, ParserPool(workers=1) as parser:
        return await Fetcher(out, parser).fetch(feed, FeedState(feed.id))


def _feed(**values: Any) -> Feed:
    """A feed by the same rules as in the configuration. Raises Failure."""
    from pydantic import ValidationError

    from worker.config import FeedSettings

    try:
        return FeedSettings.model_validate(values).feed()
    except ValidationError as error:
        details = error.errors(include_url=False)[0]
        context = details.get("ctx", {})
        problem = str(context.get("problem", details["msg"]))
        mend = f" ({context['mend']})" if "mend" in context else ""
        raise wrong_usage(f"{details['loc'][0]}: {problem}{mend}") from None


def _shown(url: str) -> str:
    from worker.net import redact_url

    return redact_url(url)


def _unwatched(store: Store, feeds: list[Feed]) -> list[Feed]:
    """Those of the feeds that are not watched yet, each once."""
    from worker.domain.feed import FeedStatus

    watched = {feed.id for feed, state in store.feeds() if state.status is not FeedStatus.REMOVED}
    return list({feed.id: feed for feed in feeds if feed.id not in watched}.values())


def _add(store: Store, feeds: list[Feed]) -> list[Feed]:
    """Watch those that are not watched yet; gives them. Their first polls are spread."""
    from worker import wiring
    from worker.feeds.schedule import first_poll

    now = wiring.now()
    new = _unwatched(store, feeds)
    count = len(new)
    due = [(feed, first_poll(feed, at, count, now)) for at, feed in enumerate(new)]
    store.add_feeds(due, now, by=actor())
    return new
