"""Where each value of a configuration came from, so that a fault names the right place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from worker.config import schema
from worker.config.toml_positions import Path, Positions
from worker.domain.finding import Finding

ENVIRONMENT = FilePath("environment")
"""The "file" of a finding about an environment variable."""


@dataclass(slots=True)
class Source:
    """A configuration being read: its raw data, the origin of each value, and its faults so far."""

    file: FilePath
    data: dict[str, Any] = field(default_factory=dict)
    positions: Positions = field(default_factory=lambda: Positions({}))
    variables: dict[Path, str] = field(default_factory=dict)
    indirect: dict[Path, str] = field(default_factory=dict)
    unresolved: set[Path] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    _faulty: set[Path] = field(default_factory=set)

    def report(self, path: Path, problem: str, mend: str) -> None:
        """Note a fault of the value at `path`, unless its value could not even be had."""
        if any(path[:length] in self.unresolved for length in range(1, len(path) + 1)):
            return
        self._faulty.add(path)
        finding = self._finding(path, self._scrub(problem), self._scrub(mend))
        if finding not in self.findings:
            self.findings.append(finding)

    def report_variable(self, variable: str, problem: str, mend: str) -> None:
        """Note a fault of an environment variable as such."""
        self.findings.append(Finding(ENVIRONMENT, 0, variable, problem, mend))

    def has_faults(self, path: Path) -> bool:
        """Whether a fault was noted at `path` or below."""
        return any(noted[: len(path)] == path for noted in self._faulty)

    def is_indirect(self, path: Path) -> bool:
        """Whether the value was read from an "env:" or "file:" reference, and so may be secret."""
        return any(path[:length] in self.indirect for length in range(1, len(path) + 1))

    def kind_at(self, path: Path) -> str | None:
        """The `type` of the channel that `path` lies in."""
        try:
            kind = self.data["channels"][path[1]]["type"] if path[0] == "channels" else None
        except (KeyError, IndexError, TypeError):
            return None
        return kind if isinstance(kind, str) else None

    def value_at(self, path: Path) -> Any:
        """The raw value at `path`, or nothing."""
        value: Any = self.data
        try:
            for part in path:
                value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
        return value

    def found(self, path: Path) -> str:
        """`, found "…"` where showing the value helps and cannot give a secret away."""
        value = self.value_at(path)
        if isinstance(value, (list, dict, type(None))) or self.is_indirect(path):
            return ""
        info = schema.field_at(path, self.kind_at(path))
        if info is None or schema.is_secret(info):
            return ""
        if path[0] == "channels" and path[-1] not in {"name", "type"}:
            return ""
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if "://" in text or "@" in text or len(text) > 60 or not text.isprintable():
            return ""
        return f', found "{text}"' if isinstance(value, str) else f", found {text}"

    def _finding(self, path: Path, problem: str, mend: str) -> Finding:
        for length in range(len(path), 0, -1):
            if path[:length] in self.variables:
                return Finding(ENVIRONMENT, 0, self.variables[path[:length]], problem, mend)
            if path[:length] in self.positions:
                break
        return Finding(self.file, self.positions.line(path), schema.key_text(path), problem, mend)

    def _scrub(self, text: str) -> str:
        """Take out what came through references; a library's message may quote its input."""
        for secret in self.indirect.values():
            if len(secret) > 3:
                text = text.replace(secret, "***")
        return text
