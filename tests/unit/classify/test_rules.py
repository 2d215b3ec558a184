"""The rules that ship: they load, and every example beside them comes out as written."""

from __future__ import annotations

import json
from pathlib import Path

from worker.classify import check
from worker.classify.loading import load_content
from worker.classify.schema import KINDS, published_schemas


def test_every_example_comes_out_as_written(rules: Path) -> None:
    assert check([rules]) == ()


def test_each_rule_has_examples_that_fire_and_that_do_not_in_both_languages(rules: Path) -> None:
    for rule in load_content([rules]).rules:
        for language in ("en", "fr"):
            own = [e for e in rule.examples if e.language == language]
            assert any(e.expect is None for e in own), (rule.name, language)
            assert any(e.expect is not None for e in own), (rule.name, language)


def test_published_schemas_are_those_that_are_applied(rules: Path) -> None:
    for kind in KINDS:
        published = json.loads((rules / "schema" / f"{kind}.json").read_text("utf-8"))
        applied = json.loads((published_schemas() / f"{kind}.json").read_text("utf-8"))
        assert published == applied


def test_a_concept_that_a_rule_uses_has_words_in_every_language_of_the_rule(rules: Path) -> None:
    content = load_content([rules])
    for rule in content.rules:
        for language in rule.languages:
            known = content.vocabularies[language].concepts
            for pattern in rule.patterns:
                assert known.intersection(pattern.trigger), (rule.name, pattern.name, language)
