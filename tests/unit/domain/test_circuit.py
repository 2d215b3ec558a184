"""A circuit by itself: when it opens, what it lets through, how it closes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.support.factories import NOW
from worker.domain.circuit import BreakerPolicy, Circuit, Terms
from worker.domain.delivery import Outcome, Verdict

SECOND = timedelta(seconds=1)
POLICY = BreakerPolicy(threshold=3, waits=(10 * SECOND, 60 * SECOND))
FAILED, TAKEN = Verdict(Outcome.RETRY, "HTTP 500"), Verdict(Outcome.DELIVERED)
LEASE = 30 * SECOND


def after_failures(count: int) -> Circuit:
    circuit = Circuit("desk")
    for number in range(count):
        circuit = circuit.answered(f"msg_{number}", FAILED, NOW + number * SECOND, POLICY)
    return circuit


def test_it_opens_after_failures_in_a_row() -> None:
    assert not after_failures(2).is_open
    opened = after_failures(3)
    assert opened.open_until == NOW + 12 * SECOND
    assert (opened.failing_since, opened.last_error) == (NOW, "HTTP 500")
    assert opened.room(Terms(), 0, NOW + 11 * SECOND) == (0, NOW + 12 * SECOND)


def test_a_success_or_a_refusal_in_between_begins_the_count_anew() -> None:
    for verdict in (TAKEN, Verdict(Outcome.PERMANENT, "HTTP 400")):
        circuit = after_failures(2).answered("msg_x", verdict, NOW, POLICY)
        assert circuit == Circuit("desk")


def test_one_message_tries_it_out() -> None:
    then = NOW + 12 * SECOND
    half_open = after_failures(3)
    room, _ = half_open.room(Terms(), 0, then)
    assert room == 1
    probing = half_open.claimed(["msg_probe"], Terms(), then, LEASE)
    assert probing.room(Terms(), 1, then) == (0, then + LEASE)
    assert probing.room(Terms(), 1, then + LEASE)[0] == 1, "the sender of the probe died"
    closed = probing.answered("msg_probe", TAKEN, then, POLICY)
    assert closed == Circuit("desk")
    again = probing.answered("msg_probe", FAILED, then, POLICY)
    assert again.open_until == then + 60 * SECOND
    assert again.failing_since == NOW
    third = again.claimed(["p"], Terms(), then + 60 * SECOND, LEASE)
    assert third.answered("p", FAILED, then, POLICY).open_until == then + 60 * SECOND


def test_what_was_under_way_when_it_opened_changes_nothing() -> None:
    opened = after_failures(3)
    late = opened.answered("msg_late", FAILED, NOW + 9 * SECOND, POLICY)
    assert (late.open_until, late.openings) == (opened.open_until, 1)


def test_a_probe_that_was_stopped_is_made_again() -> None:
    probing = after_failures(3).claimed(["msg_probe"], Terms(), NOW + 12 * SECOND, LEASE)
    stopped = probing.answered("msg_probe", Verdict(Outcome.INTERRUPTED), NOW, POLICY)
    assert stopped.room(Terms(), 0, NOW + SECOND)[0] == 1
    assert probing.answered("other", Verdict(Outcome.INTERRUPTED), NOW, POLICY) == probing


def test_a_wait_that_the_receiver_asks_for_holds_for_all_of_its_messages() -> None:
    asked = replace(FAILED, retry_after=timedelta(minutes=5))
    circuit = Circuit("desk").answered("msg_1", asked, NOW, POLICY)
    assert circuit.room(Terms(), 0, NOW + SECOND) == (0, NOW + timedelta(minutes=5))
    assert circuit.room(Terms(), 0, NOW + timedelta(minutes=5))[0] is None
    shorter = replace(FAILED, retry_after=SECOND)
    assert circuit.answered("msg_2", shorter, NOW, POLICY).next_at == NOW + timedelta(minutes=5)


def test_limits() -> None:
    circuit = Circuit("desk")
    assert circuit.room(Terms(), 99, NOW)[0] is None
    assert circuit.room(Terms(concurrent=8), 5, NOW)[0] == 3
    assert circuit.room(Terms(concurrent=8), 9, NOW)[0] == 0
    limited = Terms(concurrent=4, per_second=2)
    assert circuit.room(limited, 0, NOW) == (1, NOW + SECOND / 2)
    used = circuit.claimed(["msg_1"], limited, NOW, LEASE)
    assert used.room(limited, 0, NOW) == (0, NOW + SECOND / 2)
    assert used.room(limited, 0, NOW + SECOND / 2)[0] == 1


def test_waits_follow_those_between_attempts_but_are_not_as_long() -> None:
    policy = BreakerPolicy.following((SECOND, timedelta(hours=4)), timedelta(minutes=10))
    assert [policy.wait(number) for number in (1, 2, 99)] == [
        SECOND,
        timedelta(minutes=10),
        timedelta(minutes=10),
    ]
