"""Trying the rules: with the real classifier and the rules that ship, over HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.dashboards import Harness, running
from tests.support.factories import make_alert, make_event, make_item
from tests.support.stores import record_alert
from worker import classify
from worker.classify.explain import Explanation, RuleExplanation
from worker.dashboard.server import LazyClassifier
from worker.dashboard.trial import MOST_TEXT, MOST_TITLE
from worker.domain.access import Role
from worker.domain.event import Evidence
from worker.domain.finding import FaultyInput, Finding
from worker.store import Store

RULES = Path(__file__).parents[3] / "rules"
TITLE = "Renault <cuts> & Nissan"
TEXT = (
    "\nPARIS 🚗🚗 – A note first.\n\n"
    "Renault has agreed to cut its stake in Nissan to 15% from 43%, the companies said.\n\n"
    "The weather was fine."
)


@pytest.fixture(scope="module")
def classifier() -> LazyClassifier:
    return LazyClassifier(lambda: classify.load([RULES]))


@pytest.fixture
def playground(sqlite_store: Store, classifier: LazyClassifier) -> Iterator[Harness]:
    with running(sqlite_store, explain=classifier.explain) as harness:
        harness.sign_in(Role.READ)
        yield harness


def send(harness: Harness, expected: int = 200, **fields: str) -> str:
    answer = harness.client.post(
        "/playground",
        data=fields,
        headers={"origin": harness.base, "accept": "text/html"},
    )
    assert answer.status_code == expected, answer.text[:2_000]
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


class Shown(HTMLParser):
    """What the form holds, what is marked in the text, and which ids there are."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.text = ""
        self.marked: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self._open: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "input" and values.get("name"):
            self.fields[str(values["name"])] = values.get("value") or ""
        elif tag == "textarea":
            self.fields["text"] = ""
        elif tag == "option" and "selected" in values:
            self.fields["language"] = values.get("value") or ""
        if tag not in ("input", "link", "meta", "br"):
            self._open.append((tag, values.get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "textarea":
            self.fields["text"] += data.removeprefix("\n")  # as browsers read a textarea
        if ("div", "text") in self._open:
            self.text += data
            if self._open[-1][0] == "mark":
                self.marked.append((self._open[-1][1].strip(), data))


def test_the_form_works_without_scripts(playground: Harness) -> None:
    page = send(playground, title=TITLE, text=TEXT.replace("\n", "\r\n"), language="", published="")
    shown = Shown(page)
    assert "1 event found" in page
    assert "Renault" in page
    assert "from 43% to 15%" in page  # the headline
    assert "% sure" in page
    # The whole text, to the character, with what proves the event marked.
    assert shown.text == TEXT
    marked = "".join(words for _, words in shown.marked)
    assert "cut its stake in Nissan" in marked
    assert ("proof role tone-who", "Renault") in shown.marked
    assert ("proof role tone-who", "Nissan") in shown.marked
    assert "note first" not in marked
    # The form is as it was filled in.
    assert (shown.fields["title"], shown.fields["text"]) == (TITLE, TEXT)
    assert "<cuts>" not in page
    # Every rule is accounted for.
    for rule in classify.load([RULES]).rule_names:
        assert f"rule-{rule}" in shown.ids
    assert "did not fire" in page


def test_overlapping_spans_keep_every_role(sqlite_store: Store) -> None:
    text = "🚗 Renault and Nissan share."
    evidence = (
        Evidence("text", 2, 20, text[2:20]),
        Evidence("text", 2, 9, "Renault", "holder"),
        Evidence("text", 2, 20, text[2:20], "parties"),
        Evidence("text", 14, 27, text[14:27], "attribution"),
        Evidence("text", 3, 9, "wrong!", "amount"),
    )
    event = make_event(evidence=evidence)

    def explain(title: str, text: str, **options: Any) -> Explanation:
        rule = RuleExplanation("equity-change", True, True, "fired", (), event)
        return Explanation("en", ("stake",), (rule,))

    with running(sqlite_store, explain=explain) as harness:
        harness.sign_in()
        shown = Shown(send(harness, text=text))
    assert shown.text == text
    assert shown.marked == [
        ("proof role tone-who role tone-who", "Renault"),
        ("proof role tone-who", " and "),
        ("proof role tone-who role tone-source", "Nissan"),
        ("role tone-source", " share."),
    ]


def test_language_and_date_reach_the_classifier(sqlite_store: Store) -> None:
    asked: list[Any] = []

    def explain(title: str, text: str, **options: Any) -> Explanation:
        asked.append((title, text, options))
        return Explanation("fr", (), ())

    with running(sqlite_store, explain=explain) as harness:
        harness.sign_in()
        page = send(harness, title="Nissan", language="fr", published="2026-03-02")
        assert Shown(page).fields["published"] == "2026-03-02"
        assert Shown(page).fields["language"] == "fr"
        answer = harness.client.post(
            "/api/v1/explain",
            json={"id": "a", "text": "Nissan", "published": "2026-03-02T10:00:00+01:00"},
            headers=harness.bearer(),
        )
        assert answer.status_code == 200
    assert asked == [
        ("Nissan", "", {"language": "fr", "published": datetime(2026, 3, 2, tzinfo=UTC)}),
        ("", "Nissan", {"language": None, "published": datetime(2026, 3, 2, 9, tzinfo=UTC)}),
    ]


def test_why_opens_with_the_item_as_the_pipeline_saw_it(sqlite_store: Store) -> None:
    asked: list[Any] = []

    def explain(title: str, text: str, **options: Any) -> Explanation:
        asked.append((title, text, options))
        return Explanation("fr", (), ())

    item = replace(make_item(title=TITLE, text=TEXT), language="fr-CA")
    alert = make_alert(item=item, event=make_event(item=item, evidence=()))
    record_alert(sqlite_store, alert)
    with running(sqlite_store, explain=explain) as harness:
        harness.sign_in()
        link = f"/playground?item={item.id}"
        assert f'href="{link}#rule-equity-change"' in harness.client.get(f"/alerts/{alert.id}").text
        answer = harness.client.get(link)
        assert answer.status_code == 200
        assert Shown(answer.text).fields["text"] == TEXT
        assert Shown(answer.text).fields["language"] == "fr-CA"
        assert asked == [(TITLE, TEXT, {"language": "fr-CA", "published": item.published})]
        nothing = harness.client.get("/playground?item=item_none", headers={"accept": "text/html"})
        assert nothing.status_code == 404


def test_of_a_long_item_the_beginning_is_looked_at(sqlite_store: Store) -> None:
    sizes: list[int] = []

    def explain(title: str, text: str, **options: Any) -> Explanation:
        sizes.append(len(text))
        return Explanation("en", (), ())

    item = make_item(text="é" * (MOST_TEXT + 10))
    record_alert(sqlite_store, make_alert(item=item, event=make_event(item=item, evidence=())))
    with running(sqlite_store, explain=explain) as harness:
        harness.sign_in()
        page = harness.client.get(f"/playground?item={item.id}").text
    assert sizes == [MOST_TEXT]
    assert "only its first 20\u202f000 characters are looked at" in page


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"title": " ", "text": ""}, "There is nothing to look at"),
        ({"text": "é" * (MOST_TEXT + 1)}, "The text has 20\u202f001 characters: at most"),
        ({"title": "x" * (MOST_TITLE + 1)}, "The title has 1\u202f001 characters: at most"),
        ({"text": "Nissan", "published": "soon"}, "Write `published` in ISO 8601"),
    ],
)
def test_what_cannot_be_tried_says_why_and_keeps_what_was_written(
    playground: Harness, fields: dict[str, str], message: str
) -> None:
    page = send(playground, 422, **fields)
    assert message in page
    shown = Shown(page)
    for name, value in fields.items():
        assert shown.fields[name] == value


