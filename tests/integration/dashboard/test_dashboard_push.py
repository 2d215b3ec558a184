"""Items that are pushed in: one at a time, or as documents of a wire."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.support.dashboards import Harness
from tests.support.wires import news_item, news_message, ninjs2
from worker.domain.access import Role

NEWSML = "application/vnd.iptc.g2.newsmessage+xml"
NINJS = "application/vnd.iptc.ninjs+json"


def push(harness: Harness, content: bytes, media: str) -> httpx.Response:
    headers = harness.bearer(Role.OPERATE) | {"content-type": media}
    return harness.client.post("/api/v1/items", content=content, headers=headers)


def shown(harness: Harness, item_id: str) -> Any:
    answer = harness.client.get(f"/api/v1/items/{item_id}", headers=harness.bearer())
    assert answer.status_code == 200
    return answer.json()


def test_a_wires_documents_are_taken_in_once(dashboard: Harness) -> None:
    document = news_message(
        news_item("Borel to cut Tamaki stake", guid="urn:a"),
        news_item("Sorano buys a plant", guid="urn:b"),
        news_item("Halden, not yet", guid="urn:c", status="stat:withheld"),
    )
    first = push(dashboard, document, NEWSML)
    assert first.status_code == 202, first.text
    answer = first.json()
    assert [one["new"] for one in answer["items"]] == [True, True]
    assert answer["id"] == answer["items"][0]["id"]
    [held] = answer["held"]
    assert held["guid"] == "urn:c"
    assert "withheld" in held["why"]
    assert dashboard.enqueued == [one["id"] for one in answer["items"]]
    again = push(dashboard, document, "application/xml").json()
    assert again["items"] == [{**one, "new": False} for one in answer["items"]]
    assert shown(dashboard, answer["id"])["title"] == "Borel to cut Tamaki stake"


def test_ninjs_is_told_by_its_type(dashboard: Harness) -> None:
    answer = push(dashboard, json.dumps(ninjs2()).encode(), NINJS)
    assert answer.status_code == 202, answer.text
    assert len(answer.json()["items"]) == 1


def test_a_document_without_anything_to_use_is_refused_with_the_reason(dashboard: Harness) -> None:
    cancelled = news_message(news_item(status="stat:canceled"))
    refused = {
        "cancelled": push(dashboard, cancelled, NEWSML),
        "cannot be used": push(dashboard, b"<newsItem", NEWSML),
        "NewsML-G2 or ninjs": push(
            dashboard, b"<rss version='2.0'><channel><item><title>x</title></item></channel></rss>",
            NEWSML,
        ),
    }  # fmt: skip
    assert {why: answer.status_code for why, answer in refused.items()} == {
        "cancelled": 422,
        "cannot be used": 422,
        "NewsML-G2 or ninjs": 415,
    }
    assert all(why in answer.json()["detail"] for why, answer in refused.items())
    assert dashboard.enqueued == []


def test_a_cancellation_has_what_it_takes_back_judged_once_more(dashboard: Harness) -> None:
    taken = push(dashboard, news_message(news_item(guid="urn:a")), NEWSML).json()
    dashboard.enqueued.clear()
    cancelled = news_message(news_item(guid="urn:a", version="2", status="stat:canceled"))
    answer = push(dashboard, cancelled, NEWSML)
    assert answer.status_code == 202, answer.text
    assert answer.json()["items"] == [{"id": taken["id"], "new": False}]
    assert dashboard.enqueued == [taken["id"]]
    assert shown(dashboard, taken["id"])["state"] == "waiting"
    assert push(dashboard, cancelled, NEWSML).status_code == 422, "nothing is left to take back"


def test_the_same_news_under_another_id_is_one_item_with_a_source(dashboard: Harness) -> None:
    text = (
        "Borel Motors is in talks to cut its holding in Tamaki Auto to 15% from 43%, people close "
        "to the matter said on Tuesday. Neither company wanted to comment on the discussions."
    )
    body = {"id": "1", "title": "Borel in talks with Tamaki", "text": text}
    item = json.dumps(body).encode()
    reworded = text.replace("people close to the matter", "people near the matter")
    other = {**body, "id": "2", "url": "https://b.example/2", "text": reworded}
    copy = json.dumps(other).encode()
    update = json.dumps({**body, "id": "3", "text": text.replace("15%", "20%")}).encode()
    first, second, third = (
        push(dashboard, content, "application/json").json() for content in (item, copy, update)
    )
    assert (first["new"], second["new"], third["new"]) == (True, False, True)
    assert second["id"] == first["id"] != third["id"]
    assert dashboard.enqueued == [first["id"], third["id"]]
    [source] = shown(dashboard, first["id"])["sources"]
    assert (source["url"], source["title"]) == ("https://b.example/2", body["title"])
