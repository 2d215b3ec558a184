"""Text that a feed could send to break out of where we put it."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st

TITLES = (
    "<!channel> <!here> <@U012AB3CD> <#C012AB3CD> <!subteam^SAZ94GDB8>",
    "@channel @here @everyone #general",
    "<https://evil.example|Renault> & <mailto:a@evil.example>",
    "https://evil.example/x www.evil.example evil.example a@evil.example",
    "*bold* _italic_ ~struck~ `code` ```block``` > quote :smile: :rocket:",
    "[Renault](https://evil.example) ![x](https://evil.example/x.png)",
    "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><a href='javascript:x'>y</a>",
    "{{ 7*7 }} {% raw %} ${7*7} #{7*7} %s %(x)s {0}",
    "Renault\r\nBcc: victim@evil.example\r\n\r\nbody",
    "Renault\nBcc: victim@evil.example",
    "Renault\x0bBcc: victim@evil.example\x0c\x85\u2028\u2029Bcc: victim@evil.example",
    "=?utf-8?q?Renault=0D=0ABcc:_victim@evil.example?=",
    "=?utf-8?b?UmVuYXVsdA0KQmNjOiB2aWN0aW1AZXZpbC5leGFtcGxl?=",
    "=?utf-8?q?=3D=?utf-8?q?=0D=0ABcc:_x@evil.example?=?=",
    "=?a?q?b?= =?a?q?c?= =? ?= =?x",
    "\x1b[2J\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x9b31m \x90payload\x9c \x00\x01\x02\x07\x08\x7f",
    "\u202eevil\u202c \u2066x\u2069 \u200e\u200f\u061c \ufeff\u2060\u200b",
    "\ud800 \udfff lone surrogates, \ufffe\uffff no characters, \U000e0041\U000e0042 tags",
    "&amp; &lt; &gt; &#60;!channel&#62; &quot;",
    "A" * 10_000,
    "<&>" * 4_000,
    "a b " * 3_000,
    "😀" * 5_000,
    "e\u0301" * 5_000,
    "",
    "   \t\n  ",
    "-- \n.\r\n.\r\nQUIT\r\n",
    ".\n..\n.",
)

_PIECES = st.one_of(
    st.sampled_from(TITLES).map(lambda title: title[:300]),
    st.text(max_size=40),
    st.text(alphabet=st.characters(exclude_categories=()), max_size=40),
    st.sampled_from(["\r\n", "=?", "?=", "<!", "<@", ">", "&", "|", "://", "@", "\x1b[", "\u202e"]),
)

titles = st.one_of(st.sampled_from(TITLES), st.lists(_PIECES, min_size=1, max_size=12).map("".join))
"""Whole hostile texts, and mixtures of them with arbitrary text, lone surrogates included."""


def any_hostile_text(test: Callable[..., None]) -> Callable[..., None]:
    """Runs a test with every one of `TITLES` and with mixtures, as its argument `text`."""
    for title in TITLES:
        test = example(text=title)(test)
    return given(text=titles)(test)