def test_forms_that_are_none_of_ours_are_refused(playground: Harness) -> None:
    headers = {"origin": playground.base, "content-type": "application/x-www-form-urlencoded"}
    post = playground.client.post
    assert post("/playground", content="a=1&" * 200_000, headers=headers).status_code == 400
    assert post("/playground", content="a=1" * 700_000, headers=headers).status_code == 413
    headers["content-type"] = "text/plain"
    assert post("/playground", content="text=Nissan", headers=headers).status_code == 415
    assert post("/playground", data={"text": "Nissan"}).status_code == 403  # no Origin


def test_the_api_explains(playground: Harness) -> None:
    answer = playground.client.post(
        "/api/v1/explain",
        json={"id": "a", "title": TITLE, "text": TEXT},
        headers=playground.bearer(),
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["id"], body["lang"]) == ("a", "en")
    assert "stake" in body["words"]
    rules = {rule["rule"]: rule for rule in body["rules"]}
    fired = rules["equity-change"]
    assert fired["fired"]
    assert fired["headline"] == "Renault agrees to cut its stake in Nissan from 43% to 15%"
    assert fired["event"]["roles"]["holder"] == "Renault"
    for mark in fired["marks"]:
        field = {"title": TITLE, "text": TEXT}[mark["field"]]
        assert field[mark["start"] : mark["end"]] == mark["text"]
    assert {"", "holder", "target"} <= {mark["role"] or "" for mark in fired["marks"]}
    best = fired["attempts"][0]
    assert best["sentence"] in TEXT
    assert best["missing"] == []
    silent = rules["ip-sharing"]
    assert (silent["fired"], silent["event"], silent["headline"]) == (False, None, None)
    assert silent["reason"]
    assert playground.store.audit_log(10)[0].action == "sign_in"  # nothing was written down since


