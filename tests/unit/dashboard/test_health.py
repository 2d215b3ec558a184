"""What is wrong, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from worker.broker import CLASSIFY, DELIVER, BrokerReading, QueueReading
from worker.dashboard.health import Level, level, troubles
from worker.dashboard.snapshot import Snapshot, StoreReading, part_state, queue_lines
from worker.domain.feed import Feed, FeedState, FeedStatus
from worker.domain.part import Part
from worker.store import ChannelFigures, Waiting

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
FEED = Feed("feed_1", "https://wire.example/rss", "Example Wire")


def part(kind: str, seen: float = 0, started: float = 3600, pid: int = 7, **figures: Any) -> Part:
    if kind.startswith("worker-"):
        figures.setdefault("queue", kind.removeprefix("worker-"))
    return Part(
        id=f"{kind}@desk:{pid}",
        kind=kind,
        host="desk",
        pid=pid,
        version="0.1.0",
        started=NOW - timedelta(seconds=started),
        seen=NOW - timedelta(seconds=seen),
        figures=figures,
    )


PARTS = (part("poller"), part("worker-classify"), part("worker-deliver"))


def snapshot(**changes: Any) -> Snapshot:
    """Everything in order, but for `changes` of the store's reading or of the snapshot."""
    fields = {name: changes.pop(name) for name in list(changes) if name in Snapshot.__slots__}
    state = FeedState("feed_1", last_success_at=NOW, next_poll_at=NOW + timedelta(minutes=1))
    calm = StoreReading(parts=PARTS, feeds=((FEED, state),))
    values: dict[str, Any] = {
        "taken": NOW,
        "store": replace(calm, **changes),
        "store_taken": NOW,
        "broker": queues(),
        "broker_taken": NOW,
    }
    return Snapshot(**{**values, **fields})


def queues(depth: int = 0, age: float | None = None, consumers: int | None = None) -> BrokerReading:
    return BrokerReading(
        True,
        {
            CLASSIFY: QueueReading(CLASSIFY, depth, age, 0, consumers),
            DELIVER: QueueReading(DELIVER, 0, None, 0, consumers),
        },
    )


def texts(of: Snapshot) -> list[str]:
    return [trouble.text for trouble in troubles(of)]


def test_nothing_is_wrong_when_all_is_in_order() -> None:
    assert texts(snapshot()) == []
    assert level(troubles(snapshot())) is Level.OK


def test_a_queue_that_nobody_works_on_is_bad() -> None:
    idle = snapshot(parts=PARTS[:1] + PARTS[2:], broker=queues(depth=3))
    assert texts(idle) == ["Nobody works on queue classify while 3 messages wait."]
    assert level(troubles(idle), "queue:classify") is Level.BAD
    assert level(troubles(idle), "queue:deliver") is Level.OK
    one = snapshot(parts=PARTS[:1] + PARTS[2:], broker=queues(depth=1))
    assert texts(one) == ["Nobody works on queue classify while 1 message waits."]


def test_the_broker_knows_better_who_consumes() -> None:
    assert len(texts(snapshot(broker=queues(consumers=0)))) == 2
    assert [line.consumers for line in queue_lines(snapshot(broker=queues(consumers=4)))] == [4, 4]


def test_silent_workers_do_not_count_as_consumers() -> None:
    silent = part("worker-classify", seen=20)
    lines = queue_lines(snapshot(parts=(PARTS[0], silent, PARTS[2])))
    assert [line.consumers for line in lines] == [0, 1]


def test_an_old_message_is_a_warning_and_then_bad() -> None:
    old = snapshot(broker=queues(depth=1, age=90))
    assert texts(old) == ["The oldest message in queue classify has waited 1 min."]
    assert level(troubles(old)) is Level.WARN
    assert level(troubles(snapshot(broker=queues(depth=1, age=301)))) is Level.BAD


def test_an_age_goes_on_growing_after_it_was_read() -> None:
    read = snapshot(broker=queues(depth=1, age=90.0), broker_taken=NOW - timedelta(seconds=4))
    assert queue_lines(read)[0].oldest_age == 94.0


