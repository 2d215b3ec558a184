"""Slack over real HTTP, by both of its ways in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.factories import NOW, make_alert, make_notice, make_update
from tests.support.receivers import Reply
from tests.support.slack import TOKEN, FakeSlack, links_of, texts_of
from worker.channels import Channel, build
from worker.channels.slack import SlackSettings
from worker.domain.delivery import Announcement, Bulletin, Notice, Outcome, Thread
from worker.net import Outbound


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        yield server


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    async with Outbound(allow=["127.0.0.0/8"]) as way_out:
        yield way_out


def channel(outbound: Outbound, **keys: Any) -> Channel:
    settings = SlackSettings.model_validate({"name": "desk", "type": "slack", **keys})
    return build(settings, outbound, timeout=10)


def hook(slack: FakeSlack, outbound: Outbound) -> Channel:
    return channel(outbound, url=slack.webhook_url)


def bot(slack: FakeSlack, outbound: Outbound, **keys: Any) -> Channel:
    given = {"token": TOKEN, "channel": "#deals", "api_url": slack.api_url, **keys}
    return channel(outbound, **given)


async def test_an_incoming_webhook_gets_the_alert(slack: FakeSlack, outbound: Outbound) -> None:
    alert = make_update()
    verdict = await hook(slack, outbound).send(make_notice(alert))
    assert (verdict.outcome, verdict.answer, verdict.receipt) == (Outcome.DELIVERED, "ok", "")
    (post,) = slack.posts
    assert alert.event.evidence[0].text in texts_of(post)
    assert len(links_of(post)) == 2
    assert "channel" not in post
    assert "authorization" not in slack.requests[0].headers


async def test_a_bot_posts_and_hands_back_the_timestamp(
    slack: FakeSlack, outbound: Outbound
) -> None:
    root = await bot(slack, outbound).send(make_notice())
    assert root.outcome is Outcome.DELIVERED
    assert root.receipt == "C0000001/1760000000.000001"
    (first,) = slack.posts
    assert first["channel"] == "#deals"
    assert "thread_ts" not in first


def reply(receipt: str) -> Notice:
    return replace(make_notice(make_update()), thread=Thread(receipt, make_alert()))


async def test_an_update_is_a_reply_and_its_thread_tells_how_far_the_story_has_got(
    slack: FakeSlack, outbound: Outbound
) -> None:
    root = await bot(slack, outbound).send(make_notice())
    verdict = await bot(slack, outbound).send(reply(root.receipt))
    assert (verdict.outcome, verdict.receipt) == (Outcome.DELIVERED, "")
    assert slack.posts[1]["thread_ts"] == "1760000000.000001"
    (edited,) = slack.updates
    assert edited["ts"] == "1760000000.000001"
    assert edited["text"] == slack.posts[0]["text"]
    assert any(text.startswith("As of now: agreed") for text in texts_of(edited))
    assert links_of(edited) == links_of(slack.posts[0])
    assert slack.faults == []


async def test_a_thread_is_edited_before_the_reply_and_both_are_tried_again(
    slack: FakeSlack, outbound: Outbound
) -> None:
    root = await bot(slack, outbound).send(make_notice())
    slack.replies.append(Reply(429, '{"ok":false,"error":"ratelimited"}', {"Retry-After": "7"}))
    verdict = await bot(slack, outbound).send(reply(root.receipt))
    assert (verdict.outcome, verdict.retry_after) == (Outcome.RETRY, timedelta(seconds=7))
    assert len(slack.posts) == 1
    assert (await bot(slack, outbound).send(reply(root.receipt))).outcome is Outcome.DELIVERED
    assert (len(slack.posts), len(slack.updates)) == (2, 1)


async def test_a_thread_that_somebody_deleted_begins_anew(
    slack: FakeSlack, outbound: Outbound
) -> None:
    verdict = await bot(slack, outbound).send(reply("C0000001/1.000000"))
    assert (verdict.outcome, verdict.receipt) == (Outcome.DELIVERED, "C0000001/1760000000.000001")
    assert "thread_ts" not in slack.posts[0]


async def test_a_thread_that_cannot_be_edited_gets_its_reply_all_the_same(
    slack: FakeSlack, outbound: Outbound
) -> None:
    root = await bot(slack, outbound).send(make_notice())
    slack.replies.append(Reply(200, '{"ok":false,"error":"cant_update_message"}'))
    verdict = await bot(slack, outbound).send(reply(root.receipt))
    assert verdict.outcome is Outcome.DELIVERED
    assert slack.posts[1]["thread_ts"] == "1760000000.000001"


async def test_buttons_are_there_where_presses_can_be_checked(
    slack: FakeSlack, outbound: Outbound
) -> None:
    alert = make_alert()
    await bot(slack, outbound, signing_secret="0123456789abcdef").send(make_notice(alert))
    await bot(slack, outbound).send(make_notice(alert))
    asking, plain = slack.posts
    buttons = asking["blocks"][-1]["elements"]
    assert [(each["action_id"], each["value"]) for each in buttons] == [
        ("aw_right_alert", f"{alert.id}@desk"),
        ("aw_wrong_alert", f"{alert.id}@desk"),
        ("aw_mute_story", f"{alert.story_id}@desk"),
    ]
    assert all(block["type"] != "actions" for block in plain["blocks"])
    assert slack.faults == []


async def test_what_is_about_a_story_goes_into_its_thread(
    slack: FakeSlack, outbound: Outbound
) -> None:
    root = await bot(slack, outbound).send(make_notice())
    said = Announcement("ops.note", NOW, "Muted")
    bulletin = Bulletin("msg_1", said, NOW, thread=Thread(root.receipt, make_alert()))
    assert (await bot(slack, outbound).announce(bulletin)).outcome is Outcome.DELIVERED
    assert slack.posts[1]["thread_ts"] == "1760000000.000001"


async def test_a_long_list_is_cut_where_slack_ends_and_says_how_much_is_left(
    slack: FakeSlack, outbound: Outbound
) -> None:
    lines = tuple(f"[Urgent] <{n}> Nissan to cut its stake {'x' * 60}" for n in range(300))
    links = tuple(f"https://watch.example/alerts/{n}" for n in range(300))
    said = Announcement("alert.digest", NOW, "300 alerts", lines, links=links)
    assert (await hook(slack, outbound).announce(Bulletin("msg_1", said, NOW))).outcome is (
        Outcome.DELIVERED
    )
    assert slack.faults == []
    (post,) = slack.posts
    shown = links_of(post)
    assert list(links[: len(shown)]) == shown
    assert 80 < len(shown) < 300
    assert texts_of(post)[-1] == f"… +{300 - len(shown)}"


async def test_what_is_no_alert_begins_no_thread(slack: FakeSlack, outbound: Outbound) -> None:
    said = Announcement("ops.note", NOW, "<!here> & so on", ("https://evil.example", ""))
    for way in (bot(slack, outbound), hook(slack, outbound)):
        verdict = await way.announce(Bulletin("msg_1", said, NOW))
        assert (verdict.outcome, verdict.receipt) == (Outcome.DELIVERED, "")
    assert slack.faults == []
    assert slack.posts[0]["text"] == "&lt;\u200b!here&gt; &amp; so on"


@pytest.mark.parametrize(
    ("reply", "outcome", "wait"),
    [
        (Reply(400, "invalid_payload"), Outcome.PERMANENT, None),
        (Reply(403, "action_prohibited"), Outcome.PERMANENT, None),
        (Reply(404, "no_service"), Outcome.PERMANENT, None),
        (Reply(410, "channel_is_archived"), Outcome.PERMANENT, None),
        (Reply(429, "rate_limited", {"Retry-After": "30"}), Outcome.RETRY, 30),
        (Reply(500, "rollup_error"), Outcome.RETRY, None),
        (Reply(503, "", {"Retry-After": "5"}), Outcome.RETRY, 5),
        (Reply(302, "", {"Location": "https://slack.example/"}), Outcome.RETRY, None),
    ],
)
async def test_answers_of_an_incoming_webhook(
    slack: FakeSlack, outbound: Outbound, reply: Reply, outcome: Outcome, wait: int | None
) -> None:
    slack.replies.append(reply)
    verdict = await hook(slack, outbound).send(make_notice())
    assert (verdict.outcome, verdict.status_code) == (outcome, reply.status)
    assert verdict.retry_after == (wait and timedelta(seconds=wait))
    assert verdict.answer == reply.body
    assert slack.posts == []


@pytest.mark.parametrize(
    ("body", "outcome", "detail"),
    [
        ('{"ok": false, "error": "ratelimited"}', Outcome.RETRY, "ratelimited"),
        ('{"ok": false, "error": "internal_error"}', Outcome.RETRY, "internal_error"),
        ('{"ok": false, "error": "is_archived"}', Outcome.PERMANENT, "is_archived"),
        ('{"ok": false, "error": "token_revoked"}', Outcome.PERMANENT, "token_revoked"),
        ('{"ok": false}', Outcome.PERMANENT, "unknown"),
        ("<html>proxy</html>", Outcome.RETRY, "not one of Slack's API"),
        ("[]", Outcome.RETRY, "not one of Slack's API"),
        ('{"ok": "yes"}', Outcome.RETRY, "not one of Slack's API"),
        ("", Outcome.RETRY, "not one of Slack's API"),
    ],
)
async def test_answers_of_the_api(
    slack: FakeSlack, outbound: Outbound, body: str, outcome: Outcome, detail: str
) -> None:
    slack.replies.append(Reply(200, body))
    verdict = await bot(slack, outbound).send(make_notice())
    assert (verdict.outcome, verdict.receipt) == (outcome, "")
    assert detail in verdict.detail


async def test_a_limit_on_the_api_is_honoured(slack: FakeSlack, outbound: Outbound) -> None:
    slack.replies.append(Reply(429, '{"ok":false,"error":"ratelimited"}', {"Retry-After": "12"}))
    verdict = await bot(slack, outbound).send(make_notice())
    assert (verdict.outcome, verdict.retry_after) == (Outcome.RETRY, timedelta(seconds=12))


@pytest.mark.parametrize(
    ("keys", "detail"),
    [({"token": "xoxb-wrong"}, "invalid_auth"), ({"channel": "#nowhere"}, "channel_not_found")],
)
async def test_faults_of_the_configuration_are_permanent(
    slack: FakeSlack, outbound: Outbound, keys: dict[str, str], detail: str
) -> None:
    verdict = await bot(slack, outbound, **keys).send(make_notice())
    assert verdict.outcome is Outcome.PERMANENT
    assert detail in verdict.detail


async def test_an_echoed_token_is_not_recorded(slack: FakeSlack, outbound: Outbound) -> None:
    slack.replies.append(Reply(500, f"bad token {TOKEN}"))
    verdict = await bot(slack, outbound).send(make_notice())
    assert verdict.answer == "bad token ***"
