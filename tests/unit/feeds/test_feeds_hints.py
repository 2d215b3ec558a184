from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.feeds import rss
from worker.domain.feed import Hints
from worker.feeds import parsed
from worker.feeds.freshness import fresh_for
from worker.feeds.parse import parse_document

NOW = datetime(2023, 1, 25, 12, 0, tzinfo=UTC)
BASE = "https://wire.example/"
RDF = b"""<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
xmlns="http://purl.org/rss/1.0/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
<channel rdf:about="https://e.example/"><title>C</title><sy:updatePeriod>daily</sy:updatePeriod>
<sy:updateFrequency>4</sy:updateFrequency><sy:updateBase>2000-01-01T12:00+00:00</sy:updateBase>
</channel></rdf:RDF>"""


def hints(channel: str) -> Hints:
    return parse_document(rss(channel=channel), None, BASE).hints


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("<title>t</title>", Hints()),
        ("<ttl>60</ttl>", Hints(ttl=timedelta(hours=1))),
        ("<ttl> 5 </ttl>", Hints(ttl=timedelta(minutes=5))),
        ("<ttl>0</ttl>", Hints()),
        ("<ttl>-5</ttl>", Hints()),
        ("<ttl>soon</ttl>", Hints()),
        ("<ttl>99999999999999</ttl>", Hints(ttl=timedelta(days=366))),
        (
            "<skipHours><hour>0</hour><hour> 5 </hour><hour>24</hour><hour>25</hour></skipHours>",
            Hints(skip_hours=frozenset({0, 5})),
        ),
        (
            "<skipDays><day>Saturday</day><day>SUNDAY</day><day>Someday</day></skipDays>",
            Hints(skip_days=frozenset({5, 6})),
        ),
        ("<skipHours>" + "".join(f"<hour>{n}</hour>" for n in range(24)) + "</skipHours>", Hints()),
        ("<skipHours><hour>3</hour>", Hints()),
    ],
)
def test_hints_of_rss(channel: str, expected: Hints) -> None:
    assert hints(channel) == expected


def test_hints_of_rdf() -> None:
    assert parse_document(RDF, None, BASE).hints == Hints(
        update_every=timedelta(hours=6), update_base=datetime(2000, 1, 1, 12, tzinfo=UTC)
    )


@pytest.mark.parametrize("frequency", ["0", "-1", "x", "1e9"])
def test_frequencies_that_make_no_sense_count_as_none(frequency: str) -> None:
    document = RDF.replace(b">4<", f">{frequency}<".encode())
    assert parse_document(document, None, BASE).hints.update_every is None


def test_hints_survive_the_way_between_processes() -> None:
    feed = parse_document(
        rss(channel="<title>t</title><ttl>7</ttl><skipDays><day>Monday</day></skipDays>"),
        None,
        BASE,
    )
    assert parsed.load(parsed.dump(feed)) == feed
    rdf = parse_document(RDF, None, BASE)
    assert parsed.load(parsed.dump(rdf)) == rdf


def test_looking_for_hints_takes_no_time() -> None:
    started = time.perf_counter()
    parse_document(rss(channel="<title>t</title>" + "<skipHours>" * 20_000), None, BASE)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Cache-Control": "max-age=600"}, 600),
        ({"Cache-Control": "public, Max-Age = 600, must-revalidate"}, 600),
        ({"Cache-Control": 'max-age="600"'}, 600),
        ({"Cache-Control": "max-age=600", "Age": "250"}, 350),
        ({"Cache-Control": "max-age=600", "Age": "600"}, None),
        ({"Cache-Control": "max-age=600", "Age": "x"}, 600),
        ({"Cache-Control": "max-age=0"}, None),
        ({"Cache-Control": "max-age=-1"}, None),
        ({"Cache-Control": "no-cache, max-age=600"}, None),
        ({"Cache-Control": "no-store"}, None),
        ({"Cache-Control": "s-maxage=600"}, None),
        ({"Cache-Control": "max-age=99999999999999999999"}, 7 * 86_400),
        ({"Expires": "Wed, 25 Jan 2023 12:05:00 GMT"}, 300),
        (
            {
                "Expires": "Wed, 25 Jan 2023 11:05:00 GMT",
                "Date": "Wed, 25 Jan 2023 11:00:00 GMT",
                "Age": "60",
            },
            240,
        ),
        ({"Expires": "Wed, 25 Jan 2023 11:05:00 GMT"}, None),
        ({"Expires": "0"}, None),
        ({"Expires": "Wed, 25 Jan 2023 12:05:00 GMT", "Cache-Control": "max-age=60"}, 60),
        ({"Expires": "Wed, 25 Jan 2023 12:05:00 GMT", "Cache-Control": "max-age=x"}, None),
        ({"Expires": "Wed, 25 Jan 9999 12:05:00 GMT"}, 7 * 86_400),
    ],
)
def test_freshness(headers: dict[str, str], seconds: int | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert fresh_for(headers, NOW) == expected


@given(
    st.dictionaries(
        st.sampled_from(["Cache-Control", "Age", "Expires", "Date"]),
        st.text(max_size=60) | st.sampled_from(["max-age=9", "1", "Wed, 25 Jan 2023 12:05:00 GMT"]),
    )
)
def test_any_header_gives_a_wait_or_none(headers: dict[str, str]) -> None:
    found = fresh_for(headers, NOW)
    assert found is None or timedelta() < found <= timedelta(days=7)
