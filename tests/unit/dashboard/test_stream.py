"""Positions in the stream of alerts: nothing is missed, nothing comes twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.factories import NOW, make_alert
from worker.dashboard.recent import LATE
from worker.dashboard.stream import Follower, Position, frame
from worker.domain.alert import Alert


def alert(number: int, seconds: float) -> Alert:
    return make_alert(id=f"alert_{number:030x}", created=NOW + timedelta(seconds=seconds))


def take(follower: Follower, alerts: list[Alert]) -> list[str]:
    fresh = follower.fresh(alerts)
    for one in fresh:
        follower.note(one)
    return [one.id for one in fresh]


def test_a_position_survives_its_text() -> None:
    position = Position(NOW, frozenset({"0000000a", "0000000b"}))
    assert Position.parse(str(position)) == position
    assert Position.parse(str(Position(NOW, frozenset()))) == Position(NOW, frozenset())


@pytest.mark.parametrize("text", ["", "x", "%%%", "YWJj", "é", "17:4"])
def test_other_text_is_no_position(text: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        Position.parse(text)


def test_alerts_come_once_and_the_oldest_first() -> None:
    follower = Follower(Position(NOW, frozenset()))
    assert take(follower, [alert(2, 2), alert(1, 1)]) == [alert(1, 1).id, alert(2, 2).id]
    assert take(follower, [alert(2, 2), alert(1, 1)]) == []


def test_an_alert_that_appears_late_is_not_skipped() -> None:
    follower = Follower(Position(NOW, frozenset()))
    take(follower, [alert(2, 20)])
    assert take(follower, [alert(2, 20), alert(1, 10)]) == [alert(1, 10).id]


def test_a_reader_who_comes_back_gets_what_was_missed_and_no_more() -> None:
    first = Follower(Position(NOW, frozenset()))
    take(first, [alert(1, 20), alert(2, 21)])
    again = Follower(Position.parse(str(first.position)))
    late, new = alert(3, 15), alert(4, 40)
    assert take(again, [alert(1, 20), alert(2, 21), late, new]) == [late.id, new.id]


def test_a_position_does_not_grow_without_end() -> None:
    follower = Follower(Position(NOW, frozenset()))
    for number in range(2_000):
        take(follower, [alert(number, number / 50)])
    assert len(str(follower.position)) < 2_000
    assert len(follower.position.tags) <= 128


@given(st.lists(st.floats(0, LATE.total_seconds() / 2), min_size=1, max_size=30), st.data())
def test_in_whatever_order_they_appear_each_comes_exactly_once(
    times: list[float], data: st.DataObject
) -> None:
    alerts = [alert(number, seconds) for number, seconds in enumerate(times)]
    appear = data.draw(st.permutations(alerts))
    breaks = data.draw(st.sets(st.integers(0, len(alerts))))
    follower, got = Follower(Position(NOW - timedelta(days=1), frozenset())), []
    for count in range(1, len(alerts) + 1):
        got += take(follower, list(appear[:count]))
        if count in breaks:
            follower = Follower(Position.parse(str(follower.position)))
    assert sorted(got) == sorted(one.id for one in alerts)


def test_a_frame_is_one_event_whatever_is_in_it() -> None:
    text = frame({"a": "line\nbreak\r\n\n é"}, event="alert.created", id="x")
    assert text.endswith("\n\n")
    assert text.strip().count("\n") == 2
    assert text.startswith("event: alert.created\nid: x\ndata: {")


def test_since_leaves_room_for_late_ones() -> None:
    moment: datetime = Follower(Position(NOW, frozenset())).since
    assert moment == NOW - LATE
