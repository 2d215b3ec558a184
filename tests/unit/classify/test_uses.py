"""Every pattern and exception of the rules is put to use by some text, here or elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from benchmarks.coverage import RULES, USES, exercised, idle, shown
from worker.classify import Classifier
from worker.classify.loading import load_content


def _uses() -> list[Any]:
    rows = YAML(typ="safe").load(USES.read_text(encoding="utf-8"))
    return [pytest.param(row, id=f"{row['language']}: {row['shows']}") for row in rows]


@pytest.mark.parametrize("use", _uses())
def test_a_text_puts_to_use_what_stands_beside_it(
    classifier: Classifier, use: dict[str, str]
) -> None:
    told = classifier.explain(use.get("title", ""), use["text"], language=use["language"])
    assert use["shows"] in shown(told)


def test_nothing_in_the_rules_is_idle(classifier: Classifier) -> None:
    content = load_content([RULES])
    assert idle(content, exercised(classifier, content)) == []