def test_a_part_that_is_silent_for_fifteen_seconds_is_lost() -> None:
    almost = snapshot(parts=(*PARTS, part("dashboard", seen=14.9)))
    assert texts(almost) == []
    lost = snapshot(parts=(*PARTS, part("dashboard", seen=48)))
    assert texts(lost) == ["dashboard (process 7 on desk) has not reported for 48 s."]


def test_a_part_that_has_a_successor_is_no_trouble() -> None:
    parts = (*PARTS, part("poller", seen=300, started=9000, pid=3))
    assert part_state(parts[-1], parts, NOW) == "lost"  # the other one was there before
    successor = part("poller", started=280, pid=9)
    parts = (successor, *PARTS[1:], part("poller", seen=300, started=9000, pid=3))
    assert part_state(parts[-1], parts, NOW) == "replaced"
    assert texts(snapshot(parts=parts)) == []


def test_no_poller_is_trouble_only_where_there_are_feeds() -> None:
    assert texts(snapshot(parts=PARTS[1:])) == ["No poller is running: no feed is read."]
    assert texts(snapshot(parts=PARTS[1:], feeds=())) == []


def feed_state(**changes: Any) -> Snapshot:
    state = FeedState("feed_1", last_success_at=NOW - timedelta(hours=3), next_poll_at=NOW)
    return snapshot(feeds=((FEED, replace(state, **changes)),))


def test_a_failing_feed_says_how_often_why_and_since_when() -> None:
    once = feed_state(failures=1, last_error="HTTP 503")
    assert texts(once) == ["Feed Example Wire: the last poll failed: HTTP 503."]
    assert level(troubles(once)) is Level.WARN
    often = feed_state(failures=4, last_error="HTTP 503")
    assert texts(often) == [
        "Feed Example Wire: 4 polls in a row have failed: HTTP 503; last success 3 h ago."
    ]
    assert level(troubles(often)) is Level.BAD
    never = feed_state(failures=4, last_success_at=None)
    assert texts(never) == ["Feed Example Wire: 4 polls in a row have failed; never read so far."]


def test_a_feed_that_is_not_polled_is_stale() -> None:
    late = feed_state(next_poll_at=NOW - timedelta(minutes=5))
    assert texts(late) == [
        "Feed Example Wire: not polled although it has been due for 5 min; last success 3 h ago."
    ]
    assert texts(feed_state(next_poll_at=NOW - timedelta(minutes=2))) == []


def test_feeds_that_are_not_to_be_polled_are_no_trouble() -> None:
    for status in (FeedStatus.PAUSED, FeedStatus.REMOVED):
        assert texts(feed_state(status=status, failures=9)) == []
    assert texts(feed_state(status=FeedStatus.GONE)) == [
        "Feed Example Wire: the origin says that it is gone for good (410)."
    ]


def test_sources_that_do_not_answer_come_first() -> None:
    gone = snapshot(
        broker_error="ConnectionError",
        store_error="the database is not available",
        store_taken=NOW - timedelta(seconds=40),
        parts=PARTS[1:],
    )
    assert texts(gone)[:2] == [
        "The database does not answer (the database is not available)."
        " Figures from the database are 40 s old.",
        "The message queue does not answer (ConnectionError). What is owed stands in the "
        "database and goes on when the queue is back.",
    ]


def test_before_the_first_reading_nothing_is_claimed() -> None:
    assert texts(Snapshot(taken=NOW)) == []
    assert [line.depth for line in queue_lines(Snapshot(taken=NOW))] == [None, None]
    assert [line.consumers for line in queue_lines(Snapshot(taken=NOW))] == [None, None]


def test_a_schema_that_is_not_current_is_named() -> None:
    old = snapshot(schema_current=False)
    assert texts(old) == ["The database’s schema is not current: run the migrations."]


def test_what_is_owed_for_long_is_named() -> None:
    behind = snapshot(
        waiting=Waiting(12, timedelta(seconds=400), 2),
        outbox=(ChannelFigures("desk", 9, 0, 3, 4, timedelta(seconds=70)),),
    )
    found = troubles(behind)
    assert [(trouble.level, trouble.text) for trouble in found] == [
        (Level.BAD, "12 items not classified yet, the oldest for 6 min."),
        (Level.WARN, "2 items could not be classified."),
        (Level.WARN, "Channel desk is behind: 4 messages due, the oldest for 70 s."),
        (Level.WARN, "Channel desk: 3 messages given up."),
    ]
