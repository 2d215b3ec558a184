"""What headlines say, in English and in French, for every rule and status."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.factories import make_event
from worker.domain.event import Event, Status
from worker.stories import headline

EQUITY = {
    "roles": {"holder": "Renault", "target": "Nissan", "counterparty": None},
    "parties": ("Renault", "Nissan"),
    "direction": "decrease",
    "from_pct": 43.0,
    "to_pct": 15.0,
}
MONEY = {
    "rule": "ev-unit-investment",
    "roles": {"investor": "Nissan", "unit": "Ampere", "owner": "Renault"},
    "parties": ("Nissan", "Renault"),
}
SHARING = {
    "rule": "ip-sharing",
    "roles": {"parties": ("Renault", "Nissan")},
    "parties": ("Renault", "Nissan"),
}


def event(**fields: Any) -> Event:
    blank: dict[str, Any] = {"direction": None, "from_pct": None, "to_pct": None}
    return make_event(**{**blank, **fields})


def en(**fields: Any) -> str:
    return headline(event(**fields), "en")


def fr(**fields: Any) -> str:
    return headline(event(**fields), "fr").replace("\u202f", " ").replace("\u00a0", " ")


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
