"""Two readings of one item, compared by rule."""

from dataclasses import replace

from tests.support.factories import make_event
from worker.domain.comparison import Kind, compare
from worker.domain.event import Classification, Event, Status


def read(*events: Event) -> Classification:
    return Classification("en", events)


STAKE = make_event()
PATENTS = replace(make_event(), rule="ip-sharing")


def test_the_same_is_no_difference() -> None:
    assert list(compare(read(STAKE, PATENTS), read(PATENTS, STAKE))) == []
    surer = replace(STAKE, confidence=STAKE.confidence / 2, evidence=())
    assert list(compare(read(STAKE), read(surer))) == []


def test_gained_lost_and_changed() -> None:
    later = replace(STAKE, status=Status.COMPLETED, to_pct=10.0)
    (gained,) = compare(read(), read(STAKE))
    assert (gained.kind, gained.before, gained.after) == (Kind.GAINED, None, STAKE)
    (lost,) = compare(read(STAKE), read())
    assert (lost.kind, lost.before, lost.after) == (Kind.LOST, STAKE, None)
    (changed,) = compare(read(STAKE), read(later))
    assert changed.kind is Kind.CHANGED
    assert changed.fields == {
        "status": (STAKE.status, Status.COMPLETED),
        "to_pct": (STAKE.to_pct, 10.0),
    }


def test_the_one_of_two_that_stayed_is_left_out() -> None:
    other = replace(STAKE, parties=("Ford", "Rivian"), companies=("ford", "rivian"))
    [lost] = compare(read(STAKE, other), read(other))
    assert (lost.kind, lost.before) == (Kind.LOST, STAKE)


def test_what_is_too_uncertain_was_not_found() -> None:
    doubtful = replace(STAKE, confidence=0.3)
    [gained] = compare(read(doubtful), read(STAKE), min_confidence=0.5)
    assert gained.kind is Kind.GAINED
    assert list(compare(read(doubtful), read(), min_confidence=0.5)) == []
