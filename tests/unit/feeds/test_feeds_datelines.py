from __future__ import annotations

import time
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.feed import Feed
from worker.domain.item import Entry
from worker.feeds.datelines import Dateline, parse
from worker.feeds.identity import to_item

STORY = "Renault will keep its stake, two people said - for now."


@pytest.mark.parametrize(
    ("line", "places", "agency", "day"),
    [
        ("TOKYO/PARIS, Jan 26 (Reuters) - ", ("TOKYO", "PARIS"), "Reuters", (None, 1, 26)),
        ("PARIS, 26 janvier (AFP) - ", ("PARIS",), "AFP", (None, 1, 26)),
        ("Paris, 26 janv. 2023 (AFP) – ", ("Paris",), "AFP", (2023, 1, 26)),
        ("STUTTGART, 22 juillet - ", ("STUTTGART",), None, (None, 7, 22)),
        ("OSLO, 1er juillet (Reuters) - ", ("OSLO",), "Reuters", (None, 7, 1)),
        ("MADRID, le 3 août (Agence France-Presse) - ", ("MADRID",), "AFP", (None, 8, 3)),
        ("BERLIN, lundi 5 décembre (Reuters) - ", ("BERLIN",), "Reuters", (None, 12, 5)),
        ("NEW DELHI/TOKYO, Oct 30 (Reuters) - ", ("NEW DELHI", "TOKYO"), "Reuters", (None, 10, 30)),
        ("CLERMONT-FERRAND, 14 mars (Reuters) - ", ("CLERMONT-FERRAND",), "Reuters", (None, 3, 14)),
        ("HANOVER, Germany, Dec 20 (Reuters) - ", ("HANOVER, Germany",), "Reuters", (None, 12, 20)),
        ("SUNNYVALE, Calif. (AP) — ", ("SUNNYVALE, Calif.",), "AP", (None, None, None)),
        ("GROSSETO, Italy (AP) -- ", ("GROSSETO, Italy",), "AP", (None, None, None)),
        (
            "SAINT-CLOUD, Paris, TOKYO (Kyodo) - ",
            ("SAINT-CLOUD, Paris", "TOKYO"),
            "Kyodo",
            (None, None, None),
        ),
        ("Frankfurt am Main, 8 March 2024 (dpa) - ", ("Frankfurt am Main",), "dpa", (2024, 3, 8)),
        ("LONDON, Sept. 21, 2021 /PRNewswire/ -- ", ("LONDON",), "PR Newswire", (2021, 9, 21)),
        ("PARIS--(BUSINESS WIRE)--", ("PARIS",), "Business Wire", (None, None, None)),
        ("Feb 29 (Reuters) - ", (), "Reuters", (None, 2, 29)),
        ("Nov 8 - ", (), None, (None, 11, 8)),
        ("(Reuters) - ", (), "Reuters", (None, None, None)),
        ("AFP - ", (), "AFP", (None, None, None)),
        ("PARIS (Les Echos) - ", None, None, None),
        ("TOKYO, Jan 26 (Nikkan) - ", ("TOKYO",), None, (None, 1, 26)),
    ],
)
def test_datelines_of_agencies(
    line: str,
    places: tuple[str, ...] | None,
    agency: str | None,
    day: tuple[int | None, int | None, int | None] | None,
) -> None:
    found = parse(line + STORY)
    if places is None:
        assert found is None
        return
    assert found is not None
    assert (found.places, found.agency, (found.year, found.month, found.day)) == (
        places,
        agency,
        day,
    )
    assert (line + STORY)[found.length :] == STORY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        " - ",
        "MUNICH - The carmaker said.",
        "BMW - the carmaker - said on Jan 26 - no.",
        "Renault, Nissan - a long story.",
        "Renault said on Monday (Reuters) - it is over.",
        "The deal, Jan 26 - and then.",
        "PARIS, Feb 30 (Les Echos) - A day that does not exist.",
        "PARIS, 26 brumaire - A month of another calendar.",
        "Shares in Paris, up 3%, rose - a lot (Reuters) - today.",
        "x" * 200 + " (Reuters) - far too late.",
        "No dash (Reuters) here",
        "Jan-26 (Reuters)",
    ],
)
def test_what_is_no_dateline(text: str) -> None:
    assert parse(text) is None


def test_without_a_year_the_nearest_day_counts() -> None:
    found = parse("PARIS, Dec 31 (Reuters) - x")
    assert found is not None
    assert found.on(date(2024, 1, 2)) == date(2023, 12, 31)
    assert found.on(date(2023, 12, 1)) == date(2023, 12, 31)
    leap = Dateline((), None, 2, 29, None, 0)
    assert leap.on(date(2024, 3, 1)) == date(2024, 2, 29)
    assert leap.on(date(2022, 3, 1)) is None
    assert Dateline((), None, 2, 29, 2020, 0).on(date(2024, 3, 1)) == date(2020, 2, 29)
    assert Dateline((), "AP", None, None, None, 0).on(date(2024, 3, 1)) is None


def test_an_item_names_the_agency_and_keeps_its_text() -> None:
    feed = Feed(id="feed_1", url="https://a.example/", name="Partner site")
    seen = datetime(2023, 1, 26, tzinfo=UTC)
    text = f"TOKYO/PARIS, Jan 26 (Reuters) - {STORY}"
    made = to_item(Entry("t", text), feed, seen)
    assert (made.source, made.text) == ("Reuters", text)
    assert to_item(Entry("t", f"STUTTGART, 22 juillet - {STORY}"), feed, seen).source == feed.name
    assert to_item(Entry("t", STORY), feed, seen).source == feed.name


_PIECES = st.sampled_from(
    ["PARIS", "Tokyo", "/", ", ", " ", "Jan", "26", "2023", "(Reuters)", "(", ")", "-", "--", "—"]
)


@given(st.lists(_PIECES, max_size=40).map("".join) | st.text(max_size=200))
def test_anything_is_a_dateline_or_none(text: str) -> None:
    found = parse(text)
    if found is not None:
        assert 0 < found.length <= len(text)
        assert found.agency or found.day
        assert all(place in text for place in found.places if ", " not in place)


def test_it_takes_no_time_whatever_the_text() -> None:
    started = time.perf_counter()
    for text in ("- " * 5_000, "A, " * 5_000, "(" * 5_000, "A/" * 5_000 + "(AFP) - ", "—" * 9_000):
        parse(text)
    assert time.perf_counter() - started < 1
