"""Which story an event belongs to: by who is in it, what it is about and when, not by words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.factories import NOW, make_event
from worker.domain.event import Event, Status
from worker.domain.story import Known, Story
from worker.stories.relation import OPEN_FOR, SETTLED_FOR, find_story, lock_keys, relation_of

OWNERS = {"ampere": "renault", "volvo-cars": "geely"}


def event(*companies: str, roles: dict[str, Any] | None = None, **more: Any) -> Event:
    names = tuple(company.title() for company in companies)
    given = roles or {"holder": names[0], "target": names[1] if len(names) > 1 else None}
    values = {"from_pct": None, "to_pct": None, **more}
    return make_event(parties=names, companies=companies, roles=given, **values)


def story(*core: str, matter: str = "nissan", **more: Any) -> Story:
    values: dict[str, Any] = {
        "id": "story_" + "_".join(core),
        "rule": "equity-change",
        "companies": core,
        "alliance": None,
        "started": NOW,
        "sequence": 1,
        "core": tuple(sorted(core)),
        "matter": matter,
        "reported": NOW,
    }
    return Story(**{**values, **more})


def found(one: Event, *stories: Story, after: timedelta = timedelta(hours=1)) -> str | None:
    fit = find_story(relation_of(one, OWNERS), one, NOW + after, stories)
    return fit.id if fit else None


RENAULT_NISSAN = story("renault", "nissan")


def test_a_unit_stands_for_its_owner() -> None:
    roles = {"investor": "Nissan", "unit": "Ampere", "owner": None}
    relation = relation_of(event("nissan", "ampere", roles=roles), OWNERS)
    assert relation.core == {"nissan", "renault"}
    assert relation.parties == {"nissan": "Nissan", "renault": "Ampere"}
    assert relation.matter == "ampere"


def test_names_on_no_list_are_compared_as_they_are_written_without_case() -> None:
    one = make_event(
        companies=(), parties=("Xpeng", "Didi"), roles={"holder": "Xpeng", "target": "Didi"}
    )
    assert relation_of(one, {}).core == {"Xpeng", "Didi"}


@pytest.mark.parametrize(
    "one",
    [
        event("renault", "nissan"),
        event("nissan", "renault"),
        event("renault", "nissan", "ampere"),
        event("renault", "nissan", "geely", roles={
            "holder": "Renault", "target": "Nissan", "counterparty": "Geely",
        }),
        event("renault", "nissan", roles={"holder": None, "target": None}),
    ],
)  # fmt: skip
def test_the_same_two_are_the_same_story(one: Event) -> None:
    assert found(one, RENAULT_NISSAN) == RENAULT_NISSAN.id


@pytest.mark.parametrize(
    "one",
    [
        event("nissan", "mitsubishi-motors"),
        event("mitsubishi-motors", "ampere", "renault"),
        event("renault", "nissan", rule="ip-sharing"),
        event("renault"),
    ],
)
def test_others_are_another(one: Event) -> None:
    assert found(one, RENAULT_NISSAN) is None


def test_the_same_two_may_be_about_two_things() -> None:
    known = {"to_pct": Known(15.0, "item", NOW)}
    first = story("renault", "nissan", ledger=known)
    roles = {"holder": "Nissan", "target": "Ampere", "counterparty": "Renault"}
    other = event("nissan", "ampere", "renault", roles=roles, to_pct=12.0)
    assert found(other, first) is None
    second = story("renault", "nissan", matter="ampere", id="story_second")
    assert found(other, first, second) == "story_second"
    assert found(event("renault", "nissan", to_pct=15.0), first, second) == first.id
    misread = event("nissan", "ampere", "renault", roles=roles, to_pct=15.0)
    assert found(misread, first) == first.id, "the figure tells that it is the same"


def test_a_report_that_names_one_side_is_told_by_what_it_is_about() -> None:
    unit = story("renault", "nissan", matter="ampere")
    roles = {"holder": "Renault", "target": "Ampere"}
    lone = event("renault", "ampere", roles=roles)
    assert found(lone, unit) == unit.id
    assert found(lone, unit, after=timedelta(days=20)) is None
    assert found(lone, replace(unit, status=Status.DENIED)) is None


def test_figures_tell_more_than_what_it_is_about() -> None:
    """A report that names one side, and speaks of the unit in passing."""
    other = story("renault", "mitsubishi-motors", matter="ampere")
    deal = story("renault", "nissan", ledger={"to_pct": Known(10.0, "item", NOW)})
    roles = {"holder": "Renault", "target": "Ampere"}
    assert found(event("renault", "ampere", roles=roles, to_pct=10.0), other, deal) == deal.id
    assert found(event("renault", "ampere", roles=roles), other, deal) == other.id


def test_a_denial_of_something_else_is_another_story() -> None:
    roles = {"holder": "Renault", "target": "Nissan", "counterparty": "Geely"}
    denial = event("renault", "nissan", "geely", roles=roles, status=Status.DENIED)
    assert found(denial, RENAULT_NISSAN) is None
    joined = story("renault", "nissan", companies=("renault", "nissan", "geely"))
    assert found(denial, joined) == joined.id


def test_a_story_ends() -> None:
    one = event("renault", "nissan")
    assert found(one, RENAULT_NISSAN, after=OPEN_FOR - timedelta(days=1)) == RENAULT_NISSAN.id
    assert found(one, RENAULT_NISSAN, after=OPEN_FOR) is None
    done = story("renault", "nissan", status=Status.COMPLETED)
    assert found(one, done, after=SETTLED_FOR) is None


def test_what_might_share_a_story_shares_a_lock() -> None:
    one, other = event("renault", "nissan"), event("renault", "nissan", "ampere")
    assert set(lock_keys([one], OWNERS)) & set(lock_keys([other], OWNERS))
    assert lock_keys([one, other], OWNERS) == (
        ("equity-change", "nissan"),
        ("equity-change", "renault"),
    )
