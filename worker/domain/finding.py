"""A fault in something a person wrote: where it is, what is wrong, how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault in a configuration or rule file. `line` counts from 1; 0 when there is none."""

    file: Path
    line: int
    key: str
    problem: str
    mend: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else f"{self.file}"
        key = f" {self.key}:" if self.key else ""
        return f"{where}:{key} {self.problem} ({self.mend})"


class FaultyInput(Exception):  # noqa: N818 - it names what was found, not an error of ours
    """A file that cannot be used, with everything that is wrong with it."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("\n".join(map(str, findings)))
