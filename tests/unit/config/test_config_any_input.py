"""Whatever a file says, it is read or refused with findings that help; nothing else happens."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.config import read, schema

KEYS = sorted({key for section in schema.SECTIONS for key in schema.fields_of(section)})
TEXTS = st.one_of(
    st.sampled_from(
        ["console", "webhook", "slack", "email", "15s", "08:00", "https://example.org/", "token",
         "env:NONE", "file:none", "env:", "127.0.0.0/8", "redis://x", "smtp://x", ""]
    ),
    st.text(max_size=20),
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(-(2**63), 2**63 - 1), st.booleans(), st.floats(allow_nan=False)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
TABLES = st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=8)), VALUES, max_size=8)
FILES = st.dictionaries(
    st.one_of(st.sampled_from(schema.SECTIONS), st.text(max_size=8)),
    st.one_of(TABLES, st.lists(TABLES, max_size=3), VALUES),
    max_size=6,
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def toml(value: Any) -> str:
    """Any of these values in TOML, tables inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, float):
        return repr(value) if "inf" in repr(value) or "." in repr(value) else f"{value:f}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    return json.dumps(value)


def check(file: Path) -> None:
    configured, findings = read(file, {})
    assert (configured is None) == bool(findings)
    for finding in findings:
        assert finding.problem
        assert finding.mend
        assert 0 <= finding.line <= file.read_bytes().count(b"\n") + 1


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(FILES)
def test_any_values(folder: Path, content: dict[str, Any]) -> None:
    file = folder / "values.toml"
    lines = (f"{toml(key)} = {toml(value)}\n" for key, value in content.items())
    file.write_bytes("".join(lines).encode("utf-8", "replace"))
    check(file)


@given(
    st.one_of(
        st.binary(max_size=200), st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace"))
    )
)
def test_any_bytes(folder: Path, content: bytes) -> None:
    file = folder / "bytes.toml"
    file.write_bytes(content)
    check(file)


@given(st.sampled_from(["FEEDS", "CHANNELS", "SUBSCRIPTIONS"]), st.one_of(VALUES, st.lists(TABLES)))
def test_any_json_in_a_variable(folder: Path, section: str, value: Any) -> None:
    file = folder / "empty.toml"
    file.write_bytes(b"")
    configured, findings = read(file, {f"ALLIANCE_WATCH_{section}": json.dumps(value)})
    assert (configured is None) == bool(findings)
    assert all(finding.problem and finding.mend for finding in findings)
