"""From rule folders to a classifier, or to everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from worker.classify import rulebook, vocabulary, watchlist
from worker.classify.confidence import calibration_file, read_calibration
from worker.classify.repeats import repeats
from worker.classify.rulebook import Rule
from worker.classify.schema import faults
from worker.classify.vocabulary import Vocabulary
from worker.classify.watchlist import Watchlist
from worker.classify.yamlfile import YamlFile, mapping, read_yaml
from worker.domain.finding import FaultyInput, Finding

if TYPE_CHECKING:
    from worker.classify.classifier import Classifier

LANGUAGES = ("en", "fr")
SUFFIXES = ("*.yaml", "*.yml")


@dataclass(slots=True)
class Content:
    """What the folders hold, read and checked."""

    rules: list[Rule] = field(default_factory=list)
    vocabularies: dict[str, Vocabulary] = field(default_factory=dict)
    watchlist: Watchlist = field(default_factory=Watchlist)
    sources: list[Path] = field(default_factory=list)


def load_content(folders: Sequence[Path]) -> Content:
    """Read every file of the folders; `FaultyInput` carries all faults of all files."""
    findings: list[Finding] = []
    files: dict[str, list[YamlFile]] = {"rule": [], "vocabulary": [], "watchlist": []}
    content = Content()
    for folder in folders:
        if not folder.is_dir():
            findings.append(Finding(folder, 0, "", "is no folder", "name a folder with rules"))
            continue
        for kind, path in _paths(folder):
            read = read_yaml(path)
            if isinstance(read, Finding):
                findings.append(read)
                continue
            wrong = list(faults(read, kind))
            findings.extend(wrong)
            content.sources.append(path)
            if not wrong:
                files[kind].append(read)
    findings.extend(repeats(files))
    if not folders or (not files["rule"] and not findings):
        where = folders[0] if folders else Path()
        findings.append(Finding(where, 0, "", "holds no rule", "add a rule file (*.yaml)"))
    if findings:
        raise FaultyInput(tuple(sorted(findings)))
    content.watchlist = watchlist.build(files["watchlist"])
    for code in LANGUAGES:
        own = [f for f in files["vocabulary"] if mapping(f.data).get("language") == code]
        content.vocabularies[code] = vocabulary.build(code, own)
    by_name: dict[str, Rule] = {}
    for file in files["rule"]:
        rule = rulebook.parse(file)
        by_name[rule.name] = rule
        findings.extend(_references(file, rule, content))
    for rule in by_name.values():
        for source in rule.derived:
            if source.rule not in by_name:
                findings.append(
                    Finding(rule.path, 1, "derived", f"no rule {source.rule!r}", "name a rule")
                )
    findings.extend(watchlist.faults(content.watchlist, files["watchlist"]))
    if findings:
        raise FaultyInput(tuple(sorted(findings)))
    content.rules = sorted(by_name.values(), key=lambda r: (bool(r.derived), r.name))
    return content


def _paths(folder: Path) -> list[tuple[str, Path]]:
    out: list[tuple[str, Path]] = []
    for pattern in SUFFIXES:
        out += [("rule", p) for p in sorted(folder.glob(pattern))]
        out += [("watchlist", p) for p in sorted((folder / "watchlists").glob(pattern))]
        out += [("vocabulary", p) for p in sorted((folder / "vocabulary").rglob(pattern))]
    return out


def _references(file: YamlFile, rule: Rule, content: Content) -> list[Finding]:
    """Concepts, relations and roles that a rule names but that exist nowhere."""
    from worker.classify.relations import RELATIONS

    known = {c for v in content.vocabularies.values() for c in v.concepts}
    special = {"company", "unit", "electric-unit"}
    out = []

    def concept(name: str, keys: list[str | int]) -> None:
        if name not in known and name not in special and not name.startswith("figure:"):
            out.append(
                file.finding(
                    keys, f"no vocabulary has a concept {name!r}", "define it or mend the name"
                )
            )

    for at, line in enumerate(rule.gate):
        for n, name in enumerate(line):
            concept(name, ["gate", at, n])
    for at, pattern in enumerate(rule.patterns):
        for name in pattern.trigger:
            concept(name, ["patterns", at, "trigger"])
        for n, near in enumerate(pattern.near):
            for name in near.any:
                concept(name, ["patterns", at, "near", n])
        for slot, relations in pattern.slots.items():
            if rule.role(slot) is None:
                out.append(
                    file.finding(
                        ["patterns", at, "slots", slot],
                        "is no role of this rule",
                        "add it under roles",
                    )
                )
            for relation in relations:
                if relation not in RELATIONS:
                    out.append(
                        file.finding(
                            ["patterns", at, "slots", slot],
                            f"no relation {relation!r}",
                            "one of: " + ", ".join(sorted(RELATIONS)),
                        )
                    )
    for at, exemption in enumerate(rule.exceptions):
        for name in (*exemption.any, *exemption.unless):
            concept(name, ["exceptions", at])
    return out


def load(folders: Sequence[Path], *, companies: Literal["any", "listed"] = "any") -> Classifier:
    """Build a classifier from rule folders; raises `FaultyInput` with every fault found."""
    from worker.classify.classifier import Classifier, fingerprint

    content = load_content(folders)
    curve = calibration_file(folders)
    sources = sorted([*content.sources, *([curve] if curve else [])])
    mark = fingerprint(path.read_bytes() for path in sources)
    return Classifier(
        content.rules,
        content.vocabularies,
        content.watchlist,
        mark,
        companies,
        read_calibration(curve),
    )
