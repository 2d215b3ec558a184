"""Roles, figures and amounts that the sample wire tells of, as a reader judges them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from worker.classify import Classifier
from worker.domain.event import Event
from worker.feeds.parse import parse_document
from worker.shipped import shipped_sample

JUDGED = Path(__file__).resolve().parents[2] / "data" / "labelled" / "sample_fields.yaml"
PUBLISHED = datetime(2031, 4, 1, tzinfo=UTC)
SHARE = 0.95
"""Of the judged fields so many are read right at least."""


def _right(event: Event | None, name: str, wanted: Any) -> bool:
    if event is None:
        return False
    if name == "figures":
        told = [event.from_pct, event.to_pct, event.pct]
        return told == [None if value is None else float(value) for value in wanted]
    if name == "amount":
        return bool(event.amount == wanted)
    found = event.roles.get(name)
    if isinstance(found, str):
        return wanted in found
    return any(wanted in one for one in found or ())


def _judged(classifier: Classifier) -> Iterator[tuple[str, bool]]:
    wanted = YAML(typ="safe").load(JUDGED.read_text(encoding="utf-8"))
    for path in sorted(shipped_sample().iterdir()):
        if path.suffix not in (".rss", ".atom"):
            continue
        for entry in parse_document(path.read_bytes(), None, "http://127.0.0.1/").entries:
            key = str(entry.guid)[-6:]
            if path.name.startswith("newsroom"):
                key = f"newsroom-{key}"
            rules = wanted.get(key)
            if not rules:
                continue
            found = classifier.classify(entry.title, entry.text, published=PUBLISHED).events
            events = {event.rule: event for event in found}
            for rule, fields in rules.items():
                for name, value in fields.items():
                    yield f"{key} {rule} {name}", _right(events.get(rule), name, value)


def test_roles_and_figures_of_the_sample_are_read_as_a_reader_judges_them(
    classifier: Classifier,
) -> None:
    judged = list(_judged(classifier))
    wrong = [name for name, right in judged if not right]
    assert len(judged) > 100
    assert len(wrong) <= (1 - SHARE) * len(judged), wrong
