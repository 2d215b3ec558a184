"""The tests that stand beside rules: run each, and say where one does not come out as written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from worker.classify.rulebook import Example, Rule
from worker.domain.event import Event
from worker.domain.finding import FaultyInput, Finding


def check(folders: Sequence[Path]) -> tuple[Finding, ...]:
    """Load the folders and run every example; no finding means that all is well."""
    from worker.classify.loading import load, load_content

    try:
        content = load_content(folders)
        classifier = load(folders)
    except FaultyInput as error:
        return error.findings
    findings: list[Finding] = []
    for rule in content.rules:
        for example in rule.examples:
            published = datetime.fromisoformat(example.published) if example.published else None
            result = classifier.classify(
                example.title, example.text, language=example.language, published=published
            )
            event = next((e for e in result.events if e.rule == rule.name), None)
            findings.extend(_compare(rule, example, event))
    return tuple(findings)


def _compare(rule: Rule, example: Example, event: Event | None) -> Iterator[Finding]:
    def finding(problem: str, key: str = "expect") -> Finding:
        where = f"tests[{example.number}].{key}"
        return Finding(rule.path, example.line, where, problem, "mend the rule or the example")

    if example.expect is None:
        if event is not None:
            yield finding(f"fires ({event.evidence[0].text!r}) but is not to")
        return
    if event is None:
        yield finding("does not fire but is to")
        return
    for key, wanted in example.expect.items():
        got = _value(event, key)
        if got != _plain(wanted):
            yield finding(f"gives {got!r} instead of {wanted!r}", f"expect.{key}")


def _value(event: Event, key: str) -> Any:
    if key in event.roles:
        return _plain(event.roles[key])
    return _plain(getattr(event, key, None))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return sorted(str(v) for v in value)
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return float(value)
    return str(value)
