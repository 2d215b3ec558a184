"""Logs stay readable and hold no secret; what goes to Sentry holds none either."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
import structlog
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from worker.scrub import Scrubber
from worker.telemetry import configure_logging, configure_sentry

DSN = "https://0123456789abcdef0123456789abcdef@sentry.example/1"
SECRETS = {
    "url": "correct-horse-url",
    "token": "correct-horse-token",
    "webhook": "T0AAA/B0BBB/correcthorsehook",
    "whsec": "whsec_Y29ycmVjdGhvcnNl",
    "header": "correct-horse-header",
    "message": "correct-horse-message",
    "crumb": "correct-horse-crumb",
    "local": "correct-horse-local",
}
# Those that no shape gives away are known from the configuration.
SCRUBBER = Scrubber([SECRETS["message"], SECRETS["crumb"]])


class Caught(Transport):
    """Keeps envelopes as they would go over the wire."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[bytes] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.bodies.append(envelope.serialize())

    @property
    def text(self) -> str:
        return b"\n".join(self.bodies).decode()

    @property
    def events(self) -> list[dict[str, Any]]:
        lines = [line for body in self.bodies for line in body.splitlines()]
        parsed = [json.loads(line) for line in lines]
        return [line for line in parsed if "event_id" in line and "platform" in line]


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """The root logger, put back as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def caught(root_logger: logging.Logger) -> Iterator[Caught]:
    transport = Caught()
    configure_logging(SCRUBBER)
    assert configure_sentry(DSN, "poller", SCRUBBER, transport=transport)
    yield transport
    sentry_sdk.get_client().close(timeout=0)
    sentry_sdk.get_global_scope().set_client(None)
    sentry_sdk.get_isolation_scope().clear()


@pytest.fixture
def log(
    root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> structlog.stdlib.BoundLogger:
    configure_logging(Scrubber(["hunter2"]))
    logger: structlog.stdlib.BoundLogger = structlog.get_logger("worker.test")
    return logger


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert out == "", "standard output belongs to the console channel"
    return err


def test_a_line_has_time_level_name_and_values(
    log: structlog.stdlib.BoundLogger, capsys: pytest.CaptureFixture[str]
) -> None:
    log.warning("poll_failed", feed="Example", failures=3)
    [line] = printed(capsys).splitlines()
    time, rest = line.split(" ", 1)
    assert len(time) == len("09:30:00")
    for part in ("[warning", "poll_failed", "feed=Example", "failures=3"):
        assert part in rest


def test_secrets_in_values_of_any_kind_are_masked(
    log: structlog.stdlib.BoundLogger, capsys: pytest.CaptureFixture[str]
) -> None:
    log.info(
        "hunter2_event",
        text="a hunter2",
        error=OSError("no hunter2"),
        nested={"list": ["hunter2"]},
        url="redis://:pass-word@h/0",
        password="zzz-top",
        headers={"Authorization": "Token zzz-top"},
    )
    structlog.contextvars.bind_contextvars(context="hunter2")
    log.info("bound")
    logging.getLogger("library").warning("via %s %s", "hunter2", {"token": "zzz-top"})
    text = printed(capsys)
    assert text.count("[secret]") >= 8
    for secret in ("hunter2", "pass-word", "zzz-top"):
        assert secret not in text


def test_exceptions_are_written_once_with_their_secrets_masked(
    log: structlog.stdlib.BoundLogger, capsys: pytest.CaptureFixture[str]
) -> None:
    for report in (
        lambda: log.exception("crashed"),
        lambda: logging.getLogger("library").exception("crashed"),
    ):
        try:
            raise ValueError("bad hunter2 in https://u:pass-word@h/")
        except ValueError:
            report()
        text = printed(capsys)
        assert text.count("Traceback") == 1
        assert "ValueError: bad [secret] in https://[secret]@h/" in text
        assert "hunter2" not in text
        assert "pass-word" not in text


def test_text_from_outside_cannot_pose_as_a_line_or_steer_a_terminal(
    log: structlog.stdlib.BoundLogger, capsys: pytest.CaptureFixture[str]
) -> None:
    log.warning("entries_dropped", feed="x\n09:30:00 [error] all_lost\x1b[2J\u2028y\x9b1m")
    logging.getLogger("library").warning("a\r\nb")
    try:
        raise ValueError("clear \x1b[2J screen")
    except ValueError:
        log.exception("crashed")
    text = printed(capsys)
    assert text.splitlines()[0].endswith("feed='x␊09:30:00 [error] all_lost␛[2J�y�1m'")
    assert text.splitlines()[1].rstrip().endswith("a␍␊b")
    assert "clear ␛[2J screen" in text
    assert "\x1b" not in text


def test_a_line_that_cannot_be_formatted_shows_nothing_of_itself(
    log: structlog.stdlib.BoundLogger, capsys: pytest.CaptureFixture[str]
) -> None:
    [handler, *_] = logging.getLogger().handlers  # pytest's own would fail the test
    handler.handle(logging.makeLogRecord({"name": "lib", "msg": "%s %s", "args": ("hunter2",)}))
    assert printed(capsys) == "a line of lib cannot be shown: TypeError\n"


def test_libraries_are_quiet_below_warnings(
    log: structlog.stdlib.BoundLogger, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("aiohttp.access").info("GET /secret")
    logging.getLogger("celery.worker").info("task received")
    assert printed(capsys) == ""
    logging.getLogger("celery.worker").warning("lost")
    assert "lost" in printed(capsys)


def test_without_a_dsn_sentry_is_not_even_imported() -> None:
    probe = (
        "import sys\n"
        "from worker.scrub import Scrubber\n"
        "from worker.telemetry import configure_sentry\n"
        "assert configure_sentry('', 'poller', Scrubber()) is False\n"
        "assert 'sentry_sdk' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", probe], check=True, timeout=60)


def _fail_with_secrets() -> None:
    local = SECRETS["local"]
    headers = {"Authorization": f"Token {SECRETS['header']}"}
    raise RuntimeError(
        f"POST https://hooks.slack.com/services/{SECRETS['webhook']} with {headers} "
        f"and {SECRETS['message']} of {len(local)} via redis://u:{SECRETS['url']}@cache/0"
    )


def _assert_nothing_leaked(caught: Caught) -> None:
    sentry_sdk.flush(timeout=2)
    assert caught.bodies
    for name, secret in SECRETS.items():
        assert secret not in caught.text, name


def test_planted_secrets_never_reach_sentry(caught: Caught) -> None:
    sentry_sdk.add_breadcrumb(
        category="httplib",
        message=f"signing with {SECRETS['whsec']}",
        data={"url": f"https://h/?token={SECRETS['token']}", "x": SECRETS["crumb"]},
    )  # fmt: skip
    logging.getLogger("library").warning("connecting to %s", f"amqp://u:{SECRETS['url']}@h//")
    sentry_sdk.set_extra("headers", {"X-Api-Key": SECRETS["header"]})
    sentry_sdk.set_context("request", {"cookie": SECRETS["header"]})
    try:
        _fail_with_secrets()
    except RuntimeError as error:
        sentry_sdk.capture_exception(error)
    _assert_nothing_leaked(caught)
    [event] = caught.events
    [crumb, logged] = event["breadcrumbs"]["values"]
    assert crumb["message"] == "signing with [secret]"
    assert "[secret]" in logged["message"]
    assert crumb["timestamp"][:2] == "20", "moments of breadcrumbs stay moments"
    [raised] = event["exception"]["values"]
    assert raised["type"] == "RuntimeError"
    assert raised["value"].count("[secret]") == 4
    assert all("vars" not in frame for frame in raised["stacktrace"]["frames"])
    assert event["tags"]["part"] == "poller"
    assert event["release"].startswith("alliance-watch@")


def test_the_path_of_a_webhook_never_reaches_sentry(caught: Caught) -> None:
    sentry_sdk.add_breadcrumb(
        type="http",
        category="httplib",
        data={
            "url": "https://u:pw@hooks.example/a/planted-capability?x=planted-query",
            "http.query": "x=planted-query",
            "method": "POST",
            "status_code": 500,
        },
    )
    sentry_sdk.capture_message("failed")
    sentry_sdk.flush(timeout=2)
    assert "planted" not in caught.text
    [crumb] = caught.events[0]["breadcrumbs"]["values"]
    assert crumb["data"] == {
        "url": "https://hooks.example/…",
        "method": "POST",
        "status_code": 500,
    }


def test_our_own_logged_exceptions_come_with_name_values_and_stack(caught: Caught) -> None:
    log = structlog.get_logger("worker.poller")
    log.info("poll_begun", feed=f"https://u:{SECRETS['url']}@h/", extra=SECRETS["crumb"])
    try:
        _fail_with_secrets()
    except RuntimeError:
        log.exception(
            "poll_crashed", feed="Example", token=SECRETS["token"], why=[SECRETS["crumb"]]
        )
    _assert_nothing_leaked(caught)
    [event] = caught.events
    assert event["logentry"]["message"] == "poll_crashed"
    assert event["extra"]["feed"] == "Example"
    assert event["extra"]["token"] == "[secret]"
    assert event["exception"]["values"][0]["type"] == "RuntimeError"
    assert event["exception"]["values"][0]["stacktrace"]["frames"]
    assert [crumb["message"] for crumb in event["breadcrumbs"]["values"]] == ["poll_begun"]


def test_a_failing_task_is_reported_without_its_secrets(caught: Caught) -> None:
    from celery import Celery

    app = Celery("probe", broker="memory://")

    @app.task
    def fail(*_: str, **__: str) -> None:
        _fail_with_secrets()

    fail.apply(args=(SECRETS["crumb"],), kwargs={"token": SECRETS["token"]})
    _assert_nothing_leaked(caught)
    assert caught.events[0]["exception"]["values"][0]["type"] == "RuntimeError"
