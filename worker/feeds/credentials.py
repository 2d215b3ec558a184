"""Addresses without what opens a door, and still of use for those that need no key. Pure."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

# Names of parameters under which keys are passed; whole words, so that `keyword` is none.
_KEY = re.compile(
    r"(?:^|[_.-])(?:key|apikey|api_key|token|auth|secret|password|passwd|pwd|pass|sig|signature|"
    r"session|sid|credentials?|access|jwt|user|login|hash)(?:$|[_.-])",
    re.IGNORECASE,
)
# A value that no person would type is taken for a key whatever it is called.
_DRAWN = re.compile(r"^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9_\-+/=.~]{24,}$")


def without_credentials(url: str) -> str:
    """`url` less user, password and the parameters that may be keys; else as it is.

    What does not parse gives its part before the first `?`.
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        pairs = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return url.partition("?")[0]
    kept = [(name, value) for name, value in pairs if not _is_key(name, value)]
    query = parts.query if len(kept) == len(pairs) else urlencode(kept)
    fragment = "" if "=" in parts.fragment else parts.fragment
    return urlunsplit((parts.scheme, host, parts.path, query, fragment))


def _is_key(name: str, value: str) -> bool:
    return bool(_KEY.search(name) or _DRAWN.match(value))
