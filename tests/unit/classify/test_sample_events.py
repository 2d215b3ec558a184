"""The sample wire is what a stranger sees first: its look-alikes must be silent, its news told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ruamel.yaml import YAML

from worker.classify import Classifier
from worker.domain.item import Entry
from worker.feeds.parse import parse_document
from worker.shipped import shipped_sample


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    files = sorted(path for path in shipped_sample().iterdir() if path.suffix in (".rss", ".atom"))
    return [
        entry
        for path in files
        for entry in parse_document(path.read_bytes(), None, "http://127.0.0.1/").entries
    ]


@pytest.fixture(scope="module")
def expected() -> Mapping[str, list[dict[str, Any]]]:
    text = (shipped_sample() / "expected.yaml").read_text(encoding="utf-8")
    judged: Mapping[str, list[dict[str, Any]]] = YAML(typ="safe").load(text)
    return judged


def test_the_sample_is_read_as_a_reader_judges_it(
    classifier: Classifier, entries: list[Entry], expected: Mapping[str, list[dict[str, Any]]]
) -> None:
    false_alarms: list[tuple[str | None, str]] = []
    missed: list[tuple[str | None, str]] = []
    stages = right_stages = 0
    for entry in entries:
        wanted = {event["rule"]: event["status"] for event in expected[str(entry.guid)]}
        found = {
            event.rule: event.status.value
            for event in classifier.classify(entry.title, entry.text).events
        }
        false_alarms += [(entry.guid, rule) for rule in found.keys() - wanted.keys()]
        missed += [(entry.guid, rule) for rule in wanted.keys() - found.keys()]
        both = wanted.keys() & found.keys()
        stages += len(both)
        right_stages += sum(wanted[rule] == found[rule] for rule in both)
    assert false_alarms == []
    assert len(missed) <= 2, missed
    assert right_stages / stages >= 0.85


def test_the_first_alert_is_the_deal_with_all_three_rules(
    classifier: Classifier, entries: list[Entry]
) -> None:
    [first] = [entry for entry in entries if str(entry.guid).endswith(":en-001")]
    events = classifier.classify(first.title, first.text).events
    assert {event.rule for event in events} == {
        "equity-change",
        "ev-unit-investment",
        "ip-sharing",
    }
