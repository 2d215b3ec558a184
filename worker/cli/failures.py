"""From expected faults to one clear line on standard error and the right exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from worker.domain.finding import FaultyInput, Finding

DONE, FAILURES, WRONG = 0, 1, 2
"""Exit codes: done; done with findings or failures; wrong usage or configuration."""


class Failure(Exception):  # noqa: N818 - it is reported, not raised further
    """A command cannot do what it was asked to; `code` is the exit code."""

    def __init__(self, message: str, code: int = FAILURES) -> None:
        super().__init__(message)
        self.code = code


def wrong_usage(message: str) -> Failure:
    """A failure that the caller mends by calling differently."""
    return Failure(message, WRONG)


@contextmanager
def guard() -> Iterator[None]:
    """Turn every expected fault into its message and exit code; anything else passes through.

    Interrupts and broken pipes are Typer's business already.
    """
    try:
        yield
    except FaultyInput as fault:
        _report(fault.findings)
        sys.exit(WRONG)
    except Failure as failure:
        _leave(str(failure), failure.code)
    except Exception as error:
        code = _code_of(error)
        if code is None:
            raise
        _leave(str(error), code)


def _code_of(error: Exception) -> int | None:
    """The exit code for what a package is known to raise.

    Only packages that have been imported are looked at: no fault can come from another one.
    """
    for module, name, code in (
        ("worker.wiring", "CannotStart", WRONG),
        ("worker.store", "StoreUnavailable", FAILURES),
    ):
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and isinstance(error, kind):
            return code
    return None


def _report(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        typer.echo(str(finding), err=True)
    count = len(findings)
    say(f"not started: {count} {'fault' if count == 1 else 'faults'} in what it was given")


def _leave(message: str, code: int) -> NoReturn:
    say(message)
    sys.exit(code)


def say(message: str) -> None:
    """One line on standard error."""
    typer.echo(f"alliance-watch: {' '.join(message.split())}", err=True)
