"""One fact told in English and in French gives one record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from worker.classify import Classifier

PAIRS = YAML(typ="safe").load((Path(__file__).parent / "pairs.yaml").read_text(encoding="utf-8"))


def test_there_are_thirty_pairs() -> None:
    assert len({pair["en"] for pair in PAIRS}) >= 30


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["en"])
def test_one_fact_is_one_record_in_both_languages(
    classifier: Classifier, pair: dict[str, str]
) -> None:
    english, french = (_record(classifier, pair[code], code) for code in ("en", "fr"))
    assert english == french != []


def _record(classifier: Classifier, text: str, language: str) -> list[dict[str, Any]]:
    """Everything an event says that does not depend on the words it was told in."""
    records = []
    for event in classifier.classify("", text, language=language).events:
        keys = dict(zip(event.parties, event.companies, strict=True))
        records.append(
            {
                "rule": event.rule,
                "status": event.status,
                "companies": set(event.companies),
                "roles": {
                    role: [keys.get(name, "a unit") for name in _names(value)]
                    for role, value in event.roles.items()
                },
                "direction": event.direction,
                "figures": (event.from_pct, event.to_pct, event.pct),
                "money": event.amount is not None,
            }
        )
    return records


def _names(value: Any) -> list[str]:
    if not value:
        return []
    return [value] if isinstance(value, str) else list(value)
