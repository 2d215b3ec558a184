"""Which patterns, exceptions and statuses of the rules some labelled text or test puts to use.

`python -m benchmarks.coverage` lists those that none does: a pattern that nothing exercises may be
wrong without anybody's noticing. Texts are the project's own labelled sets, the traps, the examples
beside the rules, and the sample wire.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from ruamel.yaml import YAML

from benchmarks.sets import LANGUAGES, OWN, PROJECT_SETS, ROOT, items
from worker.classify import Classifier, load
from worker.classify.explain import Explanation
from worker.classify.loading import Content, load_content
from worker.domain.event import Status

RULES = ROOT / "rules"
TRAPS = ROOT / "tests" / "unit" / "classify"
USES = TRAPS / "uses.yaml"
Text = tuple[str, str, str | None, datetime | None]


@dataclass(slots=True)
class Coverage:
    """What has been put to use, how often: patterns and exceptions, statuses of each language."""

    names: Counter[str] = field(default_factory=Counter)
    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)


def texts(content: Content) -> Iterator[Text]:
    """Title, text, language and date of everything that is tested."""
    for name in PROJECT_SETS:
        for language in LANGUAGES:
            for item in items(f"{name}.{language}.jsonl", OWN):
                when = datetime.fromisoformat(item["published"])
                yield item["title"], item["text"], language, when
    for language in LANGUAGES:
        for trap in YAML(typ="safe").load((TRAPS / f"traps.{language}.yaml").read_text("utf-8")):
            yield trap.get("title", ""), trap["text"], language, _day(trap.get("published"))
    for use in YAML(typ="safe").load(USES.read_text("utf-8")):
        yield use.get("title", ""), use["text"], use["language"], None
    for rule in content.rules:
        for example in rule.examples:
            yield example.title, example.text, example.language, _day(example.published)


def _day(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None


def shown(told: Explanation) -> set[str]:
    """The patterns that fitted and the exceptions that held something back, by name."""
    found = set()
    for rule in told.rules:
        for attempt in rule.attempts:
            for note in attempt.notes:
                if note.startswith("exception "):
                    found.add(f"{rule.rule} exception {note.split()[1]}")
            if not attempt.missing:
                found.add(f"{rule.rule} pattern {attempt.pattern}")
    return found


def exercised(classifier: Classifier, content: Content) -> Coverage:
    """Read everything and note what fitted, what was held back, and how far events had got."""
    found = Coverage()
    for title, text, language, published in texts(content):
        told = classifier.explain(title, text, language=language, published=published)
        found.names.update(shown(told))
        for rule in told.rules:
            if rule.event is not None:
                found.statuses[told.language or "", rule.event.status.value] += 1
    return found


def idle(content: Content, found: Coverage) -> list[str]:
    """What nothing puts to use, in the order of the rules."""
    names = [
        f"{rule.name} {kind} {one.name}"
        for rule in content.rules
        for kind, listed in (("pattern", rule.patterns), ("exception", rule.exceptions))
        for one in listed
    ]
    statuses = [(language, status.value) for language in LANGUAGES for status in Status]
    return [name for name in names if not found.names[name]] + [
        f"{language} status {status}"
        for language, status in statuses
        if not found.statuses[language, status]
    ]


def summary(content: Content, found: Coverage) -> str:
    """One line for the report."""
    patterns = sum(len(rule.patterns) for rule in content.rules)
    exceptions = sum(len(rule.exceptions) for rule in content.rules)
    missing = idle(content, found)
    names = f": {', '.join(missing)}" if missing else ""
    return (
        f"Of {patterns} patterns, {exceptions} exceptions and {len(Status)} statuses a language, "
        f"{len(missing)} are put to use by no text of the project{names}."
    )


def main() -> int:
    content = load_content([RULES])
    found = exercised(load([RULES]), content)
    print(summary(content, found))
    for name, number in sorted(found.names.items(), key=lambda row: row[1]):
        print(f"{number:5} {name}")
    return 1 if idle(content, found) else 0


if __name__ == "__main__":
    sys.exit(main())
