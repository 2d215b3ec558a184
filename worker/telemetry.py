"""Logs for people and errors for Sentry, both scrubbed of secrets."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from worker import __version__
from worker.scrub import Scrubber

# Their lines at INFO say what ours say already, some with whole addresses in them.
_QUIET = (
    "aiohttp", "aiosmtplib", "alembic", "amqp", "asyncio", "celery", "httpx", "kombu",
    "slack_sdk", "sqlalchemy", "uvicorn",
)  # fmt: skip


def configure_logging(scrubber: Scrubber, *, level: int = logging.INFO) -> None:
    """Send every log line, ours and the libraries', scrubbed to standard error."""

    def scrub(
        _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        return {
            key: scrubber.text(value) if isinstance(value, str) else value
            for key, value in event.items()
        }

    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        structlog.processors.format_exc_info,
        scrub,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=24),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def configure_sentry(dsn: str, part: str, scrubber: Scrubber, **options: Any) -> bool:
    """Report errors of this part to Sentry; without a DSN nothing is imported or sent.

    Frame locals, request bodies and the texts of breadcrumbs stay here: what is left is
    scrubbed again before it goes. `options` reach `sentry_sdk.init` (tests give a transport).
    """
    if not dsn:
        return False
    import sentry_sdk
    from sentry_sdk.integrations.celery import CeleryIntegration

    def before_send(event: Any, _hint: Mapping[str, Any]) -> Any:
        return scrubber.tree(event)

    def before_breadcrumb(crumb: Any, _hint: Mapping[str, Any]) -> Any:
        return scrubber.tree(crumb)

    sentry_sdk.init(
        dsn=dsn,
        release=f"alliance-watch@{__version__}",
        send_default_pii=False,
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
