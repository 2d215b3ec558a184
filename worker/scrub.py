"""Keeping secrets out of everything that leaves the service by the side: logs, error reports.

Two nets: the values that the configuration named as secrets, wherever they turn up, and the
shapes that secrets have (credentials in an address, bearer tokens, signing secrets, the paths of
Slack's incoming webhooks, values assigned to a telling name).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

MASK = "[secret]"

# A value shorter than this would mask ordinary words; nobody can guard a secret of three letters.
_SHORTEST = 4
_DEEPEST = 24

_TELLING = (
    r"(?:password|passwd|passphrase|secret|token|authorization|cookie|api[_-]?key|dsn|signature)"
)
# Bounded, so that a long run of letters is not searched again from each of them.
_NAME = rf"[\w-]{{0,40}}{_TELLING}[\w-]{{0,40}}"
_HEADER = r"(?:proxy-)?(?:authorization|(?:set-)?cookie|x-api-key)"

_SHAPES = (
    (re.compile(r"(?<=://)[^/\s@:?#\"']*:[^/\s?#\"']+(?=@)"), MASK),
    (re.compile(r"whsec_[A-Za-z0-9+/=_-]+"), MASK),
    (re.compile(r"xox[a-z]-[A-Za-z0-9-]+"), MASK),
    (re.compile(r"(?i)(?<=hooks\.slack\.com/)[^\s\"']+"), MASK),
    (re.compile(r"aw_(?:read|operate|admin|signin|session)_[A-Za-z0-9_-]+"), MASK),
    (re.compile(r"(?i)(?<=bearer )[A-Za-z0-9._~+/=-]+"), MASK),
    (re.compile(r"(?i)(?<=basic )[A-Za-z0-9+/=]{8,}"), MASK),
    (re.compile(r"(?i)(?<=[?&])((?:key|sig)=)[^&\s\"']+"), r"\1" + MASK),
    # password=…, token='…', "secret": "…", ('Authorization', '…')
    (re.compile(rf"(?i)(\b{_NAME}=)(?!\[secret\])[^\s&\"',;)}}]+"),
     r"\1" + MASK),
    (re.compile(rf"(?i)({_NAME}(?:=|['\"]\s*[:,]\s*b?))(['\"])(?:(?!\2).)+\2"),
     r"\1\2" + MASK + r"\2"),
    # a line of a header block
    (re.compile(rf"(?im)(^[ \t]*{_HEADER}:[ \t]*)\S.*$"), r"\1" + MASK),
)  # fmt: skip

_TELLING_KEYS = re.compile(rf"(?i){_TELLING}")


class Scrubber:
    """Masks `secrets` and everything that has the shape of one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {
            form for secret in secrets if len(secret) >= _SHORTEST for form in _forms_of(secret)
        }
        longest_first = sorted(known, key=lambda form: (-len(form), form))
        self._known = re.compile("|".join(map(re.escape, longest_first))) if known else None

    def text(self, value: str) -> str:
        """`value` with every secret in it masked."""
        if self._known is not None:
            value = self._known.sub(MASK, value)
        for shape, mask in _SHAPES:
            value = shape.sub(mask, value)
        return value

    def tree(self, value: Any, depth: int = 0) -> Any:
        """A copy of nested mappings and sequences with every string scrubbed.

        What stands under a key that names a secret goes, whatever it is, as does the second of a
        pair whose first names one (a header). Moments are kept; anything else that is not plain
        data is given as its scrubbed `repr`. Nesting beyond 24 levels is cut.
        """
        if value is None or isinstance(value, bool | int | float | date | datetime):
            return value
        if isinstance(value, str):
            return self.text(value)
        if depth > _DEEPEST:
            return "…"
        if isinstance(value, Mapping):
            return {
                self.text(str(key)): MASK
                if _tells(key) and item not in (None, "", b"") and not isinstance(item, bool)
                else self.tree(item, depth + 1)
                for key, item in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            items = list(value)
            if len(items) == 2 and _tells(items[0]) and isinstance(items[1], str | bytes):
                return [self.tree(items[0], depth + 1), MASK]
            return [self.tree(item, depth + 1) for item in items]
        return self.text(repr(value))


def _tells(key: object) -> bool:
    """Whether a name says that what it names is secret."""
    name = key.decode("latin-1") if isinstance(key, bytes) else key
    return isinstance(name, str) and _TELLING_KEYS.search(name) is not None


def _forms_of(secret: str) -> Iterable[str]:
    """A secret as it is, as part of an address, and as it looks in a `repr`."""
    return secret, quote(secret, safe=""), repr(secret)[1:-1]
