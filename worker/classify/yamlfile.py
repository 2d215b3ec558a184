"""YAML files with the position of every value, so that a fault can be shown where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from worker.domain.finding import Finding

Key = str | int
MAX_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class YamlFile:
    """One parsed file: plain data, and the line of every key and value in it."""

    path: Path
    data: Any
    node: Node | None

    def line(self, keys: Sequence[Key]) -> int:
        """The line (from 1) of the value under `keys`, or of the nearest parent that exists."""
        node, line = self.node, 1
        for key in keys:
            step = _step(node, key)
            if step is None:
                break
            node, line = step
        return line

    def finding(self, keys: Sequence[Key], problem: str, mend: str) -> Finding:
        """A fault in the value under `keys`."""
        return Finding(self.path, self.line(keys), dotted(keys), problem, mend)


def dotted(keys: Sequence[Key]) -> str:
    """A path of keys as people write it: `tests[2].title`."""
    out = ""
    for key in keys:
        out += f"[{key}]" if isinstance(key, int) else (f".{key}" if out else str(key))
    return out


def _step(node: Node | None, key: Key) -> tuple[Node, int] | None:
    if isinstance(node, MappingNode):
        for name, value in node.value:
            if isinstance(name, ScalarNode) and name.value == str(key):
                return value, name.start_mark.line + 1
    elif isinstance(node, SequenceNode) and isinstance(key, int) and key < len(node.value):
        value = node.value[key]
        return value, value.start_mark.line + 1
    return None


def read_yaml(path: Path) -> YamlFile | Finding:
    """Read one file; a file that cannot be read or parsed comes back as its fault."""
    try:
        raw = path.read_bytes()
        if len(raw) > MAX_BYTES:
            return Finding(path, 0, "", "is larger than 2 MB", "split it into several files")
        text = raw.decode("utf-8")
    except OSError as error:
        return Finding(path, 0, "", f"cannot be read: {error.strerror}", "check path and rights")
    except UnicodeDecodeError:
        return Finding(path, 0, "", "is not UTF-8", "save the file in UTF-8")
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
        data = plain(node)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        return Finding(path, line, "", f"is not valid YAML: {error.problem}", "mend the syntax")
    except (YAMLError, RecursionError, ValueError) as error:
        return Finding(path, 0, "", f"is not valid YAML: {error}", "mend the syntax")
    return YamlFile(path, data, node)


def plain(node: Node | None) -> Any:
    """The value of a node as Python data. Aliases and tags of its own do not exist here."""
    if node is None:
        return None
    if isinstance(node, MappingNode):
        out: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in out:
                raise ValueError(f"key {name!r} stands twice (line {key.start_mark.line + 1})")
            out[name] = plain(value)
        return out
    if isinstance(node, SequenceNode):
        return [plain(value) for value in node.value]
    return _scalar(node)


def _scalar(node: Node) -> Any:
    text = str(node.value)
    if getattr(node, "style", None) in ("'", '"', "|", ">"):
        return text
    tag = str(node.tag)
    if tag.endswith(":null"):
        return None
    if tag.endswith(":bool"):
        return text.lower() in ("true", "yes", "on")
    if tag.endswith(":int"):
        return int(text.replace("_", ""), 10)
    if tag.endswith(":float"):
        return float(text.replace("_", ""))
    return text


def mapping(value: Any) -> Mapping[str, Any]:
    """`value` when it is a mapping, an empty one otherwise (the schema has said so already)."""
    return value if isinstance(value, dict) else {}
