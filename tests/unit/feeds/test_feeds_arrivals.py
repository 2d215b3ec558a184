"""Entries that go on and on under any identity: each becomes an item, and none a second one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.memory import Memory
from worker.domain.feed import Feed
from worker.domain.item import Entry, Item
from worker.feeds.arrivals import difference

FEED = Feed("feed_a", "https://a.example/rss", "A")
NOW = datetime(2023, 1, 24, 12, tzinfo=UTC)
POLLS = 10

_names = st.lists(
    st.sampled_from(("Borel", "Tamaki", "Sorano", "Veltis", "Kestrel", "Ondine", "Halden")),
    min_size=2,
    max_size=2,
    unique=True,
)
_words = st.sampled_from(
    [
        "the",
        "group",
        "wants",
        "to",
        "settle",
        "batteries",
        "before",
        "summer",
        "and",
        "told",
        "partners",
        "about",
        "plans",
        "plant",
        "near",
        "coast",
        "while",
        "unions",
        "ask",
        "more",
        "time",
        "over",
        "jobs",
    ]
)
_stories = st.lists(
    st.builds(
        lambda names, verb, tail, body: (
            f"{names[0]} {verb} its stake in {names[1]} {' '.join(tail)}",
            f"{names[0]} and {names[1]} {' '.join(body)}." if body else "",
        ),
        _names,
        st.sampled_from(["reviews", "cuts", "raises", "sells"]),
        st.lists(_words, min_size=2, max_size=4),
        st.just([]) | st.lists(_words, min_size=15, max_size=40),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda story: " ".join(sorted(story[0].split()[:1] + story[0].split()[5:6])),
)
_manner = st.sampled_from(["stable", "rotating", "missing", "shared", "now and then"])


def guid(manner: str, number: int, poll: int) -> str | None:
    return {
        "stable": f"g{number}",
        "rotating": f"g{number}-{poll}",
        "missing": None,
        "shared": "all",
        "now and then": f"g{number}" if poll % 2 else None,
    }[manner]


def url(manner: str, number: int, poll: int) -> str | None:
    page = f"http{'s' * (poll % 2)}://a.example/{number}"
    return {
        "stable": page,
        "rotating": f"{page}?session={poll}",
        "missing": None,
        "shared": "https://a.example/",
        "now and then": page if poll % 2 else None,
    }[manner]


@given(_stories, _manner, _manner, st.booleans(), st.booleans())
def test_any_feed(
    stories: list[tuple[str, str]], guids: str, urls: str, titles_change: bool, clocks_run: bool
) -> None:
    # With nothing else to go by, a title that changes is another title.
    assume(not titles_change or "stable" in (guids, urls))
    known, brought = Memory(), list[Item]()
    for poll in range(POLLS):
        entries = [
            Entry(
                f"{title} (take {poll})" if titles_change else title,
                f"Updated: 10:{poll:02} GMT. {text}" if text and clocks_run else text,
                guid(guids, number, poll),
                url(urls, number, poll),
                published=NOW + timedelta(minutes=poll if clocks_run else 0),
            )
            for number, (title, text) in enumerate(stories)
            if poll >= number  # one after the other appears
        ]
        brought += known.see(FEED, entries, NOW + timedelta(minutes=poll))
    found = [next(t for t, _ in stories if item.title.startswith(t)) for item in brought]
    assert sorted(found) == sorted(title for title, _ in stories)


def test_a_difference_names_the_sentences_and_no_more_than_a_page_of_them() -> None:
    before = Item("1", "f", "Title", "One stays. Two goes. Three stays.", NOW)
    after = Item("2", "f", "Title", "One stays. Another comes. Three stays.", NOW)
    assert difference(before, after) == "- Two goes.\n+ Another comes."
    assert difference(before, before) == ""
    long = Item("3", "f", "T", "\n".join(f"Line {n} is new." for n in range(500)), NOW)
    assert len(difference(before, long).splitlines()) <= 20
