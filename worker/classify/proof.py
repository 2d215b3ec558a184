"""The passages of the item that prove an event: the whole, its trigger, roles, figures, the rest.

Every passage is cut out of the field as it was given, with offsets in Unicode code points.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from worker.classify.document import Document, Figure, Mention, Sentence
from worker.classify.match import Candidate
from worker.domain.event import Evidence, FieldName

PERCENTAGES = ("from_pct", "to_pct", "pct")
CLOSE = 0.005


def proof(document: Document, chosen: Candidate) -> Iterator[Evidence]:
    """The proving passage, then its trigger and the companies named in it."""
    sentence = chosen.sentence
    spans = [
        (chosen.trigger.i, chosen.trigger.j),
        chosen.anchor,
        (chosen.group.start, chosen.trigger.j),
    ]
    own: list[tuple[str, Mention]] = []
    for role, mentions in chosen.slots.items():
        for mention in mentions:
            if mention in sentence.mentions:
                own.append((role, mention))
                spans.append((mention.i, mention.j))
    first, last = min(i for i, _ in spans), max(j for _, j in spans)
    for figure in sentence.figures:
        if figure.kind in ("percent", "money") and last <= figure.i <= last + 3:
            last = max(last, figure.j)
    yield _tokens(document, sentence, first, last, "")
    yield _tokens(document, sentence, chosen.trigger.i, chosen.trigger.j, "trigger")
    for role, mention in own:
        yield _tokens(document, sentence, mention.i, mention.j, role)


def figure_proof(
    document: Document,
    sentences: Sequence[Sentence],
    percentages: dict[str, float | None],
    amount: str | None,
) -> Iterator[Evidence]:
    """Where each percentage and the amount stand, looked for in these sentences in order."""
    for name in PERCENTAGES:
        value = percentages.get(name)
        if value is not None:
            found = _figure(sentences, value)
            if found is not None:
                yield _cut(document, found[0].field, found[1].start, found[1].end, name)
    if amount is not None:
        for sentence in sentences:
            for figure in sentence.figures:
                if figure.kind == "money" and figure.text == amount:
                    yield _cut(document, sentence.field, figure.start, figure.end, "amount")
                    return


def quoted_proof(
    document: Document, sentences: Iterable[Sentence], text: str | None, role: str
) -> Iterator[Evidence]:
    """Where words taken over as they are written stand."""
    if not text:
        return
    for sentence in sentences:
        at = sentence.text.find(text)
        if at >= 0:
            start = sentence.start + at
            yield _cut(document, sentence.field, start, start + len(text), role)
            return


def span_proof(document: Document, name: FieldName, start: int, end: int, role: str) -> Evidence:
    """A passage whose place is known."""
    return _cut(document, name, start, end, role)


def _figure(sentences: Sequence[Sentence], value: float) -> tuple[Sentence, Figure] | None:
    for sentence in sentences:
        for figure in sentence.figures:
            if figure.kind in ("percent", "split") and abs(figure.value - value) < CLOSE:
                return sentence, figure
    return None


def _tokens(document: Document, sentence: Sentence, i: int, j: int, role: str) -> Evidence:
    start, end = sentence.span(i, j)
    return _cut(document, sentence.field, start, end, role)


def _cut(document: Document, name: FieldName, start: int, end: int, role: str) -> Evidence:
    return Evidence(name, start, end, document.given(name)[start:end], role)
