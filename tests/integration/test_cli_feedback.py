"""`feedback`: what readers said, as tests that a rule can be held to."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.cli import CommandLine
from tests.support.factories import make_alert, make_event, make_item
from tests.support.stores import record_alert
from worker.classify import load
from worker.domain.feedback import Opinion
from worker.shipped import shipped_rules
from worker.store import Store

TEXT = "Renault will cut its stake in Nissan to 15% from 43.4%, the French carmaker said on Monday."


@pytest.fixture
def cli(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CommandLine:
    """A command line on the database of `sqlite_store`."""
    run = CommandLine(monkeypatch)
    file = tmp_path / "watch.toml"
    file.write_text(f'[service]\ndatabase_url = "{sqlite_url}"\n')
    monkeypatch.setenv("ALLIANCE_WATCH_CONFIG", str(file))
    return run


def exported(cli: CommandLine) -> dict[str, list[dict[str, Any]]]:
    """The tests by rule, read as a person would paste them."""
    ran = cli("feedback", "export")
    assert ran.code == 0, ran.err
    parts = [part for part in ran.out.split("---\n") if part.strip()]
    return {
        part.splitlines()[0].removeprefix("# rule: "): YAML(typ="safe").load(part)["tests"]
        for part in parts
    }


def test_what_readers_called_right_is_a_test_that_the_rule_passes(
    cli: CommandLine, sqlite_store: Store
) -> None:
    classifier = load((shipped_rules(),))
    item = make_item(title="Renault to sell down", text=TEXT, published=datetime.now(UTC))
    event = classifier.classify(item.title, item.text, language="en").events[0]
    right = make_alert(item=item, event=event)
    record_alert(sqlite_store, right, channels=())
    wrong_item = make_item(title="Weather: rain: heavy", text="It rains.\n\n- and pours # a lot")
    wrong = make_alert(
        item=wrong_item,
        event=make_event(item=wrong_item, rule="ip-sharing"),
        story_id="story_w",
        id="alert_w",
        event_id="evt_w",
    )
    record_alert(sqlite_store, wrong, channels=())
    now = datetime.now(UTC)
    sqlite_store.give_feedback(right.id, "mail:a@x.example", Opinion.RIGHT, "", now)
    sqlite_store.give_feedback(wrong.id, "slack:U1", Opinion.RIGHT, "", now)
    later = now + timedelta(seconds=1)
    sqlite_store.give_feedback(wrong.id, "slack:U2", Opinion.WRONG, "only the weather", later)

    tests = exported(cli)
    assert list(tests) == ["equity-change", "ip-sharing"]
    [test] = tests["equity-change"]
    assert (test["text"], test["title"], test["language"]) == (TEXT, item.title, "en")
    expect = test["expect"]
    assert expect["holder"] == "Renault"
    assert (expect["from_pct"], expect["to_pct"]) == (43.4, 15.0)
    [test] = tests["ip-sharing"]
    assert test["expect"] is None
    assert test["text"] == wrong_item.text
    assert "only the weather" in test["name"]


def test_exported_tests_fit_beside_their_rules(cli: CommandLine, sqlite_store: Store) -> None:
    from jsonschema import Draft202012Validator

    alert = make_alert()
    record_alert(sqlite_store, alert, channels=())
    sqlite_store.give_feedback(alert.id, "api:me", Opinion.RIGHT, "", datetime.now(UTC))
    schema = json.loads((shipped_rules() / "schema" / "rule.json").read_text())
    fragment = schema["properties"]["tests"]
    Draft202012Validator(fragment).validate(exported(cli)["equity-change"])


def test_what_was_said_is_listed(cli: CommandLine, sqlite_store: Store) -> None:
    alert = make_alert()
    record_alert(sqlite_store, alert, channels=())
    now = datetime.now(UTC)
    sqlite_store.give_feedback(alert.id, "api:me", Opinion.WRONG, "no stake", now)
    rows = json.loads(cli("feedback", "list", "--json").out)
    assert [(row["opinion"], row["reader"], row["note"]) for row in rows] == [
        ("wrong", "api:me", "no stake")
    ]
    assert json.loads(cli("feedback", "list", "--since", "2099-01-01", "--json").out) == []
    assert cli("feedback", "export", "--since", "nonsense").code == 2
