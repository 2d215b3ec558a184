"""Which line of a TOML file each key stands on; the standard library's parser does not say."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

Path = tuple[str | int, ...]
"""Keys and list positions from the top of a file: `("channels", 1, "secret")`."""


class Positions:
    """The lines of a file's keys; a path that the file does not hold is where its parent is."""

    def __init__(self, lines: Mapping[Path, int]) -> None:
        self._lines = lines

    def line(self, path: Path) -> int:
        """The line of the key at `path`, from 1; 0 when not even its section is in the file."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 0)

    def __contains__(self, path: Path) -> bool:
        return path in self._lines


def positions(source: str) -> Positions:
    """Find every key of a file that `tomllib` accepts."""
    parser = Parser(Language(tree_sitter_toml.language()))
    return Positions(_Walk().lines(parser.parse(source.encode()).root_node))


class _Walk:
    def __init__(self) -> None:
        self._found: dict[Path, int] = {}
        self._elements: dict[Path, int] = {}  # how many [[tables]] of a name there were so far

    def lines(self, document: Node) -> Mapping[Path, int]:
        for node in document.named_children:
            if node.type == "pair":
                self._pair(node, ())
            elif node.type in {"table", "table_array_element"}:
                self._table(node)
        return self._found

    def _table(self, node: Node) -> None:
        header, *pairs = (child for child in node.named_children if child.type != "comment")
        path = self._current(_keys(header), is_array=node.type == "table_array_element")
        self._note(path, header)
        for pair in pairs:
            self._pair(pair, path)

    def _current(self, keys: list[str], *, is_array: bool) -> Path:
        """Where a header leads: into the newest element of each list of tables on the way."""
        path: Path = ()
        for position, key in enumerate(keys):
            path += (key,)
            if is_array and position == len(keys) - 1:
                self._elements[path] = self._elements.get(path, 0) + 1
            if path in self._elements:
                path += (self._elements[path] - 1,)
        return path

    def _pair(self, node: Node, prefix: Path) -> None:
        if node.type != "pair":
            return
        key, *_, value = (child for child in node.named_children if child.type != "comment")
        path = prefix + tuple(_keys(key))
        self._note(path, key)
        self._value(value, path)

    def _value(self, node: Node, path: Path) -> None:
        if node.type == "inline_table":
            for child in node.named_children:
                self._pair(child, path)
        elif node.type == "array":
            for position, child in enumerate(_values(node)):
                self._note((*path, position), child)
                self._value(child, (*path, position))

    def _note(self, path: Path, node: Node) -> None:
        for length in range(1, len(path) + 1):
            self._found.setdefault(path[:length], node.start_point[0] + 1)


def _values(array: Node) -> Iterator[Node]:
    return (child for child in array.named_children if child.type != "comment")


def _keys(node: Node) -> list[str]:
    """The parts of a bare, quoted or dotted key; the standard library knows how to unquote."""
    text = (node.text or b"").decode()
    table: Any = tomllib.loads(f"{text} = 0")
    keys = []
    while isinstance(table, dict):
        ((key, table),) = table.items()
        keys.append(key)
    return keys
