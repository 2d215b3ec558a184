"""The line protocol of `classify --jsonl`."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from worker.cli.jsonl import BadItem, JsonItem, parse_line, results
from worker.domain.event import Classification, Event, Evidence, Status

EVENT = Event(
    rule="equity-change",
    status=Status.NEGOTIATING,
    confidence=0.93456,
    parties=("Renault", "Nissan"),
    roles={"holder": "Renault", "target": "Nissan", "counterparty": None},
    evidence=(Evidence("text", 0, 4, "text"), Evidence("text", 0, 2, "te", role="from_pct")),
    direction="decrease",
    from_pct=43.0,
    companies=("renault", "nissan"),
)


def classify(item: JsonItem) -> Classification:
    if item.title == "crash":
        raise RuntimeError("text of the item")
    return Classification(item.lang or "en", (EVENT,) if item.title == "deal" else ())


def line(**values: object) -> bytes:
    return json.dumps({"id": "1", "title": "t", "text": "text", **values}).encode()


def run(*lines: bytes) -> list[tuple[dict[str, object], bool]]:
    return [(json.loads(text), sound) for text, sound in results(lines, classify)]


def test_a_result_has_the_published_form() -> None:
    ((result, sound),) = run(line(title="deal", lang="fr"))
    assert sound
    assert result == {
        "id": "1",
        "lang": "fr",
        "events": [
            {
                "rule": "equity-change",
                "status": "negotiating",
                "confidence": 0.935,
                "parties": ["Renault", "Nissan"],
                "roles": {"holder": "Renault", "target": "Nissan", "counterparty": None},
                "direction": "decrease",
                "from_pct": 43.0,
                "to_pct": None,
                "pct": None,
                "amount": None,
                "attribution": None,
                "expected_date": None,
                "evidence": [{"field": "text", "start": 0, "end": 4, "text": "text"}],
            }
        ],
    }


def test_results_come_in_order_and_faults_take_their_place() -> None:
    found = run(
        line(id="a"),
        b"{",
        b"  \n",
        line(id="b", title=3),
        line(id="c", title="crash"),
        line(id="d"),
    )
    assert [result["id"] for result, _ in found] == ["a", None, "b", "c", "d"]
    assert [sound for _, sound in found] == [True, False, False, False, True]
    assert found[3][0]["error"] == "could not be classified (RuntimeError)"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"not json", "not JSON: expecting value"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[1]", "not a JSON object"),
        (b"[" * 100_000, "not JSON"),
        (b'"' + b"1" * 10 + b"", "not JSON"),
        (b'{"id": "1"}', "title: is missing; text: is missing"),
        (line(id=7), "id: is not a text"),
        (line(text=None), "text: is not a text"),
        (line(lang="de"), 'lang: is neither "fr" nor "en"'),
        (line(published="yesterday"), "published: not an ISO 8601 date or time"),
        (line(published=5), "published: is not a text"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(text: bytes, problem: str) -> None:
    with pytest.raises(BadItem) as caught:
        parse_line(text)
    assert str(caught.value).startswith(problem)


def test_the_id_is_kept_when_the_rest_is_wrong() -> None:
    ((result, sound),) = run(b'{"id": "x-1", "title": "t"}')
    assert not sound
    assert result == {"id": "x-1", "error": "text: is missing"}


@pytest.mark.parametrize(
    ("published", "moment"),
    [
        ("2023-02-01", datetime(2023, 2, 1, tzinfo=UTC)),
        ("2023-02-01T08:30:00", datetime(2023, 2, 1, 8, 30, tzinfo=UTC)),
        ("2023-02-01T08:30:00Z", datetime(2023, 2, 1, 8, 30, tzinfo=UTC)),
        ("2023-02-01T09:30:00+01:00", datetime(2023, 2, 1, 8, 30, tzinfo=UTC)),
        (None, None),
    ],
)
def test_publication_times(published: str | None, moment: datetime | None) -> None:
    assert parse_line(line(published=published)).published == moment


def test_other_keys_are_left_alone_and_text_is_kept_as_given() -> None:
    item = parse_line(line(text=" é\u200b\r\n\t🚗 ", gold=[1], events="x"))
    assert item.text == " é\u200b\r\n\t🚗 "


def test_a_lone_surrogate_does_not_stop_the_output() -> None:
    ((text, sound),) = results([b'{"id": "\\ud800", "title": "t", "text": "x"}'], classify)
    assert sound
    assert json.loads(text.encode())["id"] == "\ud800"
