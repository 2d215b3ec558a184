"""`classify` and `explain` with a classifier that finds what it is told to."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from tests.support.cli import CommandLine
from worker import wiring
from worker.classify.explain import Attempted, Explanation, RuleExplanation
from worker.config import Settings
from worker.domain.event import Classification, Event, Evidence, Status


class Finder:
    """Finds a merger wherever the text has the word "merge"."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str | None, datetime | None]] = []

    def classify(
        self,
        title: str,
        text: str,
        *,
        language: str | None = None,
        published: datetime | None = None,
    ) -> Classification:
        self.seen.append((title, language, published))
        at = text.find("merge")
        if at < 0:
            return Classification("en")
        return Classification("en", (merger(at),))

    def explain(
        self,
        title: str,
        text: str,
        *,
        language: str | None = None,
        published: datetime | None = None,
    ) -> Explanation:
        attempt = Attempted(
            text, "text", "merger", "merge", {"parties": ("A", "B"), "target": ()}, (), "planned",
            "will", True, 1.5, ("strength 1.5",),
        )  # fmt: skip
        return Explanation(
            "en",
            ("merge",),
            (
                RuleExplanation("equity-change", True, True, "fired", (attempt,), merger(0)),
                RuleExplanation("ip-sharing", False, False, "gate: no words", (), None),
            ),
        )


def merger(at: int) -> Event:
    return Event(
        rule="equity-change",
        status=Status.PLANNED,
        confidence=0.9,
        parties=("A", "B"),
        roles={"holder": "A", "target": "B"},
        evidence=(Evidence("text", at, at + 5, "merge"),),
    )


@pytest.fixture
def finder(monkeypatch: pytest.MonkeyPatch) -> Finder:
    finder = Finder()
    monkeypatch.setattr(wiring, "load_classifier", lambda settings: finder)
    return finder


def jsonl(*items: object) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


ITEM = {"id": "1", "title": "A and B", "text": "They will merge.", "lang": "en",
        "published": "2023-02-01"}  # fmt: skip


def test_lines_in_lines_out(cli: CommandLine, finder: Finder) -> None:
    ran = cli("classify", "--jsonl", stdin=jsonl(ITEM, {**ITEM, "id": "2", "text": "Nothing."}))
    assert (ran.code, ran.err) == (0, "")
    first, second = map(json.loads, ran.out.splitlines())
    assert (first["id"], second["id"]) == ("1", "2")
    assert first["events"][0]["evidence"] == [
        {"field": "text", "start": 10, "end": 15, "text": "merge"}
    ]
    assert second["events"] == []
    title, language, published = finder.seen[0]
    assert (title, language) == ("A and B", "en")
    assert published is not None
    assert published.isoformat() == "2023-02-01T00:00:00+00:00"


def test_a_bad_line_has_its_place_and_the_code(cli: CommandLine, finder: Finder) -> None:
    ran = cli("classify", "--jsonl", stdin=jsonl(ITEM) + b"nonsense\n" + jsonl(ITEM))
    assert ran.code == 1
    first, second, third = map(json.loads, ran.out.splitlines())
    assert (first["id"], second["id"], third["id"]) == ("1", None, "1")
    assert second["error"].startswith("not JSON")


def test_lines_of_several_files(cli: CommandLine, finder: Finder, tmp_path: Path) -> None:
    names = []
    for number in range(3):
        file = tmp_path / f"{number}.jsonl"
        # Without a line break at the end: the next file's first line must not be joined to it.
        file.write_bytes(jsonl({**ITEM, "id": str(number)}).rstrip())
        names.append(str(file))
    ran = cli("classify", "--jsonl", *names)
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == ["0", "1", "2"]


def test_no_lines_at_all(cli: CommandLine, finder: Finder) -> None:
    ran = cli("classify", "--jsonl", stdin=b"")
    assert (ran.code, ran.out) == (0, "")


def test_texts_for_people(cli: CommandLine, finder: Finder, tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("A and B\n\nThey will merge.\n")
    ran = cli("classify", str(file))
    assert ran.code == 0
    assert "A and B  en" in ran.out
    assert "equity-change  planned  90%" in ran.out
    assert "They will merge." in ran.out
    assert "\x1b" not in ran.out


def test_texts_as_json_carry_what_the_evidence_counts_in(cli: CommandLine, finder: Finder) -> None:
    (item,) = json.loads(cli("classify", "--json", stdin=b"They will merge.").out)
    passage = item["events"][0]["evidence"][0]
    assert item[passage["field"]][passage["start"] : passage["end"]] == passage["text"]


def test_one_bad_file_does_not_stop_the_others(
    cli: CommandLine, finder: Finder, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text("They will merge.")
    bad.write_bytes(b"\x00\x01")
    ran = cli("classify", str(bad), str(good))
    assert ran.code == 1
    assert ran.err == f"alliance-watch: {bad}: not a text\n"
    assert "They will merge." in ran.out


def test_without_a_configuration_the_rules_that_ship_are_used(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch, finder: Finder, tmp_path: Path
) -> None:
    given: list[Settings] = []

    def load(settings: Settings) -> Finder:
        given.append(settings)
        return finder

    monkeypatch.setattr(wiring, "load_classifier", load)
    cli("classify", stdin=b"x")
    (tmp_path / "mine").mkdir()
    file = tmp_path / "watch.toml"
    file.write_text('[service]\nrules = ["mine"]\n')
    cli("classify", "-c", str(file), stdin=b"x")
    assert [settings.service.rules for settings in given] == [(), (tmp_path / "mine",)]
    assert given[0].feeds == ()


def test_explain_for_people(cli: CommandLine, finder: Finder) -> None:
    ran = cli("explain", stdin=b"They will \x1b[1mmerge.")
    assert ran.code == 0
    for part in ("✓ equity-change  fired", "– ip-sharing  gate: no words", "on “merge”, score 1.5",
                 "parties: A, B", "planned by “will”, hearsay", "strength 1.5"):  # fmt: skip
        assert part in ran.out
    assert "\x1b" not in ran.out
    assert "target:" not in ran.out


def test_explain_for_programs(cli: CommandLine, finder: Finder) -> None:
    (item,) = json.loads(cli("explain", "--json", stdin=b"They will merge.").out)
    assert item["words"] == ["merge"]
    first, second = item["rules"]
    assert first["event"]["rule"] == "equity-change"
    assert first["attempts"][0]["trigger"] == "merge"
    assert second["event"] is None


def test_explain_names_what_is_wrong_with_a_file(cli: CommandLine, finder: Finder) -> None:
    ran = cli("explain", stdin=b"")
    assert (ran.code, ran.err) == (1, "alliance-watch: standard input: empty\n")