def test_the_api_bounds_the_text(playground: Harness) -> None:
    answer = playground.client.post(
        "/api/v1/explain",
        json={"id": "a", "text": "x" * (MOST_TEXT + 1)},
        headers=playground.bearer(),
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == "text"


def test_the_api_is_described(playground: Harness) -> None:
    paths = playground.client.get("/api/openapi.json").json()["paths"]
    described = paths["/api/v1/explain"]["post"]
    answer = described["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    assert answer.endswith("/Explained")
    assert {"400", "401", "403", "413", "415", "422", "503"} <= set(described["responses"])
    assert "/playground" not in paths


def test_rules_that_do_not_load_are_named_on_the_page(sqlite_store: Store) -> None:
    def load() -> Any:
        raise FaultyInput((Finding(Path("rules/a.yaml"), 7, "gate", "is empty", "fill it"),))

    with running(sqlite_store, explain=LazyClassifier(load).explain) as harness:
        harness.sign_in()
        page = send(harness, 503, text="Nissan")
        assert "The rules do not load: rules/a.yaml:7: gate: is empty (fill it)." in page
        assert Shown(page).fields["text"] == "Nissan"


def test_a_slow_first_load_holds_up_nobody_else(sqlite_store: Store) -> None:
    """The real load, while others look at pages that need the loop and the threads."""
    begun = threading.Event()

    def load() -> Any:
        begun.set()
        return classify.load([RULES])

    with running(sqlite_store, explain=LazyClassifier(load).explain) as harness:
        harness.sign_in()
        headers = harness.bearer()

        def ask(results: list[int]) -> None:
            answer = httpx.post(
                f"{harness.base}/api/v1/explain",
                json={"id": "a", "title": TITLE, "text": TEXT},
                headers=headers,
                timeout=60,
            )
            results.append(answer.status_code)

        results: list[int] = []
        askers = [threading.Thread(target=ask, args=(results,)) for _ in range(12)]
        for asker in askers:
            asker.start()
        assert begun.wait(10)
        slowest = {
            path: max(timed(partial(harness.client.get, path)) for _ in range(10))
            for path in ("/healthz", "/", "/alerts")
        }
        for asker in askers:
            asker.join(60)
    assert sorted(set(results)) == [200, 503], results  # eight wait, the others are told at once
    assert results.count(200) == 8
    # Far from the seconds that loading takes, with room for a busy machine.
    assert max(slowest.values()) < 1.5, slowest


def timed(work: Callable[[], httpx.Response]) -> float:
    began = time.monotonic()
    assert work().status_code == 200
    return time.monotonic() - began
