from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.wires import GUID, as_json, ninjs1, ninjs2, ninjs3
from worker.domain.item import Entry
from worker.feeds import parsed
from worker.feeds.formats.ninjs import holds_news
from worker.feeds.parse import ParsedFeed, Unparsable, parse_document

BASE = "https://wire.example/api/"
CREATED = datetime(2023, 1, 26, 10, 0, tzinfo=UTC)
CHANGED = datetime(2023, 1, 26, 10, 30, tzinfo=UTC)


def parse(value: object) -> ParsedFeed:
    return parse_document(as_json(value), "application/json", BASE)


def only(value: object) -> Entry:
    (entry,) = parse(value).entries
    return entry


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            ninjs1(ednote="Adds\n shares"),
            Entry(
                title="Renault to cut Nissan stake",
                text="Renault said & Nissan agreed.\n\nOn Thursday.",
                author="A. Martin",
                language="en",
                provider="AFP",
                note="Adds shares",
            ),
        ),
        (
            ninjs2(signals=[{"uri": "http://cv.iptc.org/sig:correction"}]),
            Entry(
                title="Renault réduit sa part",
                text="Un.\n\nDeux.",
                author="A. Martin",
                language="fr",
                provider="AFP",
                signal="correction",
            ),
        ),
        (
            ninjs3(),
            Entry(
                title="Renault to cut Nissan stake",
                text="Renault said.",
                language="en",
                provider="AP",
            ),
        ),
    ],
)
def test_every_generation_gives_every_field(item: dict[str, Any], expected: Entry) -> None:
    feed = parse(item)
    assert (feed.kind, feed.dropped, feed.warnings) == ("ninjs", 0, ())
    (entry,) = feed.entries
    for name in ("title", "text", "author", "language", "provider", "signal", "note"):
        assert getattr(entry, name) == getattr(expected, name), name
    assert (entry.guid, entry.version, entry.url) == (GUID, "1", None)
    assert (entry.published, entry.updated) == (CREATED, CHANGED)
    assert parsed.load(parsed.dump(feed)) == feed


@pytest.mark.parametrize(
    "wrap",
    [
        lambda items: items,
        lambda items: {"items": items},
        lambda items: {"_items": items, "_meta": {"total": 2}},
        lambda items: {"hits": {"total": 2, "hits": [{"_id": "x", "_source": i} for i in items]}},
        lambda items: {"data": {"items": [{"meta": {}, "item": i} for i in items]}},
        lambda items: {
            "uri": "urn:package",
            "type": "composite",
            "headline": "Package",
            "associations": {f"a{n}": item for n, item in enumerate(items)},
        },
        lambda items: {
            "uri": "urn:package",
            "type": "composite",
            "headlines": [{"value": "Package"}],
            "associations": [*items, {"uri": "urn:mere:reference", "pubStatus": "usable"}],
        },
    ],
)
def test_packages_in_every_form(wrap: Any) -> None:
    feed = parse(wrap([ninjs1(uri="urn:1"), ninjs3(uri="urn:2")]))
    guids = [entry.guid for entry in feed.entries if entry.guid != "urn:package"]
    assert guids == ["urn:1", "urn:2"]
    assert feed.dropped == 0


def test_pictures_beside_a_story_are_passed_over() -> None:
    picture = ninjs1(uri="urn:p", type="picture")
    feed = parse([ninjs1(associations={"featured": picture}), picture])
    assert [entry.guid for entry in feed.entries] == [GUID]
    assert feed.warnings == ("items that are no text: 1",)


@pytest.mark.parametrize(
    ("more", "reason", "until"),
    [
        ({}, None, None),
        ({"pubstatus": None}, None, None),
        ({"pubstatus": "withheld"}, "withheld by its publisher", None),
        ({"pubstatus": "canceled"}, "cancelled by its publisher", None),
        ({"embargoed": None}, None, None),
        ({"embargoed": ""}, "under an embargo without an end", None),
        ({"embargoed": 7}, "under an embargo without an end", None),
        ({"embargoed": "2023-01-27T06:00:00+01:00"}, None, datetime(2023, 1, 27, 5, tzinfo=UTC)),
    ],
)
def test_what_its_publisher_allows(
    more: dict[str, Any], reason: str | None, until: datetime | None
) -> None:
    entry = only(ninjs1(**more))
    assert (entry.withdrawn, entry.embargoed_until) == (reason, until)


def test_an_empty_cancellation_is_no_empty_entry() -> None:
    entry = only({"uri": GUID, "version": "2", "pubstatus": "canceled"})
    assert (entry.title, entry.version) == ("cancelled by its publisher", "2")
    assert parse({"uri": GUID, "pubstatus": "usable"}).dropped == 1


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"body_html": "", "body_text": "a < b\n\nc"}, "a < b\n\nc"),
        ({"body_html": "<p>x", "body_text": "longer than that"}, "longer than that"),
        (
            {
                "body_html": "",
                "body_nitf": "<nitf><body><body.head><hl1>h</hl1></body.head>"
                "<body.content><p>Un long paragraphe, ainsi que</p><p>deux</p></body.content>"
                "</body></nitf>",
            },
            "Un long paragraphe, ainsi que\n\ndeux",
        ),
        ({"body_html": None, "body_text": 3, "body_xhtml": ["x"]}, "3"),
        ({"body_html": "", "body_text": "", "description_text": "in short"}, "in short"),
    ],
)
def test_the_fullest_text_is_taken(more: dict[str, Any], text: str) -> None:
    assert only(ninjs1(**more)).text == text


def test_the_page_of_an_item() -> None:
    assert only(ninjs1(url="/news/1")).url == "https://wire.example/news/1"
    assert only(ninjs1(uri="https://a.example/1")).url == "https://a.example/1"
    assert only(ninjs1(uri="javascript://a")).url is None


def test_a_json_feed_is_not_ninjs() -> None:
    item = {"id": "1", "title": "t", "content_text": "x", "headline": "h", "uri": "urn:1"}
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "F", "items": [item]}
    assert parse(feed).kind == "json11"
    assert parse({"items": [{"id": "1", "title": "t"}]}).kind == "json"
    others: list[object] = [
        None,
        3,
        "x",
        [],
        {},
        [[[]]],
        {"uri": "urn:1"},
        {"uri": 3, "headline": "h"},
    ]
    for other in others:
        assert not holds_news(other)


def test_nesting_beyond_reason_is_refused() -> None:
    with pytest.raises(Unparsable):
        parse_document(b"[" * 200_000, None, BASE)
    deep: object = ninjs1()
    for _ in range(60):
        deep = {"items": [deep]}
    assert parse(deep).entries == ()


def test_more_items_than_are_read_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.feeds.formats.ninjs.MAX_ENTRIES", 2)
    feed = parse([ninjs1(uri=f"urn:{n}") for n in range(5)])
    assert len(feed.entries) == 2
    assert feed.warnings == ("only the first 2 items were read",)
