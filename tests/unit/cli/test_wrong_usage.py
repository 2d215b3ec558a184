"""Faults of the caller: one line, no traceback, exit code 2; and nothing heavy for help."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import CommandLine

HEAVY = ("spacy", "sqlalchemy", "aiohttp", "celery", "feedparser", "fastapi", "rich")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "No such command"),
        (["classify", "--nonsense"], "No such option"),
        (["classify", "no-such-file"], "no-such-file: there is no such file"),
        (["classify", "."], ".: is a folder"),
        (["classify", "--jsonl", "--json"], "choose one"),
        (["worker", "--queues", "clasify"], "choose from classify, deliver"),
        (["worker", "--queues", ","], "names nothing"),
        (["token", "create"], "--role"),
        (["token", "create", "--role", "root"], "'root'"),
        (["token", "create", "--role", "read", "--expires", "soon"], "--expires takes a duration"),
        (["token", "create", "--role", "read", "--expires", "0s"], "--expires takes a duration"),
        (["feeds", "add", "ftp://example.org"], "url: expected the URL of a web address"),
        (["feeds", "add", "https://example.org/", "--interval", "1"], "interval: expected a dur"),
        (["feeds", "import", "no-such-file"], "no-such-file"),
        (["deliveries", "list", "--since", "yesterday"], "--since takes a time"),
        (["deliveries", "list", "--state", "lost"], "'lost'"),
        (["deliveries", "replay"], "one of both"),
        (["deliveries", "replay", "msg_1", "--channel", "desk"], "one of both"),
        (["run", "-c", "no-such-file"], "cannot read it"),
        (["poller", "-c", "no-such-file"], "cannot read it"),
        (["dashboard", "--config", "no-such-file"], "cannot read it"),
        (["token", "list", "-c", "no-such-file"], "cannot read it"),
    ],
)
def test_wrong_usage(cli: CommandLine, arguments: list[str], message: str) -> None:
    ran = cli(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert message in ran.err
    assert "Traceback" not in ran.err
    assert "Value error" not in ran.err


def test_every_fault_of_a_configuration_is_named(cli: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "watch.toml"
    file.write_text('[service]\nlisten = "x"\ncolour = 1\n')
    ran = cli("poller", "-c", str(file))
    assert ran.code == 2
    first, second, summary = ran.err.splitlines()
    assert first.startswith(f"{file}:2: service.listen: ")
    assert second.startswith(f"{file}:3: service.colour: no such key")
    assert summary == "alliance-watch: not started: 2 faults in what it was given"


def test_the_environment_names_the_configuration(
    cli: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLIANCE_WATCH_CONFIG", str(tmp_path / "none.toml"))
    ran = cli("token", "list")
    assert ran.code == 2
    assert "none.toml: cannot read it" in ran.err


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"]])
def test_help(cli: CommandLine, arguments: list[str]) -> None:
    ran = cli(*arguments)
    text = ran.out + ran.err
    for command in ("run", "poller", "worker", "dashboard", "check", "classify", "explain",
                    "feeds", "deliveries", "token", "db"):  # fmt: skip
        assert f"  {command} " in text
    assert "sample-wire" not in text


def test_version(cli: CommandLine) -> None:
    assert cli("--version").out == "alliance-watch 0.1.0\n"


@pytest.mark.parametrize("arguments", [["--help"], ["classify", "--help"], ["run", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom worker.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit as left:\n    assert left.code == 0\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_the_reference_of_the_configuration_is_the_published_page(cli: CommandLine) -> None:
    page = Path(__file__).parents[3] / "docs" / "configuration.md"
    ran = cli("config", "reference")
    assert ran.code == 0
    assert ran.out == page.read_text(encoding="utf-8")
