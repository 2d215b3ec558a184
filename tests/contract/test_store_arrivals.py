"""Taking items in: each piece of news once, however its feed dresses it and whoever brings it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from tests.support.factories import NOW
from worker import intake
from worker.domain.feed import Feed
from worker.domain.item import Entry, Item, Taken
from worker.store import Store
from worker.store.arrivals import LIKENESS_WINDOW

A = Feed(id="feed_a", url="https://a.example/rss", name="A")
B = Feed(id="feed_b", url="https://b.example/rss", name="B")
POLLS = 10
MINUTE = timedelta(minutes=1)

TALKS = (
    "Borel Motors is in talks to cut its holding in Tamaki Auto to 15% from 43%, people close to "
    "the matter said on Tuesday. The two carmakers have shared platforms since 1999 and want to "
    "settle the matter before the summer. Neither company wanted to comment on the discussions."
)
STORIES = tuple(
    (f"{holder} reviews its stake in {target}", f"{holder} is weighing what to do with {rest}")
    for holder, target, rest in (
        ("Borel", "Tamaki", "the shares it bought in Tamaki ten years ago, its chairman told us."),
        ("Sorano", "Veltis", "a maker of lorries called Veltis that has made losses since spring."),
        ("Kestrel", "Ondine", "its half of Ondine, whose plant near the coast builds batteries."),
        ("Halden", "Brisko", "Brisko after a year of arguments over patents for electric axles."),
    )
)


def see(store: Store, feed: Feed, entries: Sequence[Entry], minutes: float = 0) -> list[Taken]:
    """One poll of a feed that shows these entries."""
    now = NOW + minutes * MINUTE
    return store.take_in(intake.arrivals_of(feed, entries, store, now), now)


def new(taken: Sequence[Taken]) -> list[str]:
    return [one.item_id for one in taken if one.new]


def stored(store: Store, taken: Sequence[Taken]) -> list[Item]:
    items = [store.item(item_id) for item_id in new(taken)]
    return [item for item in items if item is not None]


def plain(number: int, case: int = 0) -> Entry:
    """A story; those of another `case` differ in a figure, so that they are other news."""
    title, text = STORIES[number]
    host = f"https://a{case}.example"
    text += f" Report {1000 + case}."
    return Entry(title, text, f"g{number}", f"{host}/{number}", published=NOW)


def front(one: Entry) -> str:
    return (one.url or "").rpartition("/")[0] + "/"


Dress = Callable[[Entry, int, int], Entry]

DRESSES: dict[str, Dress] = {
    "rotating guids": lambda one, n, poll: replace(one, guid=f"g{n}-{poll}"),
    "rotating guids and titles that are edited": lambda one, n, poll: replace(
        one, guid=f"g{n}-{poll}", title=f"{one.title} (edit {poll})"
    ),
    "duplicate guids": lambda one, n, poll: replace(one, guid="same"),
    "duplicate guids without addresses": lambda one, n, poll: replace(one, guid="same", url=None),
    "guids that repeat in turn": lambda one, n, poll: replace(one, guid=f"g{(n + poll) % 4}"),
    "missing guids": lambda one, n, poll: replace(one, guid=None),
    "missing guids and addresses": lambda one, n, poll: replace(one, guid=None, url=None),
    "guids that come and go": lambda one, n, poll: replace(
        one, guid=one.guid if poll % 2 else None
    ),
    "addresses that come and go": lambda one, n, poll: replace(
        one, url=one.url if poll % 2 else None, guid=one.guid if poll % 3 else None
    ),
    "http and https in turn": lambda one, n, poll: replace(
        one,
        guid=f"http{'s' * (poll % 2)}{(one.url or '').removeprefix('https')}",
        url=f"http{'s' * ((poll + 1) % 2)}{(one.url or '').removeprefix('https')}",
    ),
    "addresses with a session in them": lambda one, n, poll: replace(
        one, url=f"{one.url}?session={poll}"
    ),
    "guids and addresses that both rotate": lambda one, n, poll: replace(
        one, guid=f"{n}-{poll}", url=f"{one.url}?session={poll}"
    ),
    "one address for all": lambda one, n, poll: replace(one, url=front(one)),
    "one address for all, rotating guids": lambda one, n, poll: replace(
        one, url=front(one), guid=f"{n}-{poll}"
    ),
    "titles that are edited": lambda one, n, poll: replace(one, title=f"{one.title}, take {poll}"),
    "titles that are edited, without guids": lambda one, n, poll: replace(
        one, title=f"{one.title}, take {poll}", guid=None
    ),
    "dates that run": lambda one, n, poll: replace(
        one, published=NOW + poll * MINUTE, updated=NOW + poll * MINUTE
    ),
    "clocks in the text": lambda one, n, poll: replace(
        one, text=f"Updated: 10:{poll:02} GMT. {one.text} {poll} minutes ago. {poll} comments"
    ),
    "dates in the future": lambda one, n, poll: replace(
        one, published=NOW + timedelta(days=365 + poll)
    ),
}  # fmt: skip


def test_ten_polls_of_a_feed_bring_each_entry_once(store: Store) -> None:
    for case, (name, dress) in enumerate(DRESSES.items()):
        feed = Feed(f"feed_{case}", f"https://a{case}.example/rss", name)
        brought: list[Item] = []
        for poll in range(POLLS):
            # The feed moves on: the first three are shown, then one more.
            shown = range(3 if poll < 3 else 4)
            entries = [dress(plain(n, case), n, poll) for n in shown]
            brought += stored(store, see(store, feed, entries, poll))
        texts = {n for n in range(4) if any(STORIES[n][1] in item.text for item in brought)}
        assert texts == {0, 1, 2, 3}, f"lost with {name}"
        assert len({item.id for item in brought}) == len(brought) == 4, f"twice with {name}"
        assert all(item.published is None or item.published <= item.seen for item in brought)
        if name == "dates in the future":
            claimed = [item.published_raw for item in brought]
            assert all(moment and moment > NOW + timedelta(days=364) for moment in claimed)


def test_a_guid_that_every_new_entry_gets_loses_none(store: Store) -> None:
    """The feed shows one entry at a time, always under the same guid."""
    brought = []
    for poll in range(POLLS):
        entry = replace(plain(poll % 4), guid="latest")
        brought += stored(store, see(store, A, [entry], poll))
    assert len(brought) == 4
    assert len({item.title for item in brought}) == 4


def test_a_front_page_that_every_new_entry_links_to_loses_none(store: Store) -> None:
    brought = []
    for poll in range(POLLS):
        entry = replace(plain(poll % 4), guid=None, url="https://a.example/")
        brought += stored(store, see(store, A, [entry], poll))
    assert len(brought) == 4


def test_an_edit_that_matters_makes_one_item_with_its_difference(store: Store) -> None:
    first = Entry("Borel in talks with Tamaki", TALKS, "g1", "https://a.example/1", published=NOW)
    edited = replace(first, text=TALKS.replace("15%", "20%") + " Borel denied it later.")
    [original] = stored(store, see(store, A, [first]))
    [update] = stored(store, see(store, A, [edited], 1))
    assert update.updates == original.id
    change = update.difference
    assert "- Borel Motors is in talks to cut its holding in Tamaki Auto to 15%" in change
    assert "+ Borel Motors is in talks to cut its holding in Tamaki Auto to 20%" in change
    assert "+ Borel denied it later." in change
    for minute in range(2, POLLS):
        # There and back again: both forms are known.
        assert see(store, A, [(first, edited)[minute % 2]], minute) == []
    again = replace(edited, guid="other", title="Borel and Tamaki: an edited title")
    assert see(store, A, [again], POLLS) == []


def test_a_deleted_item_does_not_come_back(store: Store) -> None:
    entries = [plain(0)]
    [item_id] = new(see(store, A, entries))
    with store._database.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM items")
    assert new(see(store, A, [replace(entries[0], guid="rotated")], 1)) == []
    assert store.item(item_id) is None


def test_the_same_news_from_several_feeds_is_one_item_with_its_sources(store: Store) -> None:
    first = Entry("Borel in talks with Tamaki", TALKS, "g1", "https://a.example/1", published=NOW)
    reworded = TALKS.replace("people close to the matter", "people near the matter")
    second = Entry("Borel, Tamaki: talks", reworded, "77", "https://b.example/9", published=NOW)
    [item_id] = new(see(store, A, [first]))
    assert see(store, B, [second], 1) == [Taken(item_id, False)]
    assert see(store, B, [second], 2) == []
    detail = store.reads.item_with_events(item_id)
    assert detail is not None
    [source] = detail.sources
    assert (source.feed_id, source.name, source.url) == (B.id, "B", "https://b.example/9")
    assert source.seen == NOW + MINUTE


def test_one_page_in_two_feeds_is_one_item(store: Store) -> None:
    first = Entry("Borel in talks with Tamaki", TALKS, "g1", "https://a.example/1", published=NOW)
    linked = Entry("Borel in talks with Tamaki - A", "", "x", "http://a.example/1?utm_source=b")
    [item_id] = new(see(store, A, [first]))
    assert see(store, B, [linked], 1) == [Taken(item_id, False)]
    detail = store.reads.item_with_events(item_id)
    assert detail is not None
    assert [source.feed_id for source in detail.sources] == [B.id]


def test_another_figure_name_or_turn_is_other_news(store: Store) -> None:
    first = Entry("Borel in talks", TALKS, "g1", "https://a.example/1", published=NOW)
    assert len(new(see(store, A, [first]))) == 1
    changes = {
        "to 15% from 43%": "to 20% from 43%",
        "Tamaki Auto": "Sorano Auto",
        "is in talks to cut": "has agreed to cut",
        "want to settle": "do not want to settle",
    }
    for number, (old, fresh) in enumerate(changes.items()):
        text = TALKS.replace(old, fresh)
        other = Entry("Borel in talks", text, f"{number}", f"https://b.example/{number}")
        assert len(new(see(store, B, [other], 1))) == 1, fresh


def test_news_of_one_document_that_tell_the_same_are_one(store: Store) -> None:
    first = Entry("Borel in talks with Tamaki", TALKS, "g1", "https://a.example/1", published=NOW)
    again = replace(first, guid="g2", url="https://a.example/2")
    taken = see(store, A, [first, again])
    assert [one.new for one in taken] == [True, False]
    assert len({one.item_id for one in taken}) == 1


def test_what_is_old_is_compared_with_nothing(store: Store) -> None:
    first = Entry("Borel in talks with Tamaki", TALKS, "g1", "https://a.example/1")
    later = replace(first, guid="g2", url="https://b.example/2")
    see(store, A, [first])
    assert store.forget_bands(NOW + LIKENESS_WINDOW) == 0
    assert store.forget_bands(NOW + LIKENESS_WINDOW + MINUTE) > 0
    assert len(new(see(store, B, [later], LIKENESS_WINDOW / MINUTE + 2))) == 1


def test_what_corrects_or_was_taken_back_stands_for_itself(store: Store) -> None:
    first = Entry("Borel in talks", TALKS, "g1", "https://a.example/1", published=NOW)
    copy = replace(first, guid="77", url="https://b.example/1")
    assert len(new(see(store, A, [first]))) == 1
    assert len(new(see(store, B, [replace(copy, signal="correction")], 1))) == 1
    store.withdraw_items(A.id, {"g1": "cancelled by its publisher"}, NOW)
    third = Feed("feed_c", "https://c.example/rss", "C")
    [taken] = see(store, third, [replace(copy, guid="78", url="https://c.example/1")], 2)
    kept = store.item(taken.item_id)
    assert kept is not None
    assert kept.withdrawn is None


def test_a_version_is_an_item_beside_the_one_before(store: Store) -> None:
    first = Entry("Borel in talks", TALKS, "g1", "https://a.example/1", published=NOW, version="1")
    second = replace(first, text=TALKS.replace("the summer", "spring"), version="2")
    assert len(new(see(store, A, [first]))) == 1
    assert len(new(see(store, A, [second], 1))) == 1
    assert see(store, A, [replace(second, version="3")], 2) == []


def test_the_same_news_at_the_same_moment_is_one_item(store: Store) -> None:
    feeds = [Feed(f"feed_{n}", f"https://{n}.example/", f"N{n}") for n in range(6)]
    ready = threading.Barrier(len(feeds))

    def poll(feed: Feed) -> list[Taken]:
        entry = Entry("Borel in talks with Tamaki", TALKS, "g", f"https://{feed.id}.example/1")
        found = intake.arrivals_of(feed, [entry], store, NOW)
        ready.wait(10)
        return store.take_in(found, NOW)

    with ThreadPoolExecutor(len(feeds)) as pool:
        taken = [one for lot in pool.map(poll, feeds) for one in lot]
    assert sum(one.new for one in taken) == 1
    [item_id] = {one.item_id for one in taken}
    detail = store.reads.item_with_events(item_id)
    assert detail is not None
    assert len(detail.sources) == len(feeds) - 1
