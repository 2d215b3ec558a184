"""What `classify` and `explain` work on: files or standard input, and a classifier."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from worker.cli.failures import Failure, wrong_usage
from worker.cli.options import config_file

if TYPE_CHECKING:
    from worker.classify import Classifier
    from worker.cli.documents import Document

STDIN = "-"


def load_classifier(config: Path | None) -> Classifier:
    """That of the configuration, or with the rules that ship: neither feeds nor sample needed.

    Raises FaultyInput.
    """
    from worker import wiring
    from worker.config import defaults, load

    file = config_file(config)
    settings = load(file, os.environ) if file else defaults(os.environ)
    return wiring.load_classifier(settings)


def require_files(names: list[str]) -> None:
    """Before anything is read, so that a misspelt last name costs no work. Raises Failure."""
    for name in names:
        if name != STDIN and not Path(name).exists():
            raise wrong_usage(f"{name}: there is no such file")
        if name != STDIN and Path(name).is_dir():
            raise wrong_usage(f"{name}: is a folder")


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """A file, or standard input for "-". Raises Failure."""
    if name == STDIN:
        yield sys.stdin.buffer
        return
    try:
        stream = Path(name).open("rb")  # noqa: SIM115 - closed below, and only opening is guarded
    except OSError as error:
        raise Failure(f"{name}: {(error.strerror or str(error)).lower()}") from None
    with stream:
        yield stream


def documents_of(name: str) -> list[Document]:
    """The items in a file. Raises Failure."""
    from worker.cli.documents import Unreadable, read_documents

    with opened(name) as stream:
        body = stream.read()
    shown = "standard input" if name == STDIN else name
    try:
        documents = read_documents(shown, body)
    except Unreadable as error:
        raise Failure(f"{shown}: {error}") from None
    if not documents:
        raise Failure(f"{shown}: the feed has no entries")
    return documents
