"""Rules as data: what a rule file says, read into frozen types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from worker.classify.yamlfile import YamlFile, mapping

RoleType = Literal["company", "unit", "any", "electric-unit"]


@dataclass(frozen=True, slots=True)
class Near:
    """Something that has to stand near the trigger: a concept, a kind of figure, a company.

    `before` and `after` count tokens from the trigger. The span of an `anchor` is what the
    relations `of-anchor` and the like start from. With `voice` what stands before the trigger
    counts only when the trigger is passive or a noun: its object, not its subject.
    """

    any: tuple[str, ...]
    before: int = 0
    after: int = 0
    anchor: bool = False
    absent: bool = False
    voice: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way in which a rule's event is put into words."""

    name: str
    trigger: tuple[str, ...]
    near: tuple[Near, ...] = ()
    slots: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    forms: tuple[str, ...] = ()
    direction: str = ""
    strength: float = 1.0
    needs: tuple[str, ...] = ()
    status: str = ""
    percent: str = "none"
    times: tuple[str, ...] = ()
    split: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exemption:
    """A named reason not to fire: concepts in the sentence (or within `reach` of the trigger).

    `weight` is taken off the score; `unless` lists concepts that lift it, `unless_slots` roles
    that do so when they are filled, `patterns` those to which alone it applies.
    """

    name: str
    any: tuple[str, ...]
    reach: int = 99
    weight: float = 9.0
    unless: tuple[str, ...] = ()
    unless_slots: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    scope: Literal["sentence", "item"] = "sentence"


@dataclass(frozen=True, slots=True)
class Role:
    """A named part in the event. `many` keeps everyone named in one breath."""

    name: str
    type: RoleType = "company"
    required: bool = False
    many: bool = False
    fallback: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    internal: bool = False
    listed: bool = False
    owner_of: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A test beside a rule: an item and what the rule has to make of it."""

    line: int
    title: str
    text: str
    language: str | None
    published: str | None
    expect: Mapping[str, Any] | None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Derived:
    """Events taken over from another rule when a role of theirs has the right type."""

    rule: str
    role: str
    type: RoleType
    slots: Mapping[str, str]
    patterns: tuple[str, ...] = ()
    strength: float = 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule file. `triggers` are the concepts that trigger any of its patterns."""

    name: str
    version: int
    languages: tuple[str, ...]
    gate: tuple[tuple[str, ...], ...]
    roles: tuple[Role, ...]
    patterns: tuple[Pattern, ...]
    exceptions: tuple[Exemption, ...]
    figures: tuple[str, ...]
    derived: tuple[Derived, ...]
    examples: tuple[Example, ...]
    path: Path
    companies: str = "any"
    minimum_companies: int = 2
    default_status: str = ""
    triggers: frozenset[str] = frozenset()

    def role(self, name: str) -> Role | None:
        return next((role for role in self.roles if role.name == name), None)


def parse(file: YamlFile) -> Rule:
    """Read a rule whose shape the schema has found right."""
    data = mapping(file.data)
    patterns = tuple(_pattern(mapping(row)) for row in data["patterns"])
    return Rule(
        name=data["rule"],
        version=data.get("version", 1),
        languages=tuple(data.get("languages", ["en", "fr"])),
        gate=tuple(tuple(line) for line in data["gate"]),
        roles=tuple(_role(name, mapping(row)) for name, row in data["roles"].items()),
        patterns=patterns,
        exceptions=tuple(_exemption(mapping(row)) for row in data.get("exceptions", [])),
        figures=tuple(data.get("figures", [])),
        derived=tuple(_derived(mapping(row)) for row in data.get("derived", [])),
        examples=tuple(
            _example(file, at, mapping(row)) for at, row in enumerate(data.get("tests", []))
        ),
        path=file.path,
        companies=data.get("companies", "any"),
        minimum_companies=data.get("minimum-companies", 2),
        default_status=data.get("default-status", ""),
        triggers=frozenset(concept for pattern in patterns for concept in pattern.trigger),
    )


def _tuple(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _role(name: str, row: Mapping[str, Any]) -> Role:
    return Role(
        name,
        row.get("type", "company"),
        bool(row.get("required", False)),
        bool(row.get("many", False)),
        _tuple(row.get("fallback")),
        _tuple(row.get("differs")),
        bool(row.get("internal", False)),
        bool(row.get("list", False)),
        row.get("owner-of", ""),
    )


def _pattern(row: Mapping[str, Any]) -> Pattern:
    near = tuple(
        Near(
            _tuple(n.get("any")),
            n.get("before", 0),
            n.get("after", 0),
            bool(n.get("anchor", False)),
            bool(n.get("absent", False)),
            bool(n.get("voice", False)),
        )
        for n in row.get("near", [])
    )
    slots = {name: _tuple(relations) for name, relations in row.get("slots", {}).items()}
    return Pattern(
        row["name"],
        _tuple(row["trigger"]),
        near,
        slots,
        _tuple(row.get("forms")),
        row.get("direction", ""),
        float(row.get("strength", 1.0)),
        _tuple(row.get("needs")),
        row.get("status", ""),
        row.get("percent", "none"),
        _tuple(row.get("times")),
        _tuple(row.get("split")),
    )


def _exemption(row: Mapping[str, Any]) -> Exemption:
    return Exemption(
        row["name"],
        _tuple(row["any"]),
        row.get("reach", 99),
        float(row.get("weight", 9.0)),
        _tuple(row.get("unless")),
        _tuple(row.get("unless-slots")),
        _tuple(row.get("patterns")),
        row.get("scope", "sentence"),
    )


def _derived(row: Mapping[str, Any]) -> Derived:
    return Derived(
        row["rule"],
        row["role"],
        row.get("type", "electric-unit"),
        dict(row.get("slots", {})),
        _tuple(row.get("patterns")),
        float(row.get("strength", 0.0)),
    )


def _example(file: YamlFile, at: int, row: Mapping[str, Any]) -> Example:
    return Example(
        line=file.line(["tests", at]),
        title=row.get("title", ""),
        text=row.get("text", ""),
        language=row.get("language"),
        published=row.get("published"),
        expect=row.get("expect"),
        number=at,
    )
