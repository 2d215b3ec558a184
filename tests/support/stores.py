"""Fixtures for stores on both databases; import those you need in a `conftest.py`.

database_url        a migrated database, once on SQLite and once on PostgreSQL
empty_database_url  the same without any table
store               a store on `database_url`
sqlite_url, postgres_url, sqlite_store, postgres_store    on one of them alone
postgres_server     the server of the test run (`tests.support.postgres.Server`)

Every test has a database of its own.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest

from tests.support import postgres
from tests.support.factories import NOW
from worker.domain import ids
from worker.domain.alert import Alert
from worker.domain.delivery import Delivery
from worker.domain.standing import Told
from worker.domain.story import Known, Report, Story
from worker.store import Store
from worker.store.schema import MIGRATIONS

BACKENDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test run have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def postgres_server(shared_folder: Path) -> Iterator[postgres.Server]:
    """A real PostgreSQL, one for the whole run."""
    with postgres.server(shared_folder / "postgres") as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: postgres.Server) -> str:
    """The name of a migrated database to copy."""
    migrations = sorted((MIGRATIONS / "versions").glob("*.py"))
    version = hashlib.sha256(b"".join(path.read_bytes() for path in migrations)).hexdigest()[:16]
    name = f"alliance_watch_template_{version}"
    if not postgres_server.exists(name):
        unfinished = f"template_{uuid.uuid4().hex}"
        postgres_server.create(unfinished)
        _migrate(postgres_server.url_of(unfinished))
        if not postgres_server.rename(unfinished, name):  # another process was quicker
            postgres_server.drop(unfinished)
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file to copy."""
    file = tmp_path_factory.mktemp("template") / "store.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database."""
    file = tmp_path / "store.db"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgres_url(postgres_server: postgres.Server, postgres_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database."""
    with postgres_server.database(postgres_template) as url:
        yield url


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of each kind."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture(params=BACKENDS)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind without any table."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            yield f"sqlite:///{tmp_path / 'fresh' / 'store.db'}"
        else:
            server: postgres.Server = request.getfixturevalue("postgres_server")
            yield stack.enter_context(server.database())


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store on each kind of database."""
    yield from _opened(database_url)


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """A store on SQLite."""
    yield from _opened(sqlite_url)


@pytest.fixture
def postgres_store(postgres_url: str) -> Iterator[Store]:
    """A store on PostgreSQL."""
    yield from _opened(postgres_url)


def _opened(url: str) -> Iterator[Store]:
    store = Store.open(url)
    yield store
    store.close()


def _migrate(url: str) -> None:
    store = Store.open(url)
    store.upgrade()
    store.close()


def record_alert(
    store: Store,
    alert: Alert,
    *,
    channels: Sequence[str] = ("desk",),
    now: datetime = NOW,
    subscription: str = "",
) -> list[str]:
    """Bring an alert in as the pipeline does: its item, event and story, and one delivery a
    channel, due at `now`, for `subscription` or one named like the channel; gives back the
    deliveries' ids."""
    store.store_items([alert.item], now)
    deliveries = [
        Delivery(
            id=ids.delivery_id(alert.id, subscription or f"sub_{channel}"),
            alert_id=alert.id,
            subscription_id=subscription or f"sub_{channel}",
            channel=channel,
            next_attempt_at=now,
            created=now,
        )
        for channel in channels
    ]
    with store.judging(alert.item.id, keys_of(alert), now) as judging:
        judging.record(
            alert.language,
            [(alert.event_id, alert.event)],
            [story_of(alert)],
            [alert],
            deliveries,
            told=[told_by(alert)],
        )
    return [delivery.id for delivery in deliveries]


def keys_of(alert: Alert) -> list[tuple[str, str]]:
    """By what the story of an alert is found."""
    return [(alert.event.rule, company) for company in story_of(alert).core]


def told_by(alert: Alert) -> Told:
    """The report that raised an alert."""
    return Told(alert.event_id, alert.story_id, alert.id, alert.headline, alert.created)


def story_of(alert: Alert) -> Story:
    """The story of an alert, as it stands after it."""
    item = alert.item
    at = item.published or item.seen
    report = Report(alert.event_id, item.id, at, {"status": alert.event.status.value})
    return Story(
        id=alert.story_id,
        rule=alert.event.rule,
        companies=tuple(sorted(alert.event.companies)),
        alliance=alert.event.alliance,
        started=alert.created,
        sequence=alert.sequence,
        status=alert.event.status,
        core=tuple(sorted(set(alert.event.companies))),
        ledger={"status": Known(alert.event.status.value, item.id, at, (("rumoured", at),))},
        reports=(report,),
        alert_id=alert.id,
        reported=at,
    )
