"""The files for running the service elsewhere agree with the service."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from worker.cli.app import app
from worker.config import load

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
EXAMPLE = DEPLOY / "watch.example.toml"
VARIABLES = {"SLACK_WEBHOOK": "https://hooks.slack.com/services/T0/B0/x", "SMTP_PASSWORD": "pass",
             "WEBHOOK_SECRET": "whsec_" + "QUJD" * 10, "WIRE_AUTHORIZATION": "Bearer x",
             "SENTRY_DSN": "https://key@sentry.example/1", "BROKER_URL": "redis://h/0",
             "DATABASE_URL": "postgresql+psycopg://u:p@h/n"}  # fmt: skip


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(DEPLOY / "compose.yaml")
    return loaded


def test_the_example_is_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(VARIABLES):
        monkeypatch.setenv(name, VARIABLES[name])
    result = CliRunner().invoke(app, ["check", "-c", str(EXAMPLE)])
    assert result.exit_code == 0, result.output


def test_what_the_example_has_commented_out_is_in_order_too(tmp_path: Path) -> None:
    text = re.sub(r"(?m)^# (?=\[\[|[a-z_]+ = )", "", EXAMPLE.read_text(encoding="utf-8"))
    assert len(tomllib.loads(text)["channels"]) == 4
    full = tmp_path / "watch.toml"
    full.write_text(text, encoding="utf-8")
    settings = load(full, VARIABLES)
    assert {channel.type for channel in settings.channels} == {
        "slack",
        "email",
        "webhook",
        "console",
    }
    assert settings.service.auth == ("token",)


def test_every_secret_of_the_example_has_its_line_in_the_environment_file() -> None:
    active = re.findall(r'(?m)^[^#\n]*"env:(\w+)"', EXAMPLE.read_text(encoding="utf-8"))
    offered = re.findall(r"(?m)^#?(\w+)=", (DEPLOY / "example.env").read_text(encoding="utf-8"))
    assert active
    assert set(active) <= set(offered)


def test_every_variable_of_compose_has_its_line_in_the_environment_file() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    used = re.findall(r"(?<!\$)\$\{(\w+)", text)
    offered = re.findall(r"(?m)^#?(\w+)=", (DEPLOY / "example.env").read_text(encoding="utf-8"))
    assert set(used) <= set(offered)


def test_every_part_of_compose_is_a_command(compose: dict[str, Any]) -> None:
    parts = {
        name: service["command"]
        for name, service in compose["services"].items()
        if service.get("image", "").startswith("alliance-watch")
    }
    assert set(parts) == {"migrate", "poller", "worker-classify", "worker-deliver", "dashboard"}
    for command in parts.values():
        words = [word for word in command if not word.startswith("-") and "," not in word]
        words = words[:1] if command[0] == "worker" else words
        result = CliRunner().invoke(app, [*words, "--help"])
        assert result.exit_code == 0, result.output
        for option in (word for word in command if word.startswith("-")):
            assert option in result.output


def test_the_environment_of_compose_is_configuration(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    empty = tmp_path / "watch.toml"
    empty.touch()
    environment = {
        name: re.sub(r"\$\{\w+:(?:-([^}]*)|\?[^}]*)\}", lambda m: m[1] or "x" * 32, value)
        for name, value in compose["services"]["dashboard"]["environment"].items()
        if name != "ALLIANCE_WATCH_CONFIG"
    }
    settings = load(empty, environment)
    assert settings.service.listen.port == 8765
    assert settings.service.auth == ("token",)
    assert settings.service.database_url.get_secret_value().startswith("postgresql+psycopg://")


def test_the_queue_of_compose_loses_nothing(compose: dict[str, Any]) -> None:
    command = compose["services"]["redis"]["command"][-1]
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_everything_waits_for_the_schema(compose: dict[str, Any]) -> None:
    for name in ("poller", "worker-classify", "worker-deliver", "dashboard"):
        condition = compose["services"][name]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"


def test_the_image_sets_what_the_service_understands(tmp_path: Path) -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    environment = dict(re.findall(r"(ALLIANCE_WATCH_\w+)=(\S+)", text))
    empty = tmp_path / "watch.toml"
    empty.touch()
    settings = load(empty, environment)
    assert settings.service.data_dir == Path("/data")
    assert not settings.service.listen.is_loopback
    assert re.search(r"(?m)^USER 10001", text), "not root"


def test_continuous_integration_runs_both_commands() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    lines = script.read_text(encoding="utf-8").splitlines()
    assert "set -euo pipefail" in lines
    assert {"make lint", "make test"} <= set(lines)
