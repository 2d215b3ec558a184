"""Serving the dashboard until the process is told to stop."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI

from worker import wiring
from worker.config import Settings
from worker.dashboard.app import create_app
from worker.dashboard.assembly import services as assemble
from worker.heartbeat import Heartbeat

log = structlog.get_logger(__name__)

# Event streams end at once; this is for requests that are being answered.
GRACE_SECONDS = 2


def serve(settings: Settings) -> int:
    """Serve on `settings.service.listen` until INT or TERM: 0, or 1 when that is not possible."""
    wiring.configure_part(settings, "dashboard")
    listen = settings.service.listen
    try:
        bound = _bind(listen.host, listen.port)
    except OSError as error:
        log.error("dashboard_cannot_listen", address=str(listen), error=error.strerror)
        return 1
    services = assemble(settings)
    app = create_app(services)
    heartbeat = Heartbeat(
        services.store,
        "dashboard",
        clock=services.clock,
        gauges=lambda: {"viewers": app.state.sampler.viewers},
    )
    with contextlib.closing(bound):
        heartbeat.start()
        try:
            run(app, bound)
        finally:
            heartbeat.stop()
    return 0


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


def _bind(host: str, port: int) -> socket.socket:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound
