from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from worker.domain.feed import Feed, FeedState, Fetched, Move, PollResult
from worker.feeds.moves import moved_to
from worker.feeds.schedule import settle, turns
from worker.net import Redirect, follow

NOW = datetime(2023, 1, 24, 12, tzinfo=UTC)
FEED = Feed("feed_1", "https://old.example/rss", "Wire")
NEW = "https://new.example/rss"


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], None),
        ([301], 0),
        ([308], 0),
        ([302], None),
        ([307, 301], None),
        ([301, 302], 0),
        ([301, 308, 303], 1),
    ],
)
def test_permanent_as_far_as_nothing_temporary_comes_before(
    statuses: list[int], expected: int | None
) -> None:
    redirects = [Redirect(status, f"https://{n}.example/") for n, status in enumerate(statuses)]
    assert moved_to(redirects) == (None if expected is None else f"https://{expected}.example/")


def follow_up(*answers: str | PollResult | None, state: FeedState | None = None) -> list[Move]:
    """The state of the move after each poll; a result stands for a poll that was redirected."""
    known = state or FeedState(FEED.id)
    moves = []
    for answer in answers:
        if isinstance(answer, PollResult):
            fetched = Fetched(answer, moved_to=NEW, error="x")
        else:
            fetched = Fetched(PollResult.UNCHANGED, status_code=304, moved_to=answer)
        known = settle(FEED, known, fetched, NOW)
        moves.append(known.move)
    return moves


def test_a_move_is_saved_after_three_polls_that_agree() -> None:
    first, second, third = follow_up(NEW, NEW, NEW)
    assert (first.address, first.candidate, first.agreed) == (None, NEW, 1)
    assert (second.address, second.agreed) == (None, 2)
    assert third == Move(address=NEW)


@pytest.mark.parametrize("between", [None, "https://other.example/"])
def test_a_poll_that_does_not_agree_begins_anew(between: str | None) -> None:
    moves = follow_up(NEW, NEW, between, NEW, NEW)
    assert [move.address for move in moves] == [None] * 5
    assert follow_up(NEW, NEW, between, NEW, NEW, NEW)[-1].address == NEW


@pytest.mark.parametrize("result", [PollResult.FAILED, PollResult.GONE])
def test_a_poll_that_brought_nothing_usable_neither_counts_nor_spoils(result: PollResult) -> None:
    assert follow_up(NEW, NEW, result)[-1].agreed == 2


def test_what_was_taken_back_is_not_saved_again() -> None:
    refused = FeedState(FEED.id, move=Move(refused=NEW))
    assert {move.address for move in follow_up(*[NEW] * 5, state=refused)} == {None}
    assert follow_up(*["https://third.example/"] * 3, state=refused)[-1].address is not None


def test_no_downgrade_is_made_permanent() -> None:
    assert follow_up(*["http://old.example/rss"] * 5)[-1].address is None


def test_a_saved_address_may_move_on() -> None:
    moved = FeedState(FEED.id, move=Move(address=NEW))
    assert follow_up(NEW, NEW, NEW, state=moved)[-1] == Move(address=NEW)
    third = "https://third.example/"
    assert follow_up(third, third, third, state=moved)[-1] == Move(address=third)


def test_a_move_and_an_end_are_told_once_without_secrets() -> None:
    before = FeedState(FEED.id)
    after = replace(before, move=Move(address="https://u:hush@new.example/rss?key=hush"))
    [turn] = turns(FEED, before, after)
    assert turn.action == "move_feed"
    assert "new.example/rss" in turn.detail
    assert "hush" not in turn.detail
    assert turns(FEED, after, after) == ()
    gone = settle(FEED, before, Fetched(PollResult.GONE, status_code=410), NOW)
    assert [turn.action for turn in turns(FEED, before, gone)] == ["retire_feed"]
    assert turns(FEED, gone, gone) == ()


def test_credentials_follow_to_the_same_origin_only() -> None:
    own = {"Authorization": "Bearer t", "Accept": "text/xml"}
    old = "https://user:pass@old.example/rss"
    assert follow(old, "https://old.example/new", own) == (
        "https://user:pass@old.example/new",
        own,
    )
    assert follow(old, NEW, own) == (NEW, {"Accept": "text/xml"})
    assert follow("https://old.example/rss", "https://old.example/new", own)[1] == own
    assert follow("http://[broken", NEW, own) == (NEW, {})
