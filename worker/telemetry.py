"""Logs for people and errors for Sentry, both scrubbed of secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import structlog

from worker import __version__
from worker.scrub import Scrubber

# Their lines at INFO say what ours say already, some with whole addresses in them.
_QUIET = (
    "aiohttp", "aiosmtplib", "alembic", "amqp", "asyncio", "celery", "httpx", "kombu",
    "slack_sdk", "sqlalchemy", "uvicorn",
)  # fmt: skip

# What a terminal would obey, and what would make two lines of one.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROLS_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
# These two hold stack traces, which have lines of their own.
_OF_MANY_LINES = ("exception", "stack")


class _StandardError(logging.Handler):
    """Writes to standard error as it is now, and never shows what could not be written."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError, ValueError):  # nobody reads any more
            try:
                line = self.format(record)
            except Exception as error:
                # Python's own report would show the message with its secrets.
                line = f"a line of {record.name} cannot be shown: {type(error).__name__}"
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()


def configure_logging(scrubber: Scrubber, *, level: int = logging.INFO) -> None:
    """Send every log line, ours and the libraries', scrubbed to standard error.

    Control characters are shown as signs (␊, ␛), so that no text from outside can pose as a line of
    the log or steer a terminal.
    """

    def scrub(
        _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        return {key: _clean(key, scrubber.tree({key: event[key]})) for key in event}

    start: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
    ]
    structlog.configure(
        processors=[*start, _to_record],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=start,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
                scrub,
                structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=24),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _clean(key: str, scrubbed: Mapping[str, Any]) -> Any:
    [value] = scrubbed.values()
    if not isinstance(value, str):
        return value
    controls = _CONTROLS_IN_LINES if key in _OF_MANY_LINES else _CONTROLS
    return controls.sub(lambda found: _picture(ord(found[0])), value)


def _picture(code: int) -> str:
    """A sign for a control character: Unicode's control pictures as far as they reach."""
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"


def _to_record(
    logger: Any, method: str, event: MutableMapping[str, Any]
) -> tuple[tuple[MutableMapping[str, Any]], dict[str, Any]]:
    """Hand an event over to `logging`, with its exception where other handlers look for it."""
    args, kwargs = structlog.stdlib.ProcessorFormatter.wrap_for_formatter(logger, method, event)
    return args, {**kwargs, "exc_info": event.get("exc_info")}


def configure_sentry(dsn: str, part: str, scrubber: Scrubber, **options: Any) -> bool:
    """Report errors of this part to Sentry; without a DSN nothing is imported or sent.

    Frame locals and request bodies stay here; what is left is scrubbed before it goes.
    `options` reach `sentry_sdk.init` (tests give a transport).
    """
    if not dsn:
        return False
    import sentry_sdk
    from sentry_sdk.integrations.celery import CeleryIntegration

    def before_send(event: Any, hint: Mapping[str, Any]) -> Any:
        return scrubber.tree(_named(event, hint.get("log_record")))

    def before_breadcrumb(crumb: Any, hint: Mapping[str, Any]) -> Any:
        record = hint.get("log_record")
        if record is not None and isinstance(record.msg, dict):
            crumb = {**crumb, "message": str(record.msg.get("event"))}
        crumb = _without_paths(crumb)
        return scrubber.tree(crumb)

    sentry_sdk.init(
        dsn=dsn,
        release=f"alliance-watch@{__version__}",
        include_local_variables=False,
        max_request_body_size="never",
        traces_sample_rate=0.0,
        before_send=before_send,
        before_breadcrumb=before_breadcrumb,
        integrations=[CeleryIntegration(monitor_beat_tasks=False)],
        **options,
    )
    sentry_sdk.set_tag("part", part)
    return True


def _without_paths(crumb: Any) -> Any:
    """What was asked of which host, without the path: that of a webhook opens a door."""
    data = crumb.get("data")
    if not isinstance(data, Mapping) or "url" not in data:
        return crumb
    parts = urlsplit(str(data["url"]))
    kept = {name: data[name] for name in ("method", "http.method", "status_code") if name in data}
    return {**crumb, "data": {**kept, "url": f"{parts.scheme}://{parts.hostname or ''}/…"}}


def _named(event: Any, record: logging.LogRecord | None) -> Any:
    """An event of ours under its own name, so that Sentry puts equal ones together."""
    if record is None or not isinstance(record.msg, dict):
        return event
    values = {key: repr(value) if not isinstance(value, str | int | float) else value
              for key, value in record.msg.items() if key not in ("event", "exc_info")}  # fmt: skip
    return {**event, "logentry": {"message": str(record.msg.get("event"))}, "extra": values}
