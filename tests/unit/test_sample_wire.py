"""The sample wire: what its files hold, and how its server lets them come in."""

from __future__ import annotations

import calendar
import time
import tomllib
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import Any

import feedparser
import pytest
from ruamel.yaml import YAML

from worker.domain.event import Status
from worker.sample_wire import AT_ONCE, SampleWire

SAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "sample"
FEEDS = ("newsroom-en.atom", "newsroom-fr.atom", "wire-en.rss", "wire-fr.rss")
RULES = {"equity-change", "ev-unit-investment", "ip-sharing"}
BEGAN = datetime(2030, 12, 31, 23, 59, 58, tzinfo=UTC)


class Clock:
    """Monotonic seconds that move only when told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wire(clock: Clock) -> Iterator[SampleWire]:
    with SampleWire(SAMPLE, pace=2.0, clock=clock, now=lambda: BEGAN) as wire:
        yield wire


def get(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, Message[str, str], bytes]:
    request = urllib.request.Request(url, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def parse(body: bytes) -> Any:
    return feedparser.parse(body, response_headers={"content-type": "application/xml"})


def written(name: str) -> Any:
    return parse((SAMPLE / name).read_bytes())


def everything_written() -> list[Any]:
    return [entry for name in FEEDS for entry in written(name).entries]


def expected() -> dict[str, list[dict[str, str]]]:
    loaded = YAML(typ="safe").load((SAMPLE / "expected.yaml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def moment(parsed: time.struct_time) -> datetime:
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC)


def out(wire: SampleWire) -> list[str]:
    """The ids of everything that the wire shows, oldest release first."""
    entries = [entry for name in FEEDS for entry in parse(get(wire.url(name))[2]).entries]
    return [entry.id for entry in sorted(entries, key=lambda entry: entry.published_parsed)]


# --- the files


@pytest.mark.parametrize("name", FEEDS)
def test_file_is_well_formed_and_complete(name: str) -> None:
    feed = written(name)
    assert not feed.bozo
    assert "invented" in feed.feed.subtitle or "inventées" in feed.feed.subtitle
    dates = [entry.published_parsed for entry in feed.entries]
    assert dates == sorted(dates, reverse=True)
    for entry in feed.entries:
        assert entry.link.startswith("https://wire.example/")
        assert entry.published_parsed.tm_year == 2031
        text = entry.content[0].value if "content" in entry else entry.summary
        assert text.count("<p>") >= 4, entry.title
        assert len(text.split()) >= 80, entry.title


def test_the_folder_holds_no_other_feed() -> None:
    assert {path.name for path in SAMPLE.iterdir()} == {*FEEDS, "expected.yaml", "watch.toml"}


def test_languages_are_balanced() -> None:
    sizes = {name: len(written(name).entries) for name in FEEDS}
    french = sizes["wire-fr.rss"] + sizes["newsroom-fr.atom"]
    assert sum(sizes.values()) >= 64
    assert 0.4 <= french / sum(sizes.values()) <= 0.6
    assert {written(name).feed.language for name in FEEDS} == {"en", "fr"}


def test_ids_links_and_dates_are_unique() -> None:
    entries = everything_written()
    for field in ("id", "link", "published_parsed"):
        counts = Counter(entry[field] for entry in entries)
        assert [value for value, count in counts.items() if count > 1] == []


def test_expectations_cover_exactly_the_entries() -> None:
    assert set(expected()) == {entry.id for entry in everything_written()}


def test_expectations_name_each_rule_with_each_status_and_plenty_of_look_alikes() -> None:
    events = expected()
    seen = {(event["rule"], event["status"]) for found in events.values() for event in found}
    assert seen == {(rule, status.value) for rule in RULES for status in Status}
    for found in events.values():
        assert len({event["rule"] for event in found}) == len(found)
    assert sum(not found for found in events.values()) >= 25


def test_configuration_names_every_feed_on_loopback() -> None:
    config = tomllib.loads((SAMPLE / "watch.toml").read_text(encoding="utf-8"))
    assert config["network"]["allow"] == ["127.0.0.0/8"]
    urls = [feed["url"] for feed in config["feeds"]]
    assert sorted(urls) == [f"http://127.0.0.1:8766/{name}" for name in FEEDS]
    channels = {channel["name"] for channel in config["channels"]}
    assert {subscription["channel"] for subscription in config["subscriptions"]} <= channels


# --- the server


def test_starts_with_the_first_alert_and_one_entry_in_each_feed(wire: SampleWire) -> None:
    shown = out(wire)
    assert len(shown) == AT_ONCE
    first = min(everything_written(), key=lambda entry: entry.published_parsed)
    assert first.id in shown
    assert {event["rule"] for event in expected()[first.id]} == RULES
    for name in FEEDS:
        assert len(parse(get(wire.url(name))[2]).entries) == 1


def test_releases_one_entry_a_pace_in_the_order_of_the_dates_until_all_are_out(
    wire: SampleWire, clock: Clock
) -> None:
    order = [e.id for e in sorted(everything_written(), key=lambda e: e.published_parsed)]
    clock.seconds += 1.999
    assert len(out(wire)) == AT_ONCE
    clock.seconds += 0.001
    shown = out(wire)
    assert set(shown) == set(order[: AT_ONCE + 1])
    assert shown[-1] == order[AT_ONCE]
    clock.seconds = 1000.0 + 2.0 * (len(order) - AT_ONCE)
    shown = out(wire)
    assert shown[AT_ONCE:] == order[AT_ONCE:]
    clock.seconds += 100_000
    assert out(wire) == shown


def test_a_released_entry_carries_its_release_time_and_is_otherwise_as_written(
    wire: SampleWire, clock: Clock
) -> None:
    order = sorted(everything_written(), key=lambda entry: entry.published_parsed)
    clock.seconds += 100_000
    release = {
        entry.id: BEGAN + timedelta(seconds=2 * max(0, position - AT_ONCE + 1))
        for position, entry in enumerate(order)
    }
    for name in FEEDS:
        feed = parse(get(wire.url(name))[2])
        assert not feed.bozo
        assert len(feed.entries) == len(written(name).entries)
        for live, original in zip(feed.entries, written(name).entries, strict=True):
            assert moment(live.published_parsed) == release[live.id]
            for field in ("id", "title", "link", "summary", "content"):
                assert live.get(field) == original.get(field)
        assert moment(feed.feed.updated_parsed) == max(release[entry.id] for entry in feed.entries)


@pytest.mark.parametrize("name", FEEDS)
def test_conditional_requests(wire: SampleWire, clock: Clock, name: str) -> None:
    status, headers, body = get(wire.url(name))
    assert status == 200
    assert headers["Content-Length"] == str(len(body))
    assert headers["Content-Type"].startswith(
        "application/rss+xml" if name.endswith(".rss") else "application/atom+xml"
    )
    etag, modified = headers["ETag"], headers["Last-Modified"]
    for known in (
        {"If-None-Match": etag},
        {"If-None-Match": f'"other", W/{etag}'},
        {"If-Modified-Since": modified},
    ):
        status, headers, body = get(wire.url(name), known)
        assert (status, body, headers["ETag"]) == (304, b"", etag)
    # An entity tag that does not match wins over a date that does (RFC 9110, section 13.2.2).
    stale = {"If-None-Match": '"other"', "If-Modified-Since": modified}
    assert get(wire.url(name), stale)[0] == 200
    assert get(wire.url(name), {"If-Modified-Since": "yesterday"})[0] == 200
    clock.seconds += 1000
    for known in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
        assert get(wire.url(name), known)[0] == 200


def test_unchanged_feed_stays_304_while_another_feed_moves(wire: SampleWire, clock: Clock) -> None:
    # The fifth and sixth entries come from the wires, none from the newsrooms.
    tags = {name: get(wire.url(name))[1]["ETag"] for name in FEEDS}
    clock.seconds += 4
    moved = {n for n in FEEDS if get(wire.url(n), {"If-None-Match": tags[n]})[0] == 200}
    assert moved == {"wire-en.rss", "wire-fr.rss"}


@pytest.mark.parametrize("path", ["", "other.rss", "expected.yaml", "../sample/wire-en.rss"])
def test_anything_else_is_not_found(wire: SampleWire, path: str) -> None:
    assert get(wire.url(path))[0] == 404


def test_listens_on_loopback_only_and_says_nothing(
    wire: SampleWire, capfd: pytest.CaptureFixture[str]
) -> None:
    assert wire.url("x").startswith("http://127.0.0.1:")
    get(wire.url("wire-en.rss"))
    get(wire.url("nothing"))
    assert capfd.readouterr() == ("", "")


def test_pace_zero_shows_everything_at_once() -> None:
    with SampleWire(SAMPLE, pace=0) as wire:
        assert len(out(wire)) == len(everything_written())


def test_stop_frees_the_port_and_a_taken_port_is_an_error() -> None:
    wire = SampleWire(SAMPLE)
    with pytest.raises(RuntimeError):
        wire.url("wire-en.rss")
    wire.start()
    url = wire.url("wire-en.rss")
    port = int(url.split(":")[2].split("/")[0])
    with pytest.raises(RuntimeError):
        wire.start()
    with pytest.raises(OSError, match="in use"):
        SampleWire(SAMPLE, port=port).start()
    get(url)
    wire.stop()
    wire.stop()
    with pytest.raises(urllib.error.URLError):
        get(url)
    with SampleWire(SAMPLE, port=port) as again:
        assert again.url("wire-en.rss") == url


def test_refuses_a_folder_that_it_cannot_serve(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no feed"):
        SampleWire(tmp_path)
    (tmp_path / "a.rss").write_text(
        "<rss><channel>\n<item>\n<title>x</title>\n</item>\n</channel></rss>"
    )
    with pytest.raises(ValueError, match="without a date"):
        SampleWire(tmp_path)
    with pytest.raises(ValueError, match="pace"):
        SampleWire(SAMPLE, pace=-1)
