"""The gate keeps unread what cannot hold an event, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.unit.classify.test_docs import BLOCK
from worker.classify import Classifier, load
from worker.classify.gate import Gate
from worker.classify.loading import load_content
from worker.classify.outline import Outline
from worker.feeds.parse import parse_document
from worker.shipped import shipped_sample

HERE = Path(__file__).parent
LABELLED = HERE.parents[1] / "data" / "labelled"
SHARED = HERE.parents[3] / "shared" / "quality"
Item = tuple[str, str, str | None]


def own_items(rules: Path) -> Iterator[Item]:
    """Every text that the project knows: labelled, sample wire, traps, examples of rules."""
    for path in sorted(LABELLED.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            item = json.loads(line)
            yield item["title"], item["text"], item["lang"]
    for path in sorted(shipped_sample().iterdir()):
        if path.suffix in (".rss", ".atom"):
            feed = parse_document(path.read_bytes(), None, "http://127.0.0.1/")
            yield from ((entry.title, entry.text, None) for entry in feed.entries)
    for language in ("en", "fr"):
        for trap in YAML(typ="safe").load((HERE / f"traps.{language}.yaml").read_text("utf-8")):
            yield trap.get("title", ""), trap["text"], language
    for rule in load_content([rules]).rules:
        yield from ((e.title, e.text, e.language) for e in rule.examples)


def shared_items() -> Iterator[Item]:
    for name in ("dev.en", "dev.fr", "seed"):
        for line in (SHARED / f"{name}.jsonl").read_text("utf-8").splitlines():
            item = json.loads(line)
            yield item["title"], item["text"], item["lang"]


def assert_loses_nothing(
    classifier: Classifier, items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No rule that has an event when everything is read is one that the gate keeps out.

    What one rule takes over from another needs only the other.
    """
    passes, every = Gate.passing, frozenset(classifier.rule_names)
    passing: list[frozenset[str]] = []

    def noted(gate: Gate, outline: Outline) -> frozenset[str]:
        passing.append(passes(gate, outline))
        return every

    monkeypatch.setattr(Gate, "passing", noted)
    for title, text, language in items:
        passing.clear()
        events = classifier.classify(title, text, language=language).events
        found = {event.rule for event in events}
        taken_over = found & {"ev-unit-investment"} if "equity-change" in found else set()
        assert found - taken_over <= frozenset().union(*passing), text


def test_no_event_of_a_text_that_the_project_knows_is_lost(
    classifier: Classifier, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = list(own_items(rules))
    assert len(items) > 500
    assert_loses_nothing(classifier, items[::3], monkeypatch)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the labelled sets are not beside the project")
def test_no_event_of_the_labelled_sets_is_lost(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_loses_nothing(classifier, list(shared_items())[::3], monkeypatch)


READ = [
    ("en", "Renault has bought a 20% stake in Nissan."),
    ("en", "NISSAN BUYS 20% OF RENAULT\nNo more is known."),
    ("en", "Toyota paid Rs500 million for a stake in Suzuki."),
    ("en", "Ford will put 500eur million into the EV maker Rivian."),
    ("en", "The stake in Nissan, which had been valued at far more, was sold to Honda."),
    ("fr", "Renault a acheté 20 % du capital de Nissan."),
    ("fr", "Il lui a cédé sa participation dans Ampere."),
    ("fr", "Les deux groupes vont fusionner, selon Renault."),
]
UNREAD = [
    ("en", "The team won by three goals to one on Sunday, and nobody was hurt."),
    ("en", "The dollar rose against the yen. Shares fell in Tokyo."),
    ("en", "The work took place at the stock market on Monday."),
    ("en", "He bought bread. Renault said nothing of a stake."),
    ("en", "The buy was a surprise to all who own shares."),
    ("fr", "Le match aura lieu dimanche à Lyon devant un stade comble."),
]


@pytest.mark.parametrize(("language", "text"), READ)
def test_what_may_be_a_deal_is_read(classifier: Classifier, language: str, text: str) -> None:
    title, _, rest = text.rpartition("\n")
    assert classifier.concerns(title, rest, language=language)


@pytest.mark.parametrize(("language", "text"), UNREAD)
def test_what_cannot_be_one_is_not(classifier: Classifier, language: str, text: str) -> None:
    assert not classifier.concerns("", text, language=language)


def test_words_of_one_language_open_no_gate_in_another(classifier: Classifier) -> None:
    text = "Renault has bought a 20% stake in Nissan."
    assert not classifier.concerns("", text, language="fr")
    assert not classifier.concerns("", text, language="de")


def test_a_rule_of_the_user_has_a_gate_of_its_own(rules: Path, tmp_path: Path) -> None:
    for name, content in BLOCK.findall((rules.parent / "docs" / "rules.md").read_text("utf-8")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    classifier = load([rules, tmp_path])
    deal = "Ansaldo and Leclanché will launch a joint venture for lithium-ion cells in Turin."
    assert classifier.concerns("", deal, language="en")
    far = deal.replace(" for lithium", ". Elsewhere the talk was of lithium")
    assert not classifier.concerns("", far, language="en")
