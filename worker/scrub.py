"""Keeping secrets out of everything that leaves the service by the side: logs, error reports.

Two nets: the values that the configuration named as secrets, wherever they turn up, and the
shapes that secrets have (credentials in an address, bearer tokens, signing secrets, the paths of
Slack's incoming webhooks).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

MASK = "[secret]"

# A value shorter than this would mask ordinary words; nobody can guard a secret of three letters.
_SHORTEST = 4

_SHAPES = (
    (re.compile(r"(?<=://)[^/\s@:]*:[^/\s@]+(?=@)"), MASK),
    (re.compile(r"whsec_[A-Za-z0-9+/=_-]+"), MASK),
    (re.compile(r"xox[a-z]-[A-Za-z0-9-]+"), MASK),
    (re.compile(r"(?<=hooks\.slack\.com/)[^\s\"']+"), MASK),
    (re.compile(r"aw_(?:read|operate|admin|signin|session)_[A-Za-z0-9_-]+"), MASK),
    (re.compile(r"(?i)(?<=bearer )[A-Za-z0-9._~+/=-]+"), MASK),
    (re.compile(r"(?i)(?<=basic )[A-Za-z0-9+/=]{8,}"), MASK),
    (re.compile(r"(?i)(?<=[?&])((?:api_?key|token|secret|password|signature|key)=)[^&\s\"']+"),
     r"\1" + MASK),
)  # fmt: skip

_TELLING_KEYS = re.compile(
    r"(?i)(password|secret|token|authorization|cookie|api_?key|dsn|signature)"
)


class Scrubber:
    """Masks `secrets` and everything that has the shape of one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({s for s in secrets if len(s) >= _SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def text(self, value: str) -> str:
        """`value` with every secret in it masked."""
        if self._known is not None:
            value = self._known.sub(MASK, value)
        for shape, mask in _SHAPES:
            value = shape.sub(mask, value)
        return value

    def tree(self, value: Any, depth: int = 0) -> Any:
        """A copy of nested mappings and sequences with every string scrubbed.

        Values under a key that names a secret go whatever they are. Anything that is not plain
        data is given as its scrubbed `repr`. Nesting beyond 24 levels is cut.
        """
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            return self.text(value)
        if depth > 24:
            return "…"
        if isinstance(value, Mapping):
            return {
                self.text(str(key)): MASK
                if _TELLING_KEYS.search(str(key)) and isinstance(item, str | bytes) and item
                else self.tree(item, depth + 1)
                for key, item in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            return [self.tree(item, depth + 1) for item in value]
        return self.text(repr(value))
