"""The line of each key, in every way that TOML allows to write it."""

from __future__ import annotations

import tomllib
from typing import Any

from worker.config.toml_positions import Path, positions

SOURCE = """\
top = 1
[service] # comment
data_dir = "var"
dotted.key = 3

[[feeds]]
url = "u"
headers = { Authorization = "x", "X-A" = 'y' }
[[feeds]]
# comment
[feeds.headers]
z = 1
[[channels]]
to = [ # comment
  "a",
  # comment
  "b",
]
many = [{ a = 1 },
  { a = 2 }]
[[channels.inner]]
x = 1
[[channels.inner]]
x = 2
["quoted name"."with.dot"]
"clé" = \"\"\"
two
lines\"\"\"
last = 1
"""


def paths(value: Any, path: Path = ()) -> list[Path]:
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [p for key, inner in children for p in [(*path, key), *paths(inner, (*path, key))]]


def test_every_path_of_the_data_has_a_line() -> None:
    found = positions(SOURCE)
    assert [p for p in paths(tomllib.loads(SOURCE)) if p not in found] == []


def test_lines() -> None:
    found = positions(SOURCE)
    expected: dict[Path, int] = {
        ("top",): 1,
        ("service",): 2,
        ("service", "data_dir"): 3,
        ("service", "dotted", "key"): 4,
        ("feeds", 0): 6,
        ("feeds", 0, "headers", "X-A"): 8,
        ("feeds", 1): 9,
        ("feeds", 1, "headers", "z"): 12,
        ("channels", 0, "to", 0): 15,
        ("channels", 0, "to", 1): 17,
        ("channels", 0, "many", 1, "a"): 20,
        ("channels", 0, "inner", 1, "x"): 24,
        ("quoted name", "with.dot", "clé"): 26,
        ("quoted name", "with.dot", "last"): 29,
    }
    assert {path: found.line(path) for path in expected} == expected


def test_what_is_missing_is_where_its_parent_is() -> None:
    found = positions(SOURCE)
    assert found.line(("feeds", 1, "url")) == 9
    assert found.line(("nowhere", "at", "all")) == 0
