from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.support.memory import Memory
from worker.domain.feed import Feed, FeedState, Fetched, PollResult
from worker.domain.item import Entry, Item
from worker.feeds.identity import to_item
from worker.feeds.release import release
from worker.feeds.schedule import settle

NOW = datetime(2023, 1, 26, 12, tzinfo=UTC)
FEED = Feed(id="feed_1", url="https://wire.example/", name="Wire", interval=timedelta(minutes=2))
ONE = Entry("t", "x", guid="g", version="1", updated=NOW)
SOON = NOW + timedelta(minutes=30)


def test_an_embargo_holds_until_its_end() -> None:
    held = replace(ONE, embargoed_until=SOON)
    before = release([held], NOW)
    assert (before.free, before.embargoed, before.next_at) == ((), (held,), SOON)
    after = release([held], SOON)
    assert (after.free, after.embargoed, after.next_at) == ((held,), (), None)


def test_what_is_withdrawn_never_becomes_free() -> None:
    gone = replace(ONE, withdrawn="cancelled")
    assert release([gone], NOW + timedelta(days=9_000)).withdrawn == (gone,)


def test_the_latest_version_speaks_for_all() -> None:
    second = replace(ONE, version="2", text="y")
    tenth = replace(ONE, version="10", text="z")
    found = release([tenth, ONE, second], NOW)
    assert (found.free, found.superseded) == ((tenth,), (ONE, second))


def test_a_cancellation_undoes_the_text_beside_it() -> None:
    gone = replace(ONE, version="2", withdrawn="cancelled")
    for order in ([ONE, gone], [gone, ONE]):
        found = release(order, NOW)
        assert (found.free, found.withdrawn) == ((), (gone,))
    same_version = replace(gone, version="1")
    assert release([ONE, same_version], NOW).free == ()


def test_an_embargo_on_the_latest_holds_the_earlier_back() -> None:
    later = replace(ONE, version="2", embargoed_until=SOON)
    assert release([ONE, later], NOW).free == ()


def test_without_versions_the_time_tells_which_is_later() -> None:
    plain = replace(ONE, version=None)
    gone = replace(plain, updated=NOW + timedelta(hours=1), withdrawn="withheld")
    back = replace(plain, updated=NOW + timedelta(hours=2), text="again")
    assert release([plain, gone], NOW).free == ()
    assert release([gone, back, plain], NOW).free == (back,)


def test_repeated_guids_of_ordinary_feeds_are_left_alone() -> None:
    entries = [Entry(f"t{n}", "x", guid="same") for n in range(3)]
    assert release(entries, NOW).free == tuple(entries)


ENTRIES = st.lists(
    st.builds(
        Entry,
        title=st.sampled_from("ab"),
        text=st.sampled_from("xy"),
        guid=st.none() | st.sampled_from("gh"),
        version=st.none() | st.sampled_from(["1", "2", "x", "9" * 400, "1.2.3"]),
        updated=st.none() | st.just(NOW),
        embargoed_until=st.none() | st.sampled_from([NOW - timedelta(1), NOW, SOON]),
        withdrawn=st.none() | st.just("cancelled"),
    ),
    max_size=6,
)


@given(ENTRIES)
def test_every_entry_is_in_one_lot(entries: list[Entry]) -> None:
    found = release(entries, NOW)
    lots = [*found.free, *found.embargoed, *found.withdrawn, *found.superseded]
    assert sorted(map(repr, lots)) == sorted(map(repr, entries))
    assert not any(e.withdrawn or (e.embargoed_until or NOW) > NOW for e in found.free)


def test_a_later_version_is_an_item_and_the_same_words_are_not() -> None:
    known = Memory()

    def new(entry: Entry) -> list[Item]:
        return list(known.see(FEED, [entry], NOW))

    assert len(new(ONE)) == 1
    assert new(replace(ONE, version="2", updated=SOON)) == []  # nothing but its number
    [version] = new(replace(ONE, version="2", text="corrected"))
    assert version.updates is None


def test_a_version_is_as_old_as_itself() -> None:
    third = replace(ONE, version="3", published=NOW - timedelta(hours=6), updated=NOW)
    assert to_item(third, FEED, NOW).published == NOW
    assert to_item(replace(third, version=None), FEED, NOW).published == third.published


def test_the_source_is_the_provider_when_no_dateline_says_more() -> None:
    entry = replace(ONE, provider="AFP")
    assert to_item(entry, FEED, NOW).source == "AFP"
    copied = replace(entry, text="PARIS, Jan 26 (Reuters) - x")
    assert to_item(copied, FEED, NOW).source == "Reuters"


def test_a_feed_with_an_embargo_is_read_again_when_it_ends() -> None:
    held = replace(ONE, embargoed_until=NOW + timedelta(seconds=125))
    fetched = Fetched(PollResult.NEW, (held,), etag='"a"', last_modified="x", body_hash="h")
    state = settle(FEED, FeedState(FEED.id), fetched, NOW)
    assert (state.etag, state.last_modified, state.body_hash) == (None, None, None)
    assert state.next_poll_at is not None
    assert state.next_poll_at <= NOW + timedelta(seconds=132)
    near = replace(held, embargoed_until=NOW + timedelta(seconds=1))
    state = settle(FEED, FeedState(FEED.id), replace(fetched, entries=(near,)), NOW)
    assert (state.next_poll_at, state.next_poll_reason) == (
        NOW + FEED.interval,
        "an embargo ends",
    )
    free = settle(FEED, FeedState(FEED.id), fetched, held.embargoed_until or NOW)
    assert (free.etag, free.last_modified, free.body_hash) == ('"a"', "x", "h")
