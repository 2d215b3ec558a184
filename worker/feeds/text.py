"""HTML, entities and control characters to plain text that reads as the page did."""

from __future__ import annotations

import html
import re
import unicodedata

import nh3

MAX_TITLE = 500
MAX_TEXT = 100_000
MAX_FIELD = 2_000
MAX_HTML = 1_000_000
_MAX_DEPTH = 400

_BLOCKS = {
    "p", "div", "article", "section", "blockquote", "pre", "ul", "ol", "li", "table", "tr",
    "h1", "h2", "h3", "h4", "h5", "h6", "figure", "figcaption", "hr", "dl", "dt", "dd",
}  # fmt: skip
_KEPT = _BLOCKS | {"br", "td", "th"}
_DISCARDED = {"script", "style", "template", "noscript", "svg", "iframe", "object", "textarea"}
_BREAK = re.compile(r"<br\s*/?>|</?(?:li|tr|dt|dd)\b[^>]*>", re.IGNORECASE)
_CELL = re.compile(r"</?t[dh]\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_ATTRIBUTES = r"(?:\s+[a-z]{2,12}=\"[^\"<>&]*\")*"
_SIMPLE = re.compile(rf"<(?:/?p|br\s?/?|/?(?:a|b|i|em|strong){_ATTRIBUTES})>")
_INLINE = re.compile(r"</?(?:a|b|i|em|strong)(?:\s[^>]*)?>")
_BLANK = r"\t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
# A single ordinary space stays as it is, and is by far the most common: not matched, not replaced.
_SPACES = re.compile(rf"[ {_BLANK}]{{2,}}|[{_BLANK}]")
_LINE_ENDS = re.compile(r" ?\n ?")
_BLANK_LINES = re.compile(r"\n{2,}")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_PAIRED = re.compile(
    r"</?(?!(?:br|img|hr|input|wbr|source|col|meta|link|p|li|td|tr|th|dt|dd|option)\b)"
    r"[A-Za-z][^<>]*(?<!/)>",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|<!--|<!\[CDATA\[")


def looks_like_html(text: str) -> bool:
    """Whether there is a tag in it; `a < b` and `<3` are no tags."""
    return _MARKUP.search(text) is not None


def from_html(source: str, limit: int = MAX_TEXT) -> str:
    """The text of an HTML fragment: a blank line between paragraphs, scripts and styles gone."""
    source = source[:MAX_HTML]
    if "<" not in source:
        return plain(html.unescape(source), limit)
    if _is_simple(source):
        return _written_out(_INLINE.sub("", source), limit)
    if _too_deep(source):
        return plain(html.unescape(_MARKUP.sub(" ", source)), limit)
    safe = nh3.clean(
        source,
        tags=_KEPT,
        clean_content_tags=_DISCARDED,
        attributes={},
        link_rel=None,
        strip_comments=True,
    )
    return _written_out(safe, limit)


def _is_simple(source: str) -> bool:
    """Nothing but paragraphs, line breaks and a few inline tags, as most feeds send it.

    For that a real parser of HTML would find nothing else.
    """
    return len(_SIMPLE.findall(source)) == source.count("<") and "&#" not in source


def _written_out(safe: str, limit: int) -> str:
    """The text of HTML in which only tags of blocks are left."""
    # Line ends of the source mean nothing in HTML; only the tags that were kept break lines.
    safe = " ".join(safe.split())
    safe = _CELL.sub(" ", _BREAK.sub("\n", safe))
    return plain(html.unescape(_TAG.sub("\n\n", safe)), limit)


def _too_deep(source: str) -> bool:
    """Nested beyond reason: a real parser of HTML takes quadratic time over that."""
    if source.count("<") < _MAX_DEPTH:
        return False
    depth = 0
    for tag in _PAIRED.finditer(source):
        depth = depth - 1 if tag.group().startswith("</") else depth + 1
        if depth > _MAX_DEPTH:
            return True
    return False


def from_plain(source: str, limit: int = MAX_TEXT) -> str:
    """Text that claims to be plain; entities that a feed has escaped once too often are decoded."""
    if _ENTITY.search(source):
        source = html.unescape(source)
    return plain(source, limit)


def plain(text: str, limit: int) -> str:
    """Control and format characters dropped, spaces collapsed, at most `limit` characters."""
    text = _SPACES.sub(" ", text)
    if not text.replace("\n", "").isprintable():
        text = _SPACES.sub(" ", "".join(map(_kept, text)))
    if "\n" in text:
        text = _BLANK_LINES.sub("\n\n", _LINE_ENDS.sub("\n", text))
    text = text.strip()
    if len(text) <= limit:
        return text
    return text[: limit - 1].rstrip() + "…"


def one_line(text: str, limit: int = MAX_TITLE) -> str:
    """As `plain`, with line ends as spaces."""
    return plain(" ".join(plain(text, limit * 4).split()), limit)


def _kept(character: str) -> str:
    if character == "\n":
        return character
    kind = unicodedata.category(character)
    if kind in ("Zl", "Zp") or character in "\r\x0b\x0c\x85":
        return "\n"
    # Format characters hide words from readers and matchers; joiners belong to some scripts.
    if kind in ("Cc", "Cs", "Cn", "Co") or (kind == "Cf" and character not in "\u200c\u200d"):
        return ""
    return character
