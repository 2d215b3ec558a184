"""Every file in `deploy/` is put to the validator of its own kind, the installation files too."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.factories import NOW
from tests.unit.test_deploy import DEPLOY, EXAMPLE, ROOT
from worker.broker import BrokerReading
from worker.dashboard.api.models import QueuesOut
from worker.dashboard.metrics import PREFIX, registry
from worker.dashboard.snapshot import Snapshot, StoreReading

BIN = Path(sys.executable).parent
UNITS = ("all", "poller", "worker@classify", "dashboard")


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """What the command prints; it has to end well."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def needed(command: str, package: str) -> str:
    """The command's path; where it is missing the test is skipped and says what to install."""
    found = shutil.which(command)
    if found is None:
        pytest.skip(f"{command} is not installed (apt-get install {package})")
    return found


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    """The cluster's files with a configuration beside them, as an operator would lay them out."""
    folder = tmp_path / "kubernetes"
    shutil.copytree(DEPLOY / "kubernetes", folder)
    shutil.copyfile(EXAMPLE, folder / "base" / "watch.toml")
    return folder


def built(folder: Path) -> list[dict[str, Any]]:
    text = run(BIN / "kubectl", "kustomize", folder)
    return [document for document in YAML(typ="safe").load_all(text) if document]


def test_the_image_is_written_as_images_should_be() -> None:
    run(BIN / "hadolint", "Dockerfile")


def test_compose_fits_its_schema() -> None:
    run(
        BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml"
    )


def test_all_yaml_is_in_order() -> None:
    rules = (
        "{extends: default, rules: {line-length: {max: 140}, document-start: disable, "
        "truthy: {check-keys: false}, braces: {max-spaces-inside: 1}, comments: disable}}"
    )
    files = sorted(p for p in DEPLOY.rglob("*.y*ml") if "sample" not in p.parts)
    assert files
    run(BIN / "yamllint", "--strict", "--config-data", rules, *files)


def test_shell_scripts_have_no_known_trap() -> None:
    run(BIN / "shellcheck", ".ci/run")


def test_the_cluster_takes_what_is_built(cluster: Path, tmp_path: Path) -> None:
    for name in ("base", "keda"):
        documents = built(cluster / name)
        known = [d for d in documents if not d["apiVersion"].startswith("keda.sh/")]
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": known}))
        run(BIN / "kubernetes-validate", "--strict", file)


def test_every_container_is_nobodys_root_and_writes_nothing(cluster: Path) -> None:
    pods = [
        d["spec"]["template"]["spec"]
        for d in built(cluster / "base")
        if d["kind"] in ("Deployment", "Job")
    ]
    assert len(pods) == 5
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
        [container] = pod["containers"]
        assert container["image"] == "alliance-watch:latest"
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]


def test_each_part_may_be_disrupted_one_at_a_time_and_is_probed(cluster: Path) -> None:
    documents = built(cluster / "base")
    parts = {d["metadata"]["name"]: d for d in documents if d["kind"] == "Deployment"}
    budgets = {d["metadata"]["name"] for d in documents if d["kind"] == "PodDisruptionBudget"}
    assert set(parts) == budgets
    for part in parts.values():
        [container] = part["spec"]["template"]["spec"]["containers"]
        assert "livenessProbe" in container


def test_scaling_asks_for_figures_that_the_api_gives(cluster: Path) -> None:
    documents = built(cluster / "keda")
    scaled = [d for d in documents if d["kind"] == "ScaledObject"]
    parts = {d["metadata"]["name"]: d for d in documents if d["kind"] == "Deployment"}
    assert len(scaled) == 2
    for one in scaled:
        name = one["spec"]["scaleTargetRef"]["name"]
        assert "replicas" not in parts[name]["spec"]
        [trigger] = one["spec"]["triggers"]
        assert trigger["metadata"]["url"].endswith("/api/v1/queues")
        assert trigger["metadata"]["valueLocation"] in QueuesOut.model_fields


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_takes_the_units_and_finds_them_hardened(unit: str, tmp_path: Path) -> None:
    analyze = needed("systemd-analyze", "systemd")
    system = Path("/usr/lib/systemd/system")
    units = tmp_path / "etc" / "systemd" / "system"
    shutil.copytree(DEPLOY / "systemd", units)
    targets = tmp_path / "usr" / "lib" / "systemd" / "system"
    targets.mkdir(parents=True)
    for target in system.glob("*.target"):
        shutil.copyfile(target, targets / target.name)
    program = tmp_path / "opt" / "alliance-watch" / "bin" / "alliance-watch"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    name = f"alliance-watch-{unit}.service"
    run(analyze, "verify", f"--root={tmp_path}", "--man=no", name)
    run(analyze, "security", f"--root={tmp_path}", "--offline=true", "--threshold=20", name)


def test_prometheus_takes_the_rules_and_they_fire_when_they_should() -> None:
    promtool = needed("promtool", "prometheus")
    folder = DEPLOY / "prometheus"
    run(promtool, "check", "config", "prometheus.yml", cwd=folder)
    run(promtool, "test", "rules", "alerts_test.yaml", cwd=folder)


def rules() -> list[dict[str, Any]]:
    loaded = YAML(typ="safe").load(DEPLOY / "prometheus" / "alerts.yaml")
    return [rule for group in loaded["groups"] for rule in group["rules"] if "alert" in rule]


def test_every_alert_has_its_test_and_its_page_in_the_runbook() -> None:
    tested = (DEPLOY / "prometheus" / "alerts_test.yaml").read_text(encoding="utf-8")
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    headings = {h.strip().lower() for h in re.findall(r"(?m)^#+ (.+)$", operations)}
    for rule in rules():
        assert f"alertname: {rule['alert']}" in tested
        page, anchor = rule["annotations"]["runbook"].split("#")
        assert page == "docs/operations.md"
        assert anchor in headings, anchor


def test_rules_and_board_use_metrics_that_there_are() -> None:
    given = {
        family.name
        for family in registry(_Still(), "1").collect()  # type: ignore[arg-type]
        if family.name.startswith(f"{PREFIX}_")
    }
    board = json.loads((DEPLOY / "grafana" / "alliance-watch.json").read_text(encoding="utf-8"))
    asked = [t["expr"] for panel in board["panels"] for t in panel.get("targets", ())]
    asked += [rule["expr"] for rule in rules()]
    names = set(re.findall(rf"\b{PREFIX}_[a-z_]+\b", " ".join(asked)))
    assert len(names) > 12
    assert {re.sub(r"_(total|bucket|count)$", "", name) for name in names} <= given


class _Still:
    """A sampler that has seen a service with nothing in it."""

    latest = Snapshot(taken=NOW, store=StoreReading(), broker=BrokerReading(True, {}))
    viewers = 0
