"""Constructions of wire copy that are easily missed or misread, one by one, in both languages."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from worker.classify import Classifier
from worker.domain.event import Event

HERE = Path(__file__).parent
LANGUAGES = ("en", "fr")


def _traps() -> list[Any]:
    return [
        pytest.param(language, trap, id=f"{language}: {trap['name']}")
        for language in LANGUAGES
        for trap in YAML(typ="safe").load((HERE / f"traps.{language}.yaml").read_text("utf-8"))
    ]


@pytest.mark.parametrize(("language", "trap"), _traps())
def test_a_trap_gives_exactly_the_events_written_beside_it(
    classifier: Classifier, language: str, trap: dict[str, Any]
) -> None:
    published = datetime.fromisoformat(trap["published"]) if "published" in trap else None
    found = classifier.classify(
        trap.get("title", ""), trap["text"], language=language, published=published
    )
    events = {event.rule: event for event in found.events}
    assert set(events) == set(trap["expect"])
    for rule, fields in trap["expect"].items():
        assert {name: _value(events[rule], name) for name in fields} == {
            name: _plain(value) for name, value in fields.items()
        }


def _value(event: Event, name: str) -> Any:
    return _plain(event.roles[name] if name in event.roles else getattr(event, name))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return sorted(value)
    if value is None or isinstance(value, float):
        return value
    return float(value) if isinstance(value, int) else str(value)
