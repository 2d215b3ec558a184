"""Items that say of themselves that they correct an earlier one."""

from __future__ import annotations

import pytest

from worker.domain.item import Entry
from worker.feeds.corrections import corrects


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("CORRECTED-Nissan to cut stake to 15%", ""),
        ("CORRECTED - Nissan to cut stake to 15%", ""),
        ("Correction: Nissan to cut stake to 15%", ""),
        ("CORRIGÉ-Nissan réduira sa part à 15%", ""),
        ("RECTIFICATIF Nissan réduira sa part à 15%", ""),
        ("Nissan to cut stake", "(Corrects figure in second paragraph)\nTOKYO, March 3 - Nissan"),
        (
            "Nissan to cut stake",
            "TOKYO, March 3 (Wire) - [Corrects to 15%, not 24%] Nissan said",
        ),
        ("Nissan réduit sa part", "(Corrige le montant au premier paragraphe) TOKYO, 3 mars"),
        ("Nissan réduit sa part", "(Rectifie la date de l'accord)\nNissan a annoncé"),
        ("Nissan to cut stake", "Correction: an earlier version of this article said 24%."),
    ],
)
def test_a_correction_is_told_by_its_words(title: str, text: str) -> None:
    assert corrects(Entry(title, text))


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Correction in Nissan shares deepens", "Shares fell for a third day."),
        ("Nissan to cut stake", "Nissan said it would cut its stake (to 15%)."),
        ("Nissan corrects course in China", "The carmaker changes its plans."),
        ("Nissan corrige sa trajectoire", "Le groupe revoit ses plans."),
        ("Nissan to cut stake", "x " * 300 + "(Corrects figure)"),
    ],
)
def test_other_news_is_none(title: str, text: str) -> None:
    assert not corrects(Entry(title, text))


def test_a_signal_is_enough() -> None:
    assert corrects(Entry("Nissan", "Text.", signal="correction"))
    assert not corrects(Entry("Nissan", "Text.", signal="update"))
