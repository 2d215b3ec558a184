"""Serving the dashboard until the process is told to stop."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache, partial
from types import FrameType
from typing import TYPE_CHECKING, Protocol

import structlog
import uvicorn
from fastapi import FastAPI

from worker import __version__, broker, tasks, wiring
from worker.config import Settings
from worker.dashboard.app import create_app
from worker.dashboard.services import Services
from worker.domain.event import Classification
from worker.heartbeat import Heartbeat

if TYPE_CHECKING:
    from worker.classify import Explanation

log = structlog.get_logger(__name__)


class Loaded(Protocol):
    """What a `Classifier` has."""

    def classify(
        self, title: str, text: str, *, language: str | None = ..., published: datetime | None = ...
    ) -> Classification: ...

    def explain(
        self, title: str, text: str, *, language: str | None = ..., published: datetime | None = ...
    ) -> Explanation: ...


# Event streams end at once; this is for requests that are being answered.
GRACE_SECONDS = 2


def serve(settings: Settings) -> int:
    """Serve on `settings.service.listen` until INT or TERM; gives the exit code.

    Starts also without database and queue: the pages say what is missing. Raises
    `wiring.CannotStart` when the address is taken.
    """
    wiring.configure_part(settings, "dashboard")
    listen = settings.service.listen
    try:
        bound = bind(listen.host, listen.port)
    except OSError as error:
        raise wiring.CannotStart(
            f"the dashboard cannot listen on {listen} ({error.strerror}): "
            "set [service] listen, or ALLIANCE_WATCH_SERVICE__LISTEN, to a free address"
        ) from None
    with contextlib.closing(bound), services_for(settings) as services:
        app = create_app(services)
        heartbeat = Heartbeat(
            services.store,
            "dashboard",
            clock=services.clock,
            gauges=lambda: {"viewers": app.state.sampler.viewers},
        ).start()
        try:
            run(app, bound)
        finally:
            heartbeat.stop()
    return 0


@contextlib.contextmanager
def services_for(settings: Settings) -> Iterator[Services]:
    """What the dashboard of this configuration works with; nothing is connected to yet."""
    tasks.configure(wiring.broker_url(settings))
    store = wiring.open_store(settings)
    probe = broker.probe(wiring.broker_url(settings))
    classifier = LazyClassifier(lambda: wiring.load_classifier(settings))
    try:
        yield Services(
            store=store,
            probe=probe,
            clock=wiring.now,
            classify=classifier.classify,
            explain=classifier.explain,
            enqueue_items=tasks.enqueue_items,
            enqueue_deliveries=tasks.enqueue_deliveries,
            discover=partial(wiring.discover_feeds, settings),
            seal=cache(lambda: wiring.seal(settings)),
            slack_secrets=wiring.slack_secrets(settings),
            public_url=settings.service.public_url,
            version=__version__,
        )
    finally:
        probe.close()
        store.close()


class LazyClassifier:
    """Loads the classifier when somebody first wants it: most dashboards never do, and it is
    large. One text at a time, since more would only take turns on the interpreter's lock."""

    def __init__(self, load: Callable[[], Loaded]) -> None:
        self._load = load
        self._loaded: Loaded | None = None
        self._lock = threading.Lock()

    def classify(
        self,
        title: str,
        text: str,
        *,
        language: str | None = None,
        published: datetime | None = None,
    ) -> Classification:
        """As `Classifier.classify`. Raises `FaultyInput` where the rules do not load."""
        with self._lock:
            return self._ready().classify(title, text, language=language, published=published)

    def explain(
        self,
        title: str,
        text: str,
        *,
        language: str | None = None,
        published: datetime | None = None,
    ) -> Explanation:
        """As `Classifier.explain`. Raises `FaultyInput` where the rules do not load."""
        with self._lock:
            return self._ready().explain(title, text, language=language, published=published)

    def _ready(self) -> Loaded:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded


def run(app: FastAPI, bound: socket.socket) -> None:
    """Serve the app on a socket that is bound already, until INT or TERM."""
    host, port = bound.getsockname()[:2]
    log.info("dashboard_started", address=f"http://{f'[{host}]' if ':' in host else host}:{port}")
    make_server(app).run(sockets=[bound])
    log.info("dashboard_stopped")


def make_server(app: FastAPI) -> Server:
    """A server for this app with our settings, not yet running."""
    return Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            timeout_graceful_shutdown=GRACE_SECONDS,
            timeout_keep_alive=15,
            lifespan="on",
            ws="none",
        ),
        app,
    )


class Server(uvicorn.Server):
    """A server whose event streams end when it is to stop, and whose process then goes on."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """As the original, which runs on INT and TERM."""
        self.stop()
        super().handle_exit(sig, frame)

    def stop(self) -> None:
        """Begin to stop; may be called from any thread."""
        # Streams never end by themselves: without this each stop would take all its grace.
        self._app.state.sampler.stop()
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As the original, which would raise the signal anew after an orderly stop."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            number: signal.signal(number, self.handle_exit)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 lets the system choose. Raises `OSError`."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # Named, since asyncio sends small answers at once only on what it knows to be TCP: without
    # it each answer on a kept connection would wait 40 ms for an acknowledgement.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound
