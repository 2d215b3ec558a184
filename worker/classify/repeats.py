"""Rules, companies and alliances that two files of one folder define: one would silently win.

A later folder may redefine what an earlier one defines; that is how users change what ships.
The words of a concept may come from several files: they add up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from worker.classify.yamlfile import Key, YamlFile, mapping
from worker.domain.finding import Finding

_SECTIONS = {"watchlist": ("companies", "alliances")}


def repeats(files: Mapping[str, Sequence[YamlFile]]) -> list[Finding]:
    """A fault for each name that a file of the same kind and folder has defined before."""
    findings: list[Finding] = []
    first: dict[tuple[Path, str, str], YamlFile] = {}
    for kind, of_kind in files.items():
        for file in of_kind:
            for keys, name in _names(kind, file):
                place = (file.path.parent, f"{kind}.{keys[0]}", name)
                before = first.setdefault(place, file)
                if before is not file:
                    findings.append(
                        file.finding(
                            keys,
                            f"{name!r} is defined in {before.path.name} as well",
                            "keep one of the two, or put this one into a folder of its own",
                        )
                    )
    return findings


def _names(kind: str, file: YamlFile) -> Iterator[tuple[list[Key], str]]:
    data = mapping(file.data)
    if kind == "rule" and "rule" in data:
        yield ["rule"], str(data["rule"])
    for section in _SECTIONS.get(kind, ()):
        for name in mapping(data.get(section)):
            yield [section, name], str(name)
