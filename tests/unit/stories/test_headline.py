"""How headlines name those who act, and stay sentences whatever is missing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.headlines import EQUITY, MONEY, SHARING, en, event, fr
from worker.domain.event import Status
from worker.stories import headline


def test_several_holders_hold_their_stake() -> None:
    made: dict[str, Any] = {
        **EQUITY,
        "roles": {"holder": ("Renault", "Daimler", "Iveco"), "target": "Nissan"},
    }
    assert (
        en(status=Status.PLANNED, **made)
        == "Renault, Daimler and Iveco plan to cut their stake in Nissan from 43% to 15%"
    )
    assert (
        fr(status=Status.COMPLETED, **made)
        == "Renault, Daimler et Iveco ont réduit leur participation dans Nissan de 43 % à 15 %"
    )
    assert fr(status=Status.DENIED, **made).startswith(
        "Le projet de Renault, de Daimler et d'Iveco de réduire leur participation"
    )


def test_a_unit_that_points_back_is_named_by_its_owner() -> None:
    made = {**MONEY, "status": Status.PLANNED}
    for unit in ("its new EV arm", None):
        made["roles"] = {"investor": "Nissan", "unit": unit, "owner": "Renault"}
        assert en(**made) == "Nissan plans to invest in Renault's EV unit"
    made["roles"] = {"investor": "Nissan", "unit": "sa future entité", "owner": "Aston Martin"}
    assert fr(**made) == "Nissan prévoit d'investir dans l'entité électrique d'Aston Martin"
    made["roles"] = {"investor": "Nissan", "unit": "its EV arm", "owner": "Mitsubishi Motors"}
    assert en(**made) == "Nissan plans to invest in Mitsubishi Motors' EV unit"
    made["roles"] = {"investor": "Nissan", "unit": "its EV arm", "owner": "its partner"}
    assert en(**made) == "Nissan plans to invest in an EV unit"
    assert fr(**made | {"roles": {"investor": "Nissan"}}).endswith("dans une entité électrique")


def test_a_target_that_points_back_is_left_out() -> None:
    made = {**EQUITY, "roles": {"holder": "Renault", "target": "their joint venture"}}
    assert en(status=Status.PLANNED, **made) == "Renault plans to cut its stake from 43% to 15%"


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("joint venture", "the joint venture"),
        ("new electric vehicle company", "the new electric vehicle company"),
        ("a new firm", "a new firm"),
        ("the French group's Brazilian unit", "the French group's Brazilian unit"),
        ("e&", "e&"),
        ("EV unit", "EV unit"),
        ("Ampere", "Ampere"),
    ],
)
def test_a_common_noun_gets_its_article_in_english(name: str, english: str) -> None:
    made = {"roles": {"holder": "H", "target": name}, "status": Status.PLANNED, "pct": 5.0}
    assert en(**made) == f"H plans to take a 5% stake in {english}"


@pytest.mark.parametrize(
    ("name", "french"),
    [
        ("coentreprise", "la coentreprise"),
        ("nouvelle entité électrique de Renault", "la nouvelle entité électrique de Renault"),
        ("entité électrique", "l'entité électrique"),
        ("pôle électrique", "le pôle électrique"),
        ("la filiale de Didi", "la filiale de Didi"),
        ("l'entité de Renault", "l'entité de Renault"),
        ("une société commune", "une société commune"),
        ("Société Générale", "Société Générale"),
        ("Ampère", "Ampère"),
    ],
)
def test_a_common_noun_gets_its_article_in_french(name: str, french: str) -> None:
    made = {"roles": {"holder": "H", "target": name}, "status": Status.PLANNED, "pct": 5.0}
    assert fr(**made) == f"H prévoit de prendre une participation de 5 % dans {french}"


@pytest.mark.parametrize(
    ("name", "french"),
    [
        ("Audi", "d'Audi"),
        ("Honda", "de Honda"),
        ("Hyundai", "de Hyundai"),
        ("Élysée Motors", "d'Élysée Motors"),
        ("le groupe chinois", "du groupe chinois"),
        ("les actionnaires", "des actionnaires"),
        ("l'État", "de l'État"),
    ],
)
def test_de_in_french(name: str, french: str) -> None:
    made = {**EQUITY, "roles": {"holder": name, "target": "T"}, "status": Status.DENIED}
    assert fr(**made).startswith(f"Le projet {french} de réduire")


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("a large automaker", "A large automaker in talks"),
        ("eBay", "eBay in talks"),
        ("e&", "e& in talks"),
        ("BYD", "BYD in talks"),
    ],
)
def test_how_a_headline_begins(name: str, beginning: str) -> None:
    assert en(**{**EQUITY, "roles": {"holder": name, "target": "T"}}).startswith(beginning)


def test_without_the_role_the_party_that_has_no_other_role_acts() -> None:
    made = {**EQUITY, "roles": {"target": "Nissan"}, "parties": ("Nissan", "Renault")}
    assert en(**made).startswith("Renault in talks to cut its stake in Nissan")


def test_without_roles_and_parties_it_is_still_a_sentence() -> None:
    bare: dict[str, Any] = {"roles": {}, "parties": (), "companies": (), "status": Status.PLANNED}
    assert en(**bare) == "A company plans to change its stake"
    assert fr(**bare) == "Une entreprise prévoit de modifier sa participation"
    assert (
        fr(**bare | {"rule": "ev-unit-investment"})
        == "Une entreprise prévoit d'investir dans une entité électrique"
    )
    assert (
        en(**bare | {"rule": "ip-sharing", "status": Status.DENIED})
        == "Plan by a company to share technology or intellectual property denied or dropped"
    )


def test_sharing_without_its_role_is_told_of_all_parties() -> None:
    made = {**SHARING, "roles": {}, "status": Status.AGREED}
    assert en(**made).startswith("Renault and Nissan agree to share")


def test_an_investment_with_a_share_and_no_money_is_a_stake() -> None:
    made = {**MONEY, "pct": 15.0, "status": Status.NEGOTIATING}
    assert en(**made) == "Nissan in talks to take a 15% stake in Ampere"
    assert fr(**made) == "Nissan en discussions pour prendre une participation de 15 % dans Ampere"


def test_a_rule_of_a_users_own() -> None:
    made: dict[str, Any] = {"rule": "board-change", "parties": ("Renault", "Nissan"), "roles": {}}
    assert en(**made, status=Status.AGREED) == "Renault and Nissan: board change (agreed)"
    assert headline(event(**made, status=Status.DENIED), "fr") == (
        "Renault et Nissan\u00a0: board change (démenti)"
    )
    assert en(rule="board_change", parties=(), roles={}) == "Board change (negotiating)"


def test_french_typography() -> None:
    assert "43\u202f% à 15\u202f%" in headline(event(**EQUITY), "fr")


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("rule", ["equity-change", "ev-unit-investment", "ip-sharing", "other"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_pattern_leaves_a_seam(language: str, rule: str, status: Status) -> None:
    names: list[str | tuple[str, ...] | None] = [None, "", "A", ("A", "B"), "its arm", "sa filiale"]
    figures = [None, 0.0, 12.5]
    for name in names:
        for before in figures:
            for after in figures:
                for size in figures:
                    told = headline(
                        event(
                            rule=rule,
                            status=status,
                            roles=dict.fromkeys(
                                ("holder", "target", "investor", "unit", "owner", "parties"), name
                            ),
                            parties=(),
                            from_pct=before,
                            to_pct=after,
                            pct=size,
                        ),
                        language,
                    )
                    assert told == told.strip()
                    assert "  " not in told
                    assert not set("{}?") & set(told)
                    assert told[0].isupper()
