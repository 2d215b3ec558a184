"""The one place where parts are put together; everything else takes what it needs as arguments."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, SecretStr

from worker import embedded_redis
from worker.config import Settings
from worker.scrub import Scrubber
from worker.seal import Seal
from worker.shipped import shipped_rules
from worker.telemetry import configure_logging, configure_sentry

if TYPE_CHECKING:
    from worker.channels import Channel
    from worker.classify import Classifier
    from worker.feeds.discovery import Discovered
    from worker.hub_lane import HubLane
    from worker.net import Outbound
    from worker.store import Store

KEY_FILE = "secret.key"


class CannotStart(Exception):  # noqa: N818 - it states why, for people
    """A part cannot be started here and now; the message says why and what to do."""


def now() -> datetime:
    """The clock of the running service."""
    return datetime.now(UTC)


def database_url(settings: Settings) -> str:
    """The configured database, or the SQLite file in the data directory."""
    configured = settings.service.database_url.get_secret_value()
    if configured:
        return configured
    path = settings.service.data_dir.resolve() / "alliance-watch.db"
    return f"sqlite:///{quote(str(path))}"


def broker_url(settings: Settings) -> str:
    """The configured broker, or the embedded Redis of the data directory."""
    configured = settings.service.broker_url.get_secret_value()
    return configured or embedded_redis.broker_url(settings.service.data_dir)


def open_store(settings: Settings) -> Store:
    """The store of this configuration; connects at its first use."""
    from worker.store import Store

    if not settings.service.database_url.get_secret_value():
        make_data_dir(settings)
    return Store.open(database_url(settings))


def make_data_dir(settings: Settings) -> Path:
    """The data directory, made for its owner alone: addresses of feeds may hold passwords.

    Raises `CannotStart` when nothing can be written there.
    """
    data_dir = settings.service.data_dir
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data_dir):
            pass
    except OSError as error:
        raise CannotStart(
            f"the data directory {data_dir} cannot be used ({error.strerror}): "
            "set [service] data_dir, or ALLIANCE_WATCH_SERVICE__DATA_DIR, to a folder to write in"
        ) from None
    return data_dir


def require_schema(store: Store) -> None:
    """Raise `CannotStart` when the database is not of this version of the service."""
    if not store.schema_is_current():
        raise CannotStart(
            "the database's schema is not that of this version: run `alliance-watch db upgrade`"
        )


def prepare_store(settings: Settings, store: Store) -> None:
    """Bring the configuration's feeds and subscriptions into the database."""
    moment = now()
    store.sync_feeds(settings.feed_list(), moment)
    store.sync_subscriptions(settings.subscription_list(), moment)


def rule_folders(settings: Settings) -> tuple[Path, ...]:
    """The configured folders of rules, or the one that ships with the service."""
    return settings.service.rules or (shipped_rules(),)


def load_classifier(settings: Settings) -> Classifier:
    """The classifier with the configured rules. Raises `FaultyInput` with every finding."""
    from worker import classify

    return classify.load(rule_folders(settings))


def load_owners(settings: Settings) -> Mapping[str, str]:
    """Every company of the watchlists that is a unit, with the company at its head."""
    from worker.classify import watchlist
    from worker.classify.yamlfile import YamlFile, read_yaml

    folders = [folder / "watchlists" for folder in rule_folders(settings)]
    paths = [path for folder in folders for path in sorted(folder.glob("*.y*ml"))]
    files = [file for file in map(read_yaml, paths) if isinstance(file, YamlFile)]
    known = watchlist.build(files)
    roots = {key: known.root(key) for key in known.companies}
    return {key: root for key, root in roots.items() if root != key}


def outbound(settings: Settings) -> Outbound:
    """The one way out, to be entered in the event loop that uses it."""
    from worker.net import Outbound

    return Outbound(
        allow=[str(network) for network in settings.network.allow],
        proxy=settings.network.proxy.get_secret_value(),
    )


async def discover_feeds(settings: Settings, url: str) -> list[Discovered]:
    """The feeds at or behind an address, over the way out of this configuration.

    Raises `NetError` where the address cannot be fetched.
    """
    from worker.feeds.discovery import discover
    from worker.feeds.parse import ParserPool

    async with outbound(settings) as out, ParserPool(workers=1) as parser:
        return await discover(url, out, parser)


def hub_lane(settings: Settings, store: Store, out: Outbound, owner: str) -> HubLane | None:
    """What asks hubs for pushes; `None` where they could not reach the dashboard."""
    from worker.hub_lane import HubLane

    if not settings.service.websub:
        return None
    callback = f"{settings.service.public_url.rstrip('/')}/hub/"
    return HubLane(store, out, seal(settings), callback, owner, now)


def build_channels(settings: Settings, out: Outbound) -> dict[str, Channel]:
    """Every configured channel by its name."""
    from worker import channels

    timeout = settings.delivery.timeout.total_seconds()
    mailing = any(channel.type == "email" for channel in settings.channels)
    links = channels.MailLinks(settings.service.public_url, seal(settings)) if mailing else None
    return {
        channel.name: channels.build(channel, out, timeout=timeout, links=links)
        for channel in settings.channels
    }


def seal(settings: Settings) -> Seal:
    """What seals secrets of subscribers and signs links: by the configured key, or by one that is
    made in the data directory, for its owner alone. Raises `CannotStart`."""
    configured = settings.service.secret_key.get_secret_value()
    return Seal(configured or _own_key(make_data_dir(settings) / KEY_FILE))


def _own_key(file: Path) -> str:
    if not file.exists():
        with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=KEY_FILE) as made:
            made.write(secrets.token_urlsafe(32))
            made.flush()
            # Of several parts that start together one makes it, and the others find it.
            with suppress(FileExistsError):
                os.link(made.name, file)
    return file.read_text()


def slack_secrets(settings: Settings) -> tuple[str, ...]:
    """The signing secrets of the configured Slack apps."""
    return tuple(
        channel.signing_secret.get_secret_value()
        for channel in settings.channels
        if channel.type == "slack" and channel.signing_secret is not None
    )


def scrubber(settings: Settings) -> Scrubber:
    """A scrubber that knows every secret of this configuration."""
    return Scrubber(_secrets(settings))


def configure_part(settings: Settings, part: str) -> None:
    """Logging and error reports for one process."""
    scrub = scrubber(settings)
    configure_logging(scrub)
    configure_sentry(settings.service.sentry_dsn.get_secret_value(), part, scrub)


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        secret = value.get_secret_value()
        yield secret
        password = urlsplit(secret).password if "://" in secret else None
        if password:
            yield password
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _secrets(getattr(value, name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _secrets(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _secrets(item)
