"""Runs a `Supervisor` over children given as JSON on the command line, as a process of its own.

{"children": [{"name": …, "script": <Python>, "base": …, "speaks": …, "ready": <path>}],
 "constants": {"FIRST_WAIT": 0.05}}
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from worker import supervisor
from worker.supervisor import Child, Supervisor


def _child(spec: dict[str, Any]) -> Child:
    ready = Path(spec["ready"]) if "ready" in spec else None
    return Child(
        spec["name"],
        spec.get("command") or [sys.executable, "-u", "-c", spec["script"]],
        base=spec.get("base", False),
        speaks=spec.get("speaks", False),
        ready=ready.exists if ready else None,
        environment=spec.get("environment", {}),
    )


def main(arguments: str) -> int:
    spec = json.loads(arguments)
    for name, value in spec.get("constants", {}).items():
        assert hasattr(supervisor, name)
        setattr(supervisor, name, value)
    running = Supervisor(
        [_child(child) for child in spec["children"]],
        on_started=lambda: running.say("all", "started"),
    )
    return running.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
