"""The project's own labelled set is consistent in itself: schema, labels, figures, passages."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "data" / "labelled"
LANGUAGES = ("en", "fr")
SIZE = 100
RULES = ("equity-change", "ev-unit-investment", "ip-sharing")
STATUSES = {"rumoured", "negotiating", "planned", "agreed", "completed", "denied"}
ROLES = {
    "equity-change": ({"holder", "target"}, {"counterparty"}),
    "ev-unit-investment": ({"investor", "unit"}, {"owner"}),
    "ip-sharing": ({"parties"}, set[str]()),
}
ITEM_KEYS = {
    "id", "lang", "published", "title", "text", "labels", "events", "hard", "note",
}  # fmt: skip
EVENT_KEYS = {
    "rule", "status", "parties", "roles", "from_pct", "to_pct", "pct",
    "amount", "attribution", "expected_date", "evidence",
}  # fmt: skip
FRACTIONS = {
    50.0: r"\bhalf\b|\bequal|\bmoitié\b",
    33.33: r"\bone third\b|\ba third\b|\btiers\b",
    25.0: r"\ba quarter\b|\bquart\b",
    10.0: r"\ba tenth\b|\bdixième\b",
}
LONG_SENTENCE = 60  # characters


def _read(language: str) -> list[dict[str, Any]]:
    lines = (FOLDER / f"own.{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


ITEMS = [item for language in LANGUAGES for item in _read(language)]
EVENTS = [(item, event) for item in ITEMS for event in item["events"]]
each_item = pytest.mark.parametrize("item", ITEMS, ids=[item["id"] for item in ITEMS])
each_event = pytest.mark.parametrize(
    ("item", "event"), EVENTS, ids=[f"{item['id']}-{event['rule']}" for item, event in EVENTS]
)


def _words(item: dict[str, Any]) -> str:
    return f"{item['title']}\n{item['text']}"


def _names(role: str | list[str]) -> list[str]:
    return [role] if isinstance(role, str) else role


def _written(figure: float, text: str) -> bool:
    """Whether a percentage stands in the text, in digits of either language or as a fraction."""
    digits = re.escape(f"{figure:g}").replace(r"\.", "[.,]")
    unit = r"(?:\s*(?:%|pct\b|per ?cent\b|pour cent\b|percentage points?\b|points?\b))?"
    if re.search(rf"(?<![\d.,]){digits}(?![\d]|[.,]\d){unit}", text):
        return True
    fraction = FRACTIONS.get(figure)
    return fraction is not None and re.search(fraction, text, re.IGNORECASE) is not None


def test_each_language_has_its_hundred_items_with_unique_ids() -> None:
    for language in LANGUAGES:
        assert [item["id"] for item in ITEMS if item["lang"] == language] == [
            f"own-{language}-{number:03d}" for number in range(1, SIZE + 1)
        ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_set_covers_every_rule_and_status_beside_as_many_items_without_event(
    language: str,
) -> None:
    mine = [item for item in ITEMS if item["lang"] == language]
    events = [event for item in mine for event in item["events"]]
    for rule in RULES:
        assert {event["status"] for event in events if event["rule"] == rule} == STATUSES
    assert 40 <= sum(not item["events"] for item in mine) <= 60
    assert 30 <= sum(item["hard"] for item in mine) <= 50
    assert {len(item["labels"]) for item in mine} == {0, 1, 2, 3}


@each_item
def test_item_has_the_schema(item: dict[str, Any]) -> None:
    assert item.keys() == ITEM_KEYS
    assert item["lang"] in LANGUAGES
    assert date(2027, 1, 1) <= date.fromisoformat(item["published"]) < date(2033, 1, 1)
    assert item["title"].strip() == item["title"] != ""
    assert item["text"].strip() == item["text"]
    assert isinstance(item["hard"], bool)
    assert item["note"]


@each_item
def test_labels_are_the_rules_of_the_events(item: dict[str, Any]) -> None:
    rules = [event["rule"] for event in item["events"]]
    assert len(rules) == len(set(rules))
    assert item["labels"] == [rule for rule in RULES if rule in rules]


@each_event
def test_event_has_the_schema(item: dict[str, Any], event: dict[str, Any]) -> None:
    assert event.keys() - {"direction"} == EVENT_KEYS
    assert event["status"] in STATUSES
    assert event.get("direction", "increase") in {"increase", "decrease"}
    required, optional = ROLES[event["rule"]]
    assert required <= event["roles"].keys() <= required | optional
    assert event["parties"]
    assert len(event["parties"]) == len(set(event["parties"]))
    if event["rule"] == "ip-sharing":
        assert event["roles"]["parties"] == event["parties"]
        assert len(event["parties"]) >= 2


@each_event
def test_what_is_quoted_stands_in_the_item(item: dict[str, Any], event: dict[str, Any]) -> None:
    assert event["evidence"]
    assert event["evidence"] in item["title"] or event["evidence"] in item["text"]
    quoted = [event["amount"], event["attribution"], *event["parties"]]
    quoted += [name for role in event["roles"].values() for name in _names(role)]
    for passage in filter(None, quoted):
        assert passage in _words(item)


@each_event
def test_figures_stand_in_the_item(item: dict[str, Any], event: dict[str, Any]) -> None:
    for name in ("from_pct", "to_pct", "pct"):
        figure = event[name]
        if figure is not None:
            assert 0 < figure <= 100
            assert _written(float(figure), _words(item)), f"{name} {figure}"
    before, after = event["from_pct"], event["to_pct"]
    if before is not None and after is not None:
        assert event["direction"] == ("increase" if after > before else "decrease")


@each_event
def test_expected_date_is_an_iso_date_or_month_not_before_publication(
    item: dict[str, Any], event: dict[str, Any]
) -> None:
    expected = event["expected_date"]
    if expected is None:
        return
    assert re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", expected)
    date.fromisoformat(expected if len(expected) == 10 else f"{expected}-01")
    assert expected >= item["published"][: len(expected)]


def test_no_two_items_share_a_long_sentence() -> None:
    seen: dict[str, str] = {}
    for item in ITEMS:
        for sentence in re.split(r"(?<=[.!?»\"])\s+|\n+", _words(item)):
            plain = " ".join(sentence.lower().replace("’", "'").split())
            if len(plain) >= LONG_SENTENCE:
                assert seen.setdefault(plain, item["id"]) == item["id"], plain


def test_a_figure_that_the_text_lacks_is_noticed() -> None:
    """Guards the check itself: digits inside other numbers and other fractions do not count."""
    assert _written(43.4, "une part de 43,4\u00a0%")
    assert _written(33.33, "gets one third of the venture")
    assert not _written(5, "15% of 2.5 bn, 5.1%")
    assert not _written(25, "one third")
