"""What headlines say of every rule at every stage, and of what becomes of a stake."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.headlines import EQUITY, MONEY, SHARING, en, fr
from worker.domain.event import Status


@pytest.mark.parametrize(
    ("status", "english", "french"),
    [
        (
            "rumoured",
            "Renault may cut its stake in Nissan from 43% to 15%, reports say",
            "Renault pourrait réduire sa participation dans Nissan de 43 % à 15 %, "
            "selon des informations de presse",
        ),
        (
            "negotiating",
            "Renault in talks to cut its stake in Nissan from 43% to 15%",
            "Renault en discussions pour réduire sa participation dans Nissan de 43 % à 15 %",
        ),
        (
            "planned",
            "Renault plans to cut its stake in Nissan from 43% to 15%",
            "Renault prévoit de réduire sa participation dans Nissan de 43 % à 15 %",
        ),
        (
            "agreed",
            "Renault agrees to cut its stake in Nissan from 43% to 15%",
            "Renault a convenu de réduire sa participation dans Nissan de 43 % à 15 %",
        ),
        (
            "completed",
            "Renault has cut its stake in Nissan from 43% to 15%",
            "Renault a réduit sa participation dans Nissan de 43 % à 15 %",
        ),
        (
            "denied",
            "Plan by Renault to cut its stake in Nissan from 43% to 15% denied or dropped",
            "Le projet de Renault de réduire sa participation dans Nissan de 43 % à 15 % "
            "est démenti ou abandonné",
        ),
    ],
)
def test_a_stake_at_every_stage(status: str, english: str, french: str) -> None:
    assert en(status=Status(status), **EQUITY) == english
    assert fr(status=Status(status), **EQUITY) == french


@pytest.mark.parametrize(
    ("status", "english", "french"),
    [
        (
            "rumoured",
            "Nissan may invest 600 million euros in Ampere, reports say",
            "Nissan pourrait investir 600 millions d'euros dans Ampere, "
            "selon des informations de presse",
        ),
        (
            "negotiating",
            "Nissan in talks to invest 600 million euros in Ampere",
            "Nissan en discussions pour investir 600 millions d'euros dans Ampere",
        ),
        (
            "planned",
            "Nissan plans to invest 600 million euros in Ampere",
            "Nissan prévoit d'investir 600 millions d'euros dans Ampere",
        ),
        (
            "agreed",
            "Nissan agrees to invest 600 million euros in Ampere",
            "Nissan a convenu d'investir 600 millions d'euros dans Ampere",
        ),
        (
            "completed",
            "Nissan has invested 600 million euros in Ampere",
            "Nissan a investi 600 millions d'euros dans Ampere",
        ),
        (
            "denied",
            "Plan by Nissan to invest 600 million euros in Ampere denied or dropped",
            "Le projet de Nissan d'investir 600 millions d'euros dans Ampere "
            "est démenti ou abandonné",
        ),
    ],
)
def test_money_at_every_stage(status: str, english: str, french: str) -> None:
    assert en(status=Status(status), amount="600 million euros", **MONEY) == english
    assert fr(status=Status(status), amount="600 millions d'euros", **MONEY) == french


@pytest.mark.parametrize(
    ("status", "english", "french"),
    [
        (
            "rumoured",
            "Renault and Nissan may share technology or intellectual property, reports say",
            "Renault et Nissan pourraient partager des technologies ou de la propriété "
            "intellectuelle, selon des informations de presse",
        ),
        (
            "negotiating",
            "Renault and Nissan in talks to share technology or intellectual property",
            "Renault et Nissan en discussions pour partager des technologies ou de la propriété "
            "intellectuelle",
        ),
        (
            "planned",
            "Renault and Nissan plan to share technology or intellectual property",
            "Renault et Nissan prévoient de partager des technologies ou de la propriété "
            "intellectuelle",
        ),
        (
            "agreed",
            "Renault and Nissan agree to share technology or intellectual property",
            "Renault et Nissan ont convenu de partager des technologies ou de la propriété "
            "intellectuelle",
        ),
        (
            "completed",
            "Renault and Nissan have shared technology or intellectual property",
            "Renault et Nissan ont partagé des technologies ou de la propriété intellectuelle",
        ),
        (
            "denied",
            "Plan by Renault and Nissan to share technology or intellectual property "
            "denied or dropped",
            "Le projet de Renault et de Nissan de partager des technologies ou de la propriété "
            "intellectuelle est démenti ou abandonné",
        ),
    ],
)
def test_knowledge_at_every_stage(status: str, english: str, french: str) -> None:
    assert en(status=Status(status), **SHARING) == english
    assert fr(status=Status(status), **SHARING) == french


@pytest.mark.parametrize(
    ("fields", "english", "french"),
    [
        ({"direction": "decrease"}, "cut its stake in T", "réduire sa participation dans T"),
        (
            {"direction": "decrease", "from_pct": 43.0},
            "cut its 43% stake in T",
            "réduire sa participation de 43 % dans T",
        ),
        (
            {"direction": "decrease", "to_pct": 15.0},
            "cut its stake in T to 15%",
            "réduire sa participation dans T à 15 %",
        ),
        (  # a size is a share of the target, not a part of the stake
            {"direction": "decrease", "pct": 28.4},
            "dispose of a 28.4% stake in T",
            "céder une participation de 28,4 % dans T",
        ),
        (
            {"direction": "decrease", "from_pct": 43.4, "pct": 28.4},
            "cut its 43.4% stake in T by 28.4 points",
            "réduire sa participation de 43,4 % dans T de 28,4 points",
        ),
        (
            {"direction": "decrease", "from_pct": 68.0, "pct": 68.0},
            "dispose of its 68% stake in T",
            "céder sa participation de 68 % dans T",
        ),
        (
            {"direction": "decrease", "from_pct": 4.0, "to_pct": 0.0, "pct": 4.0},
            "dispose of its 4% stake in T",
            "céder sa participation de 4 % dans T",
        ),
        (
            {"direction": "increase"},
            "take or raise a stake in T",
            "prendre ou relever une participation dans T",
        ),
        (
            {"direction": "increase", "from_pct": 10.0},
            "raise its 10% stake in T",
            "relever sa participation de 10 % dans T",
        ),
        (
            {"direction": "increase", "from_pct": 10.0, "pct": 1.5},
            "raise its 10% stake in T by 1.5 points",
            "relever sa participation de 10 % dans T de 1,5 point",
        ),
        (
            {"direction": "increase", "from_pct": 10.0, "to_pct": 20.0, "pct": 10.0},
            "raise its stake in T from 10% to 20%",
            "relever sa participation dans T de 10 % à 20 %",
        ),
        (
            {"direction": "increase", "pct": 15.0, "to_pct": 15.0},
            "take a 15% stake in T",
            "prendre une participation de 15 % dans T",
        ),
        ({"pct": 8.0}, "take an 8% stake in T", "prendre une participation de 8 % dans T"),
        ({"pct": 11.5}, "take an 11.5% stake in T", "prendre une participation de 11,5 % dans T"),
        ({"pct": 80.0}, "take an 80% stake in T", "prendre une participation de 80 % dans T"),
        ({"to_pct": 15.0}, "take a 15% stake in T", "prendre une participation de 15 % dans T"),
        (
            {"pct": 10.0, "to_pct": 70.0},
            "bring its stake in T to 70%",
            "porter sa participation dans T à 70 %",
        ),
        (
            {"from_pct": 0.0, "to_pct": 15.0},
            "take a 15% stake in T",
            "prendre une participation de 15 % dans T",
        ),
        (  # no direction given, but the figures tell
            {"from_pct": 43.0, "to_pct": 15.0},
            "cut its stake in T from 43% to 15%",
            "réduire sa participation dans T de 43 % à 15 %",
        ),
        (
            {"from_pct": 15.0, "to_pct": 15.0},
            "bring its stake in T from 15% to 15%",
            "porter sa participation dans T de 15 % à 15 %",
        ),
        ({}, "change its stake in T", "modifier sa participation dans T"),
        (
            {"from_pct": 34.0, "pct": 10.0},
            "change its 34% stake in T",
            "modifier sa participation de 34 % dans T",
        ),
    ],
)
def test_what_becomes_of_a_stake(fields: dict[str, Any], english: str, french: str) -> None:
    made = {"roles": {"holder": "H", "target": "T"}, "status": Status.NEGOTIATING, **fields}
    assert en(**made) == f"H in talks to {english}"
    assert fr(**made) == f"H en discussions pour {french}"
