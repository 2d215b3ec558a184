"""WebSub: the cases of the subscriber test suite of websub.rocks, rebuilt against a hub of ours.

100 to 104 discovery, 200 to 205 subscription, 300 to 302 distribution; then what hubs do besides.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from tests.support.dashboards import SEAL, Harness, beat, running
from tests.support.feeds import item, rss
from tests.support.origin import Origin, Reply, origin
from worker.domain import ids
from worker.domain.feed import Feed, FeedState, FeedStatus
from worker.domain.push import PUSHED_PACE, Hub, Push, PushState, ask_again, granted, paced
from worker.feeds.fetch import Fetcher
from worker.feeds.hubs import hub_of, is_signed
from worker.feeds.parse import ParserPool
from worker.hub_lane import HubLane
from worker.net import Outbound
from worker.store import Store

TOPIC = "https://a.example/feed"
HUB = "https://hub.example/"
DOCUMENT = rss(item(title="Borel buys Tamaki", link="/1", guid="1"))


# ── discovery ─────────────────────────────────────────────────────────────────────────────────

ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><link rel="hub" href="{hub}"/>'
    '<link rel="self" href="{topic}"/><entry><link rel="self" href="https://a.example/wrong"/>'
    '<link rel="hub" href="https://wrong.example/"/></entry></feed>'
)
RSS = (
    '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
    '<atom:link rel="hub" href="{hub}"/><atom:link rel="self" href="{topic}"/>'
    '<item><atom:link rel="hub" href="https://wrong.example/"/></item></channel></rss>'
)
HTML = '<html><head><link rel="hub" href="{hub}"><link rel="self" href="{topic}"></head></html>'
LINK = '<{hub}>; rel="hub", <{topic}>; rel="self"'


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param(LINK, "", id="100"),
        pytest.param("", HTML, id="101"),
        pytest.param("", ATOM, id="102"),
        pytest.param("", RSS, id="103"),
    ],
)
def test_hubs_are_found(headers: str, body: str) -> None:
    said = {"Link": headers.format(hub=HUB, topic=TOPIC)} if headers else {}
    document = body.replace("{hub}", HUB).replace("{topic}", TOPIC).encode()
    assert hub_of(said, document, "https://a.example/x") == Hub(HUB, TOPIC)
    assert hub_of({}, b"<rss><channel><link>https://a/</link></channel></rss>", TOPIC) is None


def test_104_headers_go_before_the_body() -> None:
    body = HTML.format(hub="https://wrong.example/", topic="https://wrong.example/feed").encode()
    said = {"Link": LINK.format(hub=HUB, topic=TOPIC)}
    assert hub_of(said, body, "https://a.example/x") == Hub(HUB, TOPIC)


def test_without_self_the_address_is_the_topic() -> None:
    assert hub_of({"Link": f"<{HUB}>; rel=hub"}, b"", TOPIC) == Hub(HUB, TOPIC)


# ── a hub ─────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Rig:
    """A dashboard, and what a poller does about hubs; `hub` remembers what it was asked."""

    dashboard: Harness
    hub: Origin
    out: Outbound
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def store(self) -> Store:
        return self.dashboard.store

    @property
    def lane(self) -> HubLane:
        callback = f"{self.dashboard.base}/hub/"
        return HubLane(self.store, self.out, SEAL, callback, "p1", lambda: self.now)

    def watch(self, url: str, hub: Hub) -> Feed:
        """Watch a feed that names this hub."""
        feed = Feed(ids.feed_id(url), url, "A")
        self.store.add_feed(feed, self.now)
        self.lane.note(feed.id, hub)
        return feed

    def asked(self, path: str = "/hub") -> list[dict[str, str]]:
        """The forms that the hub got."""
        return [
            dict(parse_qsl(one.body.decode()))
            for one in self.hub.asked_for(path)
            if one.method == "POST"
        ]

    def push_of(self, feed: Feed) -> Push:
        push = self.store.push_of_feed(feed.id)
        assert push is not None
        return push

    def call(self, form: dict[str, str], **said: str) -> httpx.Response:
        """The hub verifies what it was asked."""
        query = {
            "hub.mode": form["hub.mode"],
            "hub.topic": form["hub.topic"],
            "hub.challenge": "a challenge <b>",
            "hub.lease_seconds": "86400",
            **{f"hub.{name}": value for name, value in said.items()},
        }
        return self.dashboard.client.get(form["hub.callback"], params=query)

    async def subscribed(self, feed: Feed) -> dict[str, str]:
        """Subscribe and verify; the form that the hub got."""
        await self.lane.once()
        form = self.asked()[-1]
        assert self.call(form).status_code == 200
        assert self.push_of(feed).state is PushState.ACTIVE
        return form

    def distribute(
        self,
        form: dict[str, str],
        body: bytes = DOCUMENT,
        method: str | None = "sha256",
        proof: str | None = None,
    ) -> httpx.Response:
        """The hub pushes; signed by `method`."""
        headers = {"content-type": "application/rss+xml"}
        if method is not None:
            mac = hmac.new(form["hub.secret"].encode(), body, getattr(hashlib, method))
            proof = f"{method}={mac.hexdigest()}"
        if proof is not None:
            headers["x-hub-signature"] = proof
        return self.dashboard.client.post(form["hub.callback"], content=body, headers=headers)


@pytest.fixture
def rigged(sqlite_store: Store) -> Iterator[Harness]:
    beat(sqlite_store)
    with running(sqlite_store) as harness:
        yield harness


@pytest.fixture
async def rig(rigged: Harness) -> Any:
    async with origin() as hub, Outbound(allow=["127.0.0.0/8"]) as out:
        hub.on("/hub", Reply(202))
        yield Rig(rigged, hub, out)


# ── subscription ──────────────────────────────────────────────────────────────────────────────


async def found_by_polling(rig: Rig, url: str) -> Hub | None:
    """What the poller finds at the address of a feed."""
    feed = Feed(ids.feed_id(url), url, "A")
    async with ParserPool(workers=1) as parser:
        return (await Fetcher(rig.out, parser).fetch(feed, FeedState(feed.id))).hub


async def test_1xx_a_subscription_is_asked_for_and_verified(rig: Rig) -> None:
    feed = rig.watch(TOPIC, Hub(f"{rig.hub.url}/hub", TOPIC))
    await rig.lane.once()
    [form] = rig.asked()
    assert (form["hub.mode"], form["hub.topic"]) == ("subscribe", TOPIC)
    assert len(form["hub.secret"]) >= 32
    assert int(form["hub.lease_seconds"]) > 0
    assert len(form["hub.callback"].rpartition("/")[2]) >= 32  # nobody guesses it
    assert rig.push_of(feed).state is PushState.ASKED
    assert form["hub.secret"] not in str(rig.push_of(feed))
    answer = rig.call(form)
    assert (answer.status_code, answer.text) == (200, "a challenge <b>")
    assert answer.headers["content-type"].startswith("text/plain")
    push = rig.push_of(feed)
    assert push.state is PushState.ACTIVE
    assert push.lease_until is not None
    headers = rig.dashboard.bearer()
    shown = rig.dashboard.client.get(f"/api/v1/feeds/{feed.id}", headers=headers).json()
    assert shown["push"]["state"] == "active"
    assert push.key not in str(shown)
    other = rig.watch("https://b.example/", Hub(f"{rig.hub.url}/hub", "https://b.example/"))
    await rig.lane.once()
    assert rig.asked()[-1]["hub.callback"] != form["hub.callback"]
    assert rig.push_of(other).key != push.key


async def test_200_to_202_the_topic_is_what_the_feed_calls_itself(rig: Rig) -> None:
    hub = f"{rig.hub.url}/hub"
    headers = {"Link": f'<{hub}>; rel="hub", <{TOPIC}>; rel="self"'}
    real = rig.hub.on("/real", Reply(200, DOCUMENT, headers))
    for_now = rig.hub.on("/for-now", Reply(302, headers={"Location": "/real"}))
    for_good = rig.hub.on("/for-good", Reply(301, headers={"Location": "/real"}))
    for url in (real, for_now, for_good):
        found = await found_by_polling(rig, url)
        assert found == Hub(hub, TOPIC)
        form = await rig.subscribed(rig.watch(url, found))
        assert form["hub.topic"] == TOPIC
        rig.now += timedelta(seconds=61)


async def test_203_and_204_a_hub_that_has_moved_is_asked_where_it_is(rig: Rig) -> None:
    for status in (307, 308, 302, 301):
        rig.hub.on(f"/{status}", Reply(status, headers={"Location": "/hub"}))
        topic = f"{TOPIC}/{status}"
        form = await rig.subscribed(rig.watch(topic, Hub(f"{rig.hub.url}/{status}", topic)))
        assert form == rig.asked(f"/{status}")[0]
        rig.now += timedelta(seconds=61)


async def test_205_a_topic_that_was_not_asked_for_is_not_verified(rig: Rig) -> None:
    feed = rig.watch(TOPIC, Hub(f"{rig.hub.url}/hub", TOPIC))
    await rig.lane.once()
    [form] = rig.asked()
    assert rig.call(form, topic="https://other.example/").status_code == 404
    assert rig.call(form, mode="unsubscribe").status_code == 404
    assert rig.call(form, mode="dance").status_code == 404
    assert (
        rig.call({**form, "hub.callback": f"{rig.dashboard.base}/hub/guessed"}).status_code == 404
    )
    assert rig.push_of(feed).state is PushState.ASKED


# ── distribution ──────────────────────────────────────────────────────────────────────────────


async def test_300_what_is_signed_is_taken_in_once(rig: Rig) -> None:
    feed = rig.watch(TOPIC, Hub(f"{rig.hub.url}/hub", TOPIC))
    form = await rig.subscribed(feed)
    for method in ("sha1", "sha256", "sha384", "sha512"):
        assert 200 <= rig.distribute(form, method=method).status_code < 300
    [item_id] = rig.dashboard.enqueued
    stored = rig.store.item(item_id)
    assert stored is not None
    assert (stored.title, stored.feed_id) == ("Borel buys Tamaki", feed.id)
    assert rig.push_of(feed).pushed_at is not None


async def test_301_and_302_what_is_not_signed_rightly_is_ignored(rig: Rig) -> None:
    feed = rig.watch(TOPIC, Hub(f"{rig.hub.url}/hub", TOPIC))
    form = await rig.subscribed(feed)
    wrong = {**form, "hub.secret": "another"}
    assert rig.distribute(wrong).status_code == 403
    assert rig.distribute(form, method=None).status_code == 403
    assert rig.distribute(form, method=None, proof="md5=0").status_code == 403
    assert rig.dashboard.enqueued == []
    assert rig.push_of(feed).pushed_at is None


def test_a_signature_is_of_the_body_and_of_a_method_that_counts() -> None:
    proof = hmac.new(b"secret", b"body", hashlib.sha256).hexdigest()
    assert is_signed(f"sha256={proof}", b"body", "secret")
    assert is_signed(f" SHA256={proof.upper()} ", b"body", "secret")
    md5 = hmac.new(b"secret", b"body", hashlib.md5).hexdigest()
    for header in (None, "", proof, f"sha1={proof}", f"md5={md5}", "sha256=", "sha256=é", "=="):
        assert not is_signed(header, b"body", "secret")
    assert not is_signed(f"sha256={proof}", b"bodY", "secret")


# ── what hubs do besides ──────────────────────────────────────────────────────────────────────


async def test_a_hub_that_refuses_is_asked_again_later_and_later(rig: Rig) -> None:
    waits: dict[int, list[timedelta]] = {400: [], 404: [], 429: [], 500: [], 503: []}
    feeds = {}
    for status in waits:
        rig.hub.on(f"/{status}", Reply(status))
        topic = f"{TOPIC}/{status}"
        feeds[status] = rig.watch(topic, Hub(f"{rig.hub.url}/{status}", topic))
    for _ in range(3):
        await rig.lane.once()
        await rig.lane.once()  # too early
        for status, feed in feeds.items():
            push = rig.push_of(feed)
            assert push.next_at is not None
            assert f"HTTP {status}" in push.reason
            waits[status].append(push.next_at - rig.now)
        rig.now += max(each[-1] for each in waits.values()) + timedelta(seconds=61)
    for status, each in waits.items():
        assert len(rig.asked(f"/{status}")) == 3
        assert each == sorted(each)
        assert each[0] < each[2] <= timedelta(hours=24)
    assert rig.store.pushed_feeds(rig.now) == set()


async def test_a_hub_that_never_verifies_is_asked_again(rig: Rig) -> None:
    feed = rig.watch(TOPIC, Hub(f"{rig.hub.url}/hub", TOPIC))
    await rig.lane.once()
    rig.now = ask_again(1, rig.now) + timedelta(seconds=61)
    await rig.lane.once()
    assert len(rig.asked()) == 2
    assert rig.push_of(feed).state is PushState.ASKED


async def test_a_hub_that_denies_leaves_the_feed_to_polling(rig: Rig) -> None:
    feed = rig.watch(TOPIC, Hub(f"{rig.hub.url}/hub", TOPIC))
    form = await rig.subscribed(feed)
    assert rig.call(form, mode="denied", reason="no\nmore").status_code == 200
    push = rig.push_of(feed)
    assert (push.state, push.reason) == (PushState.DENIED, "denied: no more")
    assert rig.store.pushed_feeds(rig.now) == set()
    assert rig.distribute(form).status_code == 410


async def test_a_lease_is_renewed_before_it_ends_at_the_same_address(rig: Rig) -> None:
    feed = rig.watch(TOPIC, Hub(f"{rig.hub.url}/hub", TOPIC))
    form = await rig.subscribed(feed)
    first = rig.push_of(feed)
    assert first.lease_until is not None
    assert first.next_at is not None
    assert first.next_at < first.lease_until
    rig.now = first.next_at + timedelta(seconds=61)
    await rig.lane.once()
    assert rig.asked()[-1] == form
    assert rig.store.pushed_feeds(rig.now) == {feed.id}  # while it is asked
    # The hub's clock is the dashboard's, which has not moved on.
    assert rig.call(form, lease_seconds="8640000").status_code == 200
    renewed = rig.push_of(feed)
    assert renewed.lease_until is not None
    assert renewed.lease_until > first.lease_until


async def test_a_lease_that_ran_out_counts_for_nothing(rig: Rig) -> None:
    feed = rig.watch(TOPIC, Hub(f"{rig.hub.url}/hub", TOPIC))
    await rig.subscribed(feed)
    assert rig.store.pushed_feeds(rig.now) == {feed.id}
    assert rig.store.pushed_feeds(rig.now + timedelta(days=2)) == set()


async def test_a_hub_that_does_not_push_what_polls_find_is_not_relied_on(rig: Rig) -> None:
    feed = rig.watch(TOPIC, Hub(f"{rig.hub.url}/hub", TOPIC))
    form = await rig.subscribed(feed)
    lane = rig.lane
    lane.missed(feed.id)
    assert rig.store.pushed_feeds(rig.now) == {feed.id}
    lane.missed(feed.id)
    assert rig.store.pushed_feeds(rig.now) == set()
    assert rig.push_of(feed).state is PushState.SILENT
    assert rig.distribute(form).status_code == 202  # it was only slow
    assert rig.store.pushed_feeds(rig.now) == {feed.id}


async def test_a_feed_that_is_removed_is_left_at_its_hub(rig: Rig) -> None:
    feed = rig.watch(TOPIC, Hub(f"{rig.hub.url}/hub", TOPIC))
    form = await rig.subscribed(feed)
    rig.store.set_feed_status(feed.id, FeedStatus.REMOVED)
    assert rig.distribute(form).status_code == 410
    rig.now += timedelta(seconds=61)
    await rig.lane.once()
    leaving = rig.asked()[-1]
    assert (leaving["hub.mode"], leaving["hub.callback"]) == ("unsubscribe", form["hub.callback"])
    assert rig.call(leaving).status_code == 200
    assert rig.store.push_of_feed(feed.id) is None


async def test_a_feed_that_changes_hubs_is_subscribed_to_anew(rig: Rig) -> None:
    hub = Hub(f"{rig.hub.url}/hub", TOPIC)
    feed = rig.watch(TOPIC, hub)
    form = await rig.subscribed(feed)
    rig.lane.note(feed.id, hub)  # the same again
    assert rig.push_of(feed).state is PushState.ACTIVE
    rig.hub.on("/new", Reply(202))
    rig.lane.note(feed.id, Hub(f"{rig.hub.url}/new", TOPIC))
    rig.now += timedelta(seconds=61)
    await rig.lane.once()
    [moved] = rig.asked("/new")
    assert moved["hub.callback"] != form["hub.callback"]
    assert rig.distribute(form).status_code == 410


async def test_what_cannot_be_read_is_left_to_the_next_poll(rig: Rig) -> None:
    feed = rig.watch(TOPIC, Hub(f"{rig.hub.url}/hub", TOPIC))
    form = await rig.subscribed(feed)
    assert rig.distribute(form, b"\x00 not a feed").status_code == 202
    [(_, state)] = rig.store.feeds()
    assert state.next_poll_reason == "asked for"
    assert rig.dashboard.enqueued == []


def test_leases_and_waits_are_kept_within_reason() -> None:
    now = datetime(2023, 1, 1, tzinfo=UTC)
    for said, days in (("864000", 10), (None, 10), ("junk", 10), ("9" * 30, 30)):
        until, renew = granted(said, now)
        assert until - now == timedelta(days=days)
        assert now < renew < until
    assert granted("1", now)[0] > now + timedelta(minutes=1)
    assert ask_again(1, now) < ask_again(4, now) < ask_again(99, now)
    assert ask_again(10**9, now) == now + timedelta(hours=24)


def test_a_pushed_feed_is_polled_less_often_and_never_more() -> None:
    now = datetime(2023, 1, 1, tzinfo=UTC)
    due, reason = paced(now + timedelta(minutes=2), "interval 2m", now)
    assert (due, "hub" in reason) == (now + PUSHED_PACE, True)
    late = now + timedelta(hours=3)
    assert paced(late, "quiet", now) == (late, "quiet")
