"""The commands that run the service or one of its parts."""

from __future__ import annotations

from typing import Annotated

import typer

from worker.cli.failures import Failure, wrong_usage
from worker.cli.options import ConfigOption, config_file, load_settings

QUEUES = ("classify", "deliver")


def run(config: ConfigOption = None) -> None:
    """Run everything on this machine until Ctrl-C.

    Without a configuration it watches the sample wire that ships with the service.
    """
    file = config_file(config)
    settings = load_settings(file)
    from worker import service

    raise typer.Exit(service.run(settings, file))


def poller(config: ConfigOption = None) -> None:
    """Run a poller alone; any number of them share the feeds."""
    settings = load_settings(config)
    from worker import poller as part

    raise typer.Exit(part.main(settings))


def worker(
    queues: Annotated[
        str,
        typer.Option(
            metavar="NAMES", help=f"Queues to serve, between commas: {', '.join(QUEUES)}."
        ),
    ] = ",".join(QUEUES),
    config: ConfigOption = None,
) -> None:
    """Run workers alone: they classify items and deliver alerts."""
    names = list(dict.fromkeys(name.strip() for name in queues.split(",") if name.strip()))
    unknown = [name for name in names if name not in QUEUES]
    if unknown or not names:
        raise wrong_usage(f"--queues names {unknown[0] if unknown else 'nothing'}: "
                          f"choose from {', '.join(QUEUES)}")  # fmt: skip
    file = config_file(config)
    settings = load_settings(file)
    if len(names) == 1:
        from worker import worker_main

        raise typer.Exit(worker_main.main(settings, names[0]))
    from worker import service

    raise typer.Exit(service.run_workers(file, names))


def dashboard(config: ConfigOption = None) -> None:
    """Run the dashboard and API alone."""
    settings = load_settings(config)
    from worker import dashboard as part

    raise typer.Exit(part.serve(settings))


def sample_wire(
    pace: Annotated[
        float, typer.Option(min=0, help="Seconds between two items; 0 shows all at once.")
    ] = 2.0,
    config: ConfigOption = None,
) -> None:
    """Serve the sample wire on loopback, at the port that its configuration polls."""
    import signal
    import threading
    from urllib.parse import urlsplit

    from worker.sample_wire import SampleWire
    from worker.shipped import shipped_sample

    folder = shipped_sample()
    settings = load_settings(config or folder / "watch.toml")
    port = urlsplit(settings.feeds[0].url).port or 80
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    try:
        with SampleWire(folder, port=port, pace=pace):
            stop.wait()
    except OSError as error:
        raise Failure(f"the sample wire cannot listen on port {port}: {error.strerror}") from None
