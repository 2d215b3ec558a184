"""Whatever the domain's types hold comes back from JSON as it was."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.event import Event, Evidence, Status
from worker.store.codec import event_json, read_event, searchable
from worker.store.columns import storable, storable_json
from worker.store.plain import frozen, plain

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
OPTIONAL_TEXT = st.none() | TEXT
EVIDENCE = st.builds(
    Evidence,
    field=st.sampled_from(["title", "text"]),
    start=st.integers(0, 10**6),
    end=st.integers(0, 10**6),
    text=TEXT,
    role=TEXT,
)
EVENT = st.builds(
    Event,
    rule=TEXT,
    status=st.sampled_from(Status),
    confidence=NUMBER,
    parties=st.lists(TEXT).map(tuple),
    roles=st.dictionaries(TEXT, st.none() | TEXT | st.lists(TEXT).map(tuple)),
    evidence=st.lists(EVIDENCE, max_size=4).map(tuple),
    direction=st.none() | st.sampled_from(["increase", "decrease"]),
    from_pct=st.none() | NUMBER,
    to_pct=st.none() | NUMBER,
    pct=st.none() | NUMBER,
    amount=OPTIONAL_TEXT,
    attribution=OPTIONAL_TEXT,
    expected_date=OPTIONAL_TEXT,
    companies=st.lists(TEXT).map(tuple),
    alliance=OPTIONAL_TEXT,
    rule_version=st.integers(1, 1000),
)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBER | TEXT,
    lambda inner: st.lists(inner).map(tuple) | st.dictionaries(TEXT, inner),
    max_leaves=12,
)


@given(EVENT)
def test_an_event_comes_back(event: Event) -> None:
    assert read_event(json.loads(json.dumps(event_json(event)))) == event


def test_every_field_of_an_event_is_kept() -> None:
    event = Event("rule", Status.PLANNED, 0.5, (), {}, ())
    assert set(event_json(event)) == {field.name for field in fields(Event)}


def test_an_event_from_before_a_field_was_added_has_its_default() -> None:
    body = event_json(Event("rule", Status.PLANNED, 0.5, (), {}, (), rule_version=7))
    del body["rule_version"]
    assert read_event(body).rule_version == 1


@given(VALUE)
def test_a_plain_value_comes_back(value: Any) -> None:
    assert frozen(json.loads(json.dumps(plain(value)))) == value


@pytest.mark.parametrize("value", [math.nan, math.inf, b"x", object(), {1, 2}, [math.nan]])
def test_what_would_not_come_back_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        plain(value)


def test_an_enumeration_is_kept_as_its_value() -> None:
    assert type(plain(Status.AGREED)) is str


@given(st.text(), st.text())
def test_storable_text_keeps_its_offsets(before: str, after: str) -> None:
    text = before + "\x00\ud800" + after
    cleaned = storable(text)
    assert len(cleaned) == len(text)
    assert "\x00" not in cleaned
    cleaned.encode("utf-8")
    assert storable(cleaned) == cleaned


def test_storable_json_reaches_every_string() -> None:
    value = {"a\x00": ["\ud800", {"b": ("\x00", 1, None, 0.5, True)}]}
    assert storable_json(value) == {"a\ufffd": ["\ufffd", {"b": ["\ufffd", 1, None, 0.5, True]}]}


def test_searchable_text_has_neither_case_nor_accents() -> None:
    assert searchable("Éléments ÇA Straße ﬁn") == "elements ca strasse fin"
