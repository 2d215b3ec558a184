"""Making text from a feed fit to be shown: cleaned, cut visibly, unable to turn into a link."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

ELLIPSIS = "…"
ZERO_WIDTH_SPACE = "\u200b"

# Control characters (escape sequences start with one), invisible format characters (bidirectional
# overrides among them), lone surrogates and code points that are no characters to others.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Co"})

# What remains of a terminal's escape sequence should not stay behind as litter: CSI, OSC, others.
_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]{0,2000}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-Z\\^-~]"
)
_KEPT_BLANKS = " \u00a0\u202f"
_BLANKS = re.compile(r"[^\S\u00a0\u202f]+")
_BLANK_LINES = re.compile(r"\n{3,}")

# Where mail and chat programs see an address or a mention in plain text: a dot (full-width forms
# too) before a letter, a colon after a letter, any @, and < before what a mention starts with.
_LINKABLE = re.compile(
    r"(?<=\w)(?=[.。．｡][^\W\d_])|(?<=[^\W\d_])(?=:\S)|(?<=@)(?=\S)|(?<=<)(?=\S)"
)


def clean_line(text: str, limit: int, measure: Callable[[str], int] = len) -> str:
    """`text` on one line, free of control and format characters, at most `limit` long."""
    return shorten(_BLANKS.sub(" ", _visible(text, limit)).strip(), limit, measure)


def clean_block(text: str, limit: int, measure: Callable[[str], int] = len) -> str:
    """As `clean_line`, but keeping line ends (never more than one empty line in a row)."""
    unified = re.sub(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]", "\n", _bounded(text, limit))
    lines = [_BLANKS.sub(" ", _visible(line, limit)).strip() for line in unified.split("\n")]
    return shorten(_BLANK_LINES.sub("\n\n", "\n".join(lines)).strip(), limit, measure)


def shorten(text: str, limit: int, measure: Callable[[str], int] = len) -> str:
    """`text`, or its beginning and an ellipsis, so that `measure` gives at most `limit`.

    Cuts between words when there is a space in the last fifth. `measure` must grow with the text.
    """
    if measure(text) <= limit:
        return text
    low, high = 0, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle] + ELLIPSIS) <= limit:
            low = middle
        else:
            high = middle - 1
    cut = text[:low]
    space = cut.rfind(" ")
    if space >= low * 4 // 5 > 0:
        cut = cut[:space]
    return cut.rstrip() + ELLIPSIS


def unlinkable(text: str) -> str:
    """`text` with zero-width spaces where a reader's program would make a link or a mention of it.

    It looks the same; "evil.example", "https://…", "@channel" and "<!here>" stay dead text.
    """
    return _LINKABLE.sub(ZERO_WIDTH_SPACE, text)


def safe_link(url: str | None) -> str | None:
    """`url` when it is an absolute http(s) address that can be put in a link, otherwise `None`.

    Characters that could end an attribute or a markup are percent-encoded.
    """
    if not url or len(url) > 2000 or not re.match(r"https?://[^\s/?#@\\]+(?:[/?#]|$)", url, re.I):
        return None
    return re.sub(
        r"[^A-Za-z0-9\-._~:/?#\[\]@!$&()*+,;=%]",
        lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace")),
        url,
    )


def excerpt_of_answer(body: bytes, limit: int = 2000) -> str:
    """What a receiver answered, as safe text for a record: decoded, stripped, cut at `limit`."""
    return clean_block(body[: limit * 4].decode("utf-8", "replace"), limit)


def _visible(text: str, limit: int) -> str:
    text = _bounded(text, limit)
    if text.isprintable():
        return text
    text = _ESCAPE_SEQUENCE.sub("", text)
    return "".join(
        " " if char.isspace() and char not in _KEPT_BLANKS else char
        for char in text
        if char.isspace() or unicodedata.category(char) not in _HIDDEN
    )


def _bounded(text: str, limit: int) -> str:
    # What is far beyond the limit is never looked at, however long a feed makes its title.
    return text[: limit * 4 + 4000]
