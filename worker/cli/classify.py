"""`alliance-watch classify`: the classifier without the service."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli.failures import FAILURES, Failure, say, wrong_usage
from worker.cli.inputs import STDIN, documents_of, load_classifier, opened, require_files
from worker.cli.options import ConfigOption, JsonOption

if TYPE_CHECKING:
    from worker.classify import Classifier
    from worker.cli.documents import Document
    from worker.cli.jsonl import JsonItem
    from worker.domain.event import Classification

FilesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE",
        help="Texts, HTML pages, feed files (RSS, Atom, JSON Feed, NewsML-G2, ninjs); "
        "standard input without any.",
        show_default=False,
    ),
]


def classify(
    files: FilesArgument = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="One JSON item a line in, one result a line out.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Find events in news items; needs no running service."""
    names = files or [STDIN]
    require_files(names)
    if jsonl and as_json:
        raise wrong_usage("--jsonl and --json are two forms of output: choose one")
    classifier = load_classifier(config)
    is_sound = _lines(names, classifier) if jsonl else _documents(names, classifier, as_json)
    if not is_sound:
        raise typer.Exit(FAILURES)


def _lines(names: list[str], classifier: Classifier) -> bool:
    from worker.cli.jsonl import results

    def one(item: JsonItem) -> Classification:
        return classifier.classify(
            item.title, item.text, language=item.lang, published=item.published
        )

    is_sound = True
    out = sys.stdout.buffer
    with _progress(names) as track:
        for name in names:
            with opened(name) as stream:
                for line, is_item in results(track(stream), one):
                    out.write(line.encode() + b"\n")
                    # At once, for whoever feeds us line by line and waits for each answer.
                    out.flush()
                    is_sound = is_sound and is_item
    return is_sound


def _documents(names: list[str], classifier: Classifier, as_json: bool) -> bool:
    from worker.cli.evidence import print_classification
    from worker.cli.show import open_console, print_json

    is_sound = True
    listed = []
    console = open_console()
    for name in names:
        try:
            documents = documents_of(name)
        except Failure as failure:
            say(str(failure))
            is_sound = False
            continue
        for document in documents:
            found = classifier.classify(
                document.title,
                document.text,
                language=document.language,
                published=document.published,
            )
            if as_json:
                listed.append(_listed(document, found))
            else:
                print_classification(console, document, found)
    if as_json:
        print_json(listed)
    return is_sound


def _listed(document: Document, found: Classification) -> dict[str, object]:
    from worker.cli.jsonl import result_of

    # With the texts, because the evidence counts code points in them.
    texts = {"title": document.title, "text": document.text, "url": document.url}
    return {**result_of(document.id, found), **texts}


@contextmanager
def _progress(names: list[str]) -> Iterator[Callable[[Iterable[bytes]], Iterator[bytes]]]:
    """Lets lines pass and shows how far they are, when only standard error is a terminal."""
    if not sys.stderr.isatty() or sys.stdout.isatty() or STDIN in names:
        yield iter
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("classifying", total=sum(Path(n).stat().st_size for n in names))

        def track(lines: Iterable[bytes]) -> Iterator[bytes]:
            for line in lines:
                yield line
                progress.advance(task, len(line))

        yield track
