"""`make quality`: how well events are found, on labelled items and on noise.

Reads the sets in `../shared/quality` beside the project and is skipped where they are missing.
`--write` keeps the report in `docs/quality.md`, `--json` prints it as data, `--errors` lists
what went wrong, `--held-out` scores only every fifth item (those that nobody looked at while
writing rules).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from datetime import datetime
from typing import Any

from benchmarks import coverage
from benchmarks.baseline import baseline
from benchmarks.quality_report import ABOUT, Report, render
from benchmarks.scoring import Fields, Tally, f1
from benchmarks.sets import DATA, LANGUAGES, OWN, PROJECT_SETS, ROOT, RULES, items
from worker.classify import Classifier, load
from worker.classify.loading import load_content
from worker.domain.event import Classification

INJECTED = (
    "Renault",
    "Nissan",
    "Toyota",
    "Geely",
    "Volkswagen",
    "Rivian",
    "Polestar",
    "Honda",
    "Stellantis",
)


def run(classifier: Classifier, part: str) -> Report:
    """Score both development sets; `part` is all, seen, held-out, or a set of the project."""
    report = Report()
    for language in LANGUAGES:
        name, folder = (part, OWN) if part in PROJECT_SETS else ("dev", DATA)
        for item in items(f"{name}.{language}.jsonl", folder):
            held = int(item["id"][-3:]) % 5 == 0
            if (part == "held-out" and not held) or (part == "seen" and held):
                continue
            result = classifier.classify(
                item["title"], item["text"], published=datetime.fromisoformat(item["published"])
            )
            _score(report, language, item, result)
    return report


def _score(report: Report, language: str, item: dict[str, Any], result: Classification) -> None:
    gold = {event["rule"]: event for event in item["events"]}
    found = {event.rule: event for event in result.events}
    for rule in RULES:
        tally = report.rules.setdefault((language, rule), Tally())
        tally.add({rule} & gold.keys(), {rule} & found.keys())
    if item["hard"]:
        report.hard.setdefault(language, Tally()).add(set(gold), set(found))
    alert = report.any_alert.setdefault(language, Tally())
    alert.add({"any"} if gold else set(), {"any"} if found else set())
    by_words = baseline(item["title"], item["text"], language)
    report.baseline.setdefault(language, Tally()).add(set(gold), by_words)
    if result.language != language:
        report.errors.append(f"{item['id']} language: read as {result.language}")
    for rule in sorted(gold.keys() - found.keys()):
        report.errors.append(f"{item['id']} MISSED {rule}: {gold[rule]['evidence']}")
    for rule in sorted(found.keys() - gold.keys()):
        event = found[rule]
        report.errors.append(
            f"{item['id']} FALSE {rule} ({event.confidence}): "
            f"{event.evidence[0].text} [{item['note']}]"
        )
    fields = report.fields.setdefault(language, Fields())
    for rule, event in found.items():
        right = rule in gold
        report.bins.setdefault(min(int(event.confidence * 10), 9), []).append(right)
        if right:
            fields.compare(item["id"], gold[rule], event)
        for evidence in event.evidence:
            given = item["title"] if evidence.field == "title" else item["text"]
            report.evidence_wrong += given[evidence.start : evidence.end] != evidence.text


def noise(classifier: Classifier, report: Report, *, limit: int = 0) -> None:
    """False alarms on unrelated items, as they are and with watchlist names put into them."""
    draw = random.Random(7)
    alarms: dict[str, list[str]] = {"plain": [], "injected": []}
    count = 0
    for item in items("noise.jsonl.gz"):
        if "acq" in item.get("topics", []):
            continue
        count += 1
        if limit and count > limit:
            break
        for kind, text in (("plain", item["text"]), ("injected", _inject(item["text"], draw))):
            for event in classifier.classify(item["title"], text).events:
                alarms[kind].append(
                    f"{item['id']} {event.rule} ({event.confidence}): {event.evidence[0].text}"
                )
    by_words = sum(
        bool(baseline(item["title"], item["text"], item["lang"]))
        for item in items("noise.jsonl.gz")
        if "acq" not in item.get("topics", [])
    )
    known = set((ROOT / "benchmarks" / "noise_events.txt").read_text("utf-8").split("\n"))
    events = sum(alarm.split()[0] in known for alarm in alarms["plain"])
    report.noise = {"items": count, "baseline": by_words, "events": events, **alarms}


def _inject(text: str, draw: random.Random) -> str:
    """Replace two or three capitalised words by names from the watchlist."""
    words = text.split(" ")
    places = [i for i, word in enumerate(words) if i and word[:1].isupper() and word.isalpha()]
    for place in draw.sample(places, min(3, len(places))):
        words[place] = draw.choice(INJECTED)
    return " ".join(words)


def seed(classifier: Classifier) -> list[str]:
    """Every field of the seed article that differs from its label."""
    wrong = []
    for item in items("seed.jsonl"):
        result = classifier.classify(
            item["title"], item["text"], published=datetime.fromisoformat(item["published"])
        )
        found = {event.rule: event for event in result.events}
        if set(found) != set(item["labels"]):
            wrong.append(f"rules: {sorted(found)}")
        for gold in item["events"]:
            event = found.get(gold["rule"])
            if event is None:
                continue
            for name in (
                "direction",
                "from_pct",
                "to_pct",
                "pct",
                "amount",
                "attribution",
                "expected_date",
            ):
                want, got = gold.get(name), getattr(event, name)
                if name == "direction" and want is None:
                    continue
                if want != got:
                    wrong.append(f"{gold['rule']} {name}: {want!r} read as {got!r}")
            if gold["status"] != event.status.value:
                wrong.append(
                    f"{gold['rule']} status: {gold['status']} read as {event.status.value}"
                )
            if set(gold["parties"]) != set(event.parties):
                wrong.append(f"{gold['rule']} parties: {gold['parties']} read as {event.parties}")
            for role, want in gold["roles"].items():
                got = event.roles.get(role)
                if (sorted(want) if isinstance(want, list) else want) != (
                    sorted(got) if isinstance(got, tuple) else got
                ):
                    wrong.append(f"{gold['rule']} {role}: {want!r} read as {got!r}")
            if not any(
                gold["evidence"] in e.text or e.text in gold["evidence"] for e in event.evidence[:1]
            ):
                wrong.append(f"{gold['rule']} evidence: {event.evidence[0].text!r}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--no-noise", action="store_true")
    parser.add_argument("--noise-limit", type=int, default=0)
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--held-out", dest="part", action="store_const", const="held-out")
    part.add_argument("--seen", dest="part", action="store_const", const="seen")
    for project_set in PROJECT_SETS:
        part.add_argument(f"--{project_set}", dest="part", action="store_const", const=project_set)
    options = parser.parse_args()
    classifier = load([ROOT / "rules"])
    report, seed_errors = Report(), ["not read"]
    sections = [f"# Quality\n\n{ABOUT}\n"]
    if options.part in PROJECT_SETS:
        report = run(classifier, options.part)
        sections.append(render(report, PROJECT_SETS[options.part], ours=True))
    elif DATA.is_dir():
        report = run(classifier, options.part or "all")
        if not options.no_noise:
            noise(classifier, report, limit=options.noise_limit)
        seed_errors = seed(classifier)
        sections.append(render(report, "Development sets", seed_errors))
    else:
        sections.append(f"Not scored: there are no development sets in {DATA}.\n")
    if options.part is None:
        for project_set, heading in PROJECT_SETS.items():
            sections.append(render(run(classifier, project_set), heading, ours=True))
        content = load_content([ROOT / "rules"])
        told = coverage.summary(content, coverage.exercised(classifier, content))
        sections.append(f"## Coverage\n\n{told}\n")
    text = "\n".join(sections)
    if options.json:
        total = {
            c: f1(t for (code, _), t in report.rules.items() if code == c).f1 for c in LANGUAGES
        }
        json.dump(
            {"f1": total, "seed": seed_errors, "errors": report.errors},
            sys.stdout,
            ensure_ascii=False,
        )
    else:
        print(text)
    if options.errors:
        print("\n".join(report.errors))
        for fields in report.fields.values():
            print("\n".join(fields.wrong))
        for kind in ("plain", "injected"):
            print("\n".join(f"{kind}: {alarm}" for alarm in report.noise.get(kind, [])))
    if options.write:
        (ROOT / "docs").mkdir(exist_ok=True)
        (ROOT / "docs" / "quality.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
