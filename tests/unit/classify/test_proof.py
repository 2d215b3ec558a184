"""The passages that prove an event: each named by what it shows, each cut out exactly."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from worker.classify import load
from worker.domain.event import Event

RULES = Path(__file__).resolve().parents[3] / "rules"
DAY = datetime(2024, 3, 4, tzinfo=UTC)
ITEMS = {
    "en": "🚗 Renault will cut its stake in Nissan from 43.4% to 15% for 2 billion euros by "
    "June 2025, two sources said.",
    "fr": "🚗 Renault va ramener sa participation dans Nissan de 43,4 % à 15 % pour 2 milliards "
    "d'euros d'ici à juin 2025, ont dit deux sources.",
}


@pytest.fixture(scope="module", params=sorted(ITEMS))
def found(request: pytest.FixtureRequest) -> tuple[str, Event]:
    text = ITEMS[request.param]
    events = load([RULES]).classify("", text, published=DAY).events
    return text, next(e for e in events if e.rule == "equity-change")


def test_every_passage_is_cut_out_exactly(found: tuple[str, Event]) -> None:
    text, event = found
    assert all(text[e.start : e.end] == e.text for e in event.evidence)


def test_figures_amount_date_and_attribution_have_passages(found: tuple[str, Event]) -> None:
    _, event = found
    shown = {e.role: e.text for e in event.evidence}
    assert shown["from_pct"].startswith("43")
    assert shown["to_pct"].startswith("15")
    assert shown["amount"] == event.amount
    assert shown["attribution"] == event.attribution
    assert "2025" in shown["expected_date"]
    assert event.expected_date == "2025-06"
    assert shown["trigger"]
    assert "" in shown
    assert shown["holder"] == "Renault"
    assert shown["target"] == "Nissan"
