from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.memory import Memory
from worker.domain.feed import Feed
from worker.domain.item import Entry, Item
from worker.feeds.identity import (
    all_keys,
    canonical_url,
    content_hash,
    entry_key,
    entry_keys,
    sightings,
    to_item,
)

FEED = Feed(id="feed_1", url="https://wire.example/rss", name="Wire")
SEEN = datetime(2023, 1, 24, 12, tzinfo=UTC)


def entry(
    title: str = "t", text: str = "x", guid: str | None = None, url: str | None = None
) -> Entry:
    return Entry(title=title, text=text, guid=guid, url=url)


def poll(*entries: Entry, known: Memory | None = None) -> tuple[Item, ...]:
    """The new items of one poll, which `known` remembers."""
    return (known or Memory()).see(FEED, entries, SEEN)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/x", "http://a.example/x"),
        ("https://a.example/x", "https://A.Example/x"),
        ("https://a.example/x?utm_source=rss&utm_medium=feed", "https://a.example/x"),
        ("https://a.example/x?a=1&fbclid=z", "https://a.example/x?a=1"),
        ("https://a.example/x#xtor=RSS-3208", "https://a.example/x"),
        ("https://a.example/x?b=2&a=1", "https://a.example/x?a=1&b=2"),
        ("https://a.example/x/", "https://a.example/x"),
        ("https://a.example/caf%C3%A9", "https://a.example/café"),
        ("https://a.example:443/x", "https://a.example/x"),
        ("http://a.example:80/x", "https://a.example/x"),
    ],
)
def test_spellings_of_one_address_are_one(one: str, other: str) -> None:
    assert canonical_url(one) == canonical_url(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/x", "https://b.example/x"),
        ("https://a.example/x", "https://a.example/X"),
        ("https://a.example/x?id=1", "https://a.example/x?id=2"),
        ("https://a.example/x?id=1", "https://a.example/x"),
        ("https://a.example:8443/x", "https://a.example/x"),
        ("https://a.example/?p=1", "https://a.example/?p=2"),
    ],
)
def test_different_addresses_stay_different(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


def test_identity_degrades_step_by_step() -> None:
    full = entry(guid="g", url="https://a.example/1")
    assert entry_key(full) == "guid:g"
    assert entry_key(replace(full, guid=None)) == "url://a.example/1"
    assert entry_key(replace(full, guid=" ")) == "url://a.example/1"
    assert entry_key(entry()).startswith("hash:")
    assert entry_key(entry()) != entry_key(entry("other"))


def test_an_edit_keeps_the_identity_while_guid_or_address_stay() -> None:
    for known in (entry(guid="g"), entry(url="https://a.example/1")):
        assert entry_key(known) == entry_key(replace(known, title="edited", text="edited"))


def test_guids_with_http_and_https_are_one() -> None:
    assert entry_key(entry(guid="http://a.example/?p=1")) == entry_key(
        entry(guid="https://a.example/?p=1")
    )
    assert entry_key(entry(guid="tag:http://x")) != entry_key(entry(guid="tag:https://x"))


def test_spacing_makes_no_other_content_and_words_do() -> None:
    assert content_hash(entry("a  b", "c\nd")) == content_hash(entry("a b", "c d"))
    assert content_hash(entry("a", "b")) != content_hash(entry("a", "c"))
    assert content_hash(entry("a b", "")) != content_hash(entry("a", "b"))


def test_an_entry_shown_twice_is_one_item() -> None:
    one = entry(guid="g", url="https://a.example/1")
    again = replace(one, guid="g", url="http://a.example/1?utm_source=x")
    assert len(poll(one, one, again)) == 1


def test_a_guid_that_all_entries_share_identifies_none_of_them() -> None:
    by_address = [entry(f"t{n}", guid="same", url=f"https://a.example/{n}") for n in range(3)]
    assert entry_keys(by_address) == tuple(f"url://a.example/{n}" for n in range(3))
    by_content = [entry(f"t{n}", guid="same", url="https://a.example/") for n in range(3)]
    assert len(set(entry_keys(by_content))) == 3
    assert all(key.startswith("hash:") for key in entry_keys(by_content))
    assert len(poll(*by_address)) == len(poll(*by_content)) == 3


def test_one_bad_guid_costs_the_others_nothing() -> None:
    entries = [
        entry("a", guid="same", url="https://a.example/1"),
        entry("b", guid="same", url="https://a.example/2"),
        entry("c", guid="own", url="https://a.example/3"),
    ]
    assert entry_keys(entries)[2] == "guid:own"


def test_a_second_text_under_the_same_guid_and_title_is_the_same_entry() -> None:
    first = entry("a", "short", guid="g", url="https://a.example/1")
    assert [item.text for item in poll(first, replace(first, text="longer"))] == ["short"]


def test_what_is_known_is_not_new() -> None:
    known = Memory()
    poll(entry("a", guid="1"), entry("b", guid="2"), known=known)
    later = poll(
        entry("a edited", guid="1"), entry("b", guid="2"), entry("c", guid="3"), known=known
    )
    assert [item.title for item in later] == ["c"]


def test_an_entry_that_gets_a_guid_later_is_known_by_its_address() -> None:
    known = Memory()
    poll(entry("a", url="https://a.example/1"), known=known)
    assert poll(entry("a", url="https://a.example/1", guid="new"), known=known) == ()


def test_a_guid_that_is_no_longer_shared_makes_no_second_item() -> None:
    known = Memory()
    shared = [entry(f"t{n}", guid="same", url=f"https://a.example/{n}") for n in range(2)]
    poll(*shared, known=known)
    assert poll(shared[1], known=known) == ()


def test_every_key_is_asked_for() -> None:
    [found] = sightings(FEED, [entry("a", guid="g", url="https://a.example/1")], SEEN)
    assert all_keys([found]) == {found.guid, found.page, found.content}
    assert found.item.id == found.guid


def test_feeds_do_not_share_items() -> None:
    other = replace(FEED, id="feed_2")
    one = entry(guid="g")
    assert to_item(one, FEED, SEEN).id != to_item(one, other, SEEN).id


def test_an_item_carries_what_the_entry_said() -> None:
    moment = SEEN - timedelta(hours=1)
    made = to_item(
        Entry("t", "x", "g", "https://a.example/1", published=moment, language="fr"), FEED, SEEN
    )
    assert made == Item(
        id=made.id,
        feed_id="feed_1",
        title="t",
        text="x",
        seen=SEEN,
        source="Wire",
        url="https://a.example/1",
        published=moment,
        published_raw=moment,
        language="fr",
        content_hash=content_hash(entry("t", "x")),
        guid="g",
    )


def test_dates_never_lie_ahead_and_the_claim_is_kept() -> None:
    ahead = SEEN + timedelta(days=400)
    made = to_item(Entry("t", "x", published=ahead), FEED, SEEN)
    assert (made.published, made.published_raw) == (SEEN, ahead)
    updated_only = to_item(Entry("t", "x", updated=SEEN - timedelta(days=1)), FEED, SEEN)
    assert updated_only.published == SEEN - timedelta(days=1)
    assert to_item(Entry("t", "x"), FEED, SEEN).published is None


ENTRIES = st.lists(
    st.builds(
        Entry,
        title=st.sampled_from("abc"),
        text=st.sampled_from("xy"),
        guid=st.none() | st.sampled_from(["1", "2", "http://a.example/1", "https://a.example/1"]),
        url=st.none() | st.sampled_from(["https://a.example/1", "http://a.example/2", "bad://["]),
    ),
    max_size=6,
)


@given(ENTRIES)
def test_every_title_of_a_document_reaches_an_item_exactly_once(entries: list[Entry]) -> None:
    """None is lost: two titles are never folded into one item."""
    known = Memory()
    items = poll(*entries, known=known)
    assert {item.title for item in items} == {one.title for one in entries}
    assert len({item.id for item in items}) == len(items)
    assert poll(*entries, known=known) == ()


@given(st.text())
def test_any_address_has_a_canonical_form_or_none(url: str) -> None:
    canonical_url(url)
    canonical_url("https://a.example/" + url)


@given(st.from_regex(r"https?://[a-z0-9.-]{1,20}(/[A-Za-z0-9._~/-]{0,20})?", fullmatch=True))
def test_the_short_way_for_plain_addresses_leads_to_the_same(url: str) -> None:
    assert canonical_url(url) == canonical_url(f"{url}?utm_source=x#y")
