"""The bytes of a document as UTF-8, and the refusal of documents that unfold while being read."""

from __future__ import annotations

import codecs
import re

from worker.feeds.parsed import Unparsable

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:\-]+)", re.IGNORECASE)
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._\-]{1,40})[\"']")
_ENTITY = re.compile(rb"<!ENTITY\s+(%\s+)?[^\s>]+\s+(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_REFERENCE = re.compile(rb"&(?!#)[^\s;]+;|%[^\s;]+;")
_GUESSED = "the text is not in the encoding that it declares"
_CHARACTER = re.compile(rb"&#([xX][0-9a-fA-F]{1,12}|[0-9]{1,12});?")
_GOOD_UTF8 = re.compile("[^\x00-\x7f\ufffd]")
_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_MAX_ENTITIES = 300
_MAX_ENTITY_BYTES = 200


def charset_of(content_type: str | None) -> str | None:
    """The `charset` parameter of a `Content-Type`."""
    found = _CHARSET.search(content_type or "")
    return found.group(1).lower() if found else None


def to_utf8(body: bytes, content_type: str | None) -> tuple[bytes, str | None]:
    """`body` as UTF-8 without a byte order mark, and a warning when its encoding had to be guessed.

    RFC 7303 (byte order mark, then `charset`, then the XML declaration), with one exception that
    real servers force: bytes that are valid UTF-8 and not mere ASCII are UTF-8.
    """
    wide = _wide(body)
    if wide:
        text = body.decode(wide, "replace").removeprefix("\ufeff")
        warning = _GUESSED if "\ufffd" in text else None
        return text.encode("utf-8", "replace"), warning
    body = body.removeprefix(codecs.BOM_UTF8)
    declared = _DECLARED.match(body)
    names = [charset_of(content_type), declared and declared.group(1).decode("ascii").lower()]
    # ISO-2022 switches alphabets by escape sequences and is ASCII, so UTF-8, to look at.
    if _is_utf8(body) and not any(name and name.startswith("iso-2022") for name in names):
        return body, None
    for name in names:
        decoded = _decode(body, name)
        if decoded:
            return decoded.encode("utf-8", "replace"), None
    text = body.decode("utf-8", "replace")
    # Stray bytes among good UTF-8 are damage; without that it is another encoding, likely this one.
    if text.count("\ufffd") > len(_GOOD_UTF8.findall(text)):
        text = body.decode("cp1252", "replace")
    return text.encode("utf-8"), _GUESSED


def _wide(body: bytes) -> str | None:
    """UTF-16 or UTF-32, by byte order mark or by the zero bytes around the first `<`."""
    marks = {
        codecs.BOM_UTF32_LE: "utf-32-le",
        codecs.BOM_UTF32_BE: "utf-32-be",
        codecs.BOM_UTF16_LE: "utf-16-le",
        codecs.BOM_UTF16_BE: "utf-16-be",
        b"<\0\0\0": "utf-32-le",
        b"\0\0\0<": "utf-32-be",
        b"<\0": "utf-16-le",
        b"\0<": "utf-16-be",
    }
    return next((name for mark, name in marks.items() if body.startswith(mark)), None)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decode(body: bytes, name: str | None) -> str | None:
    """`body` in the encoding called `name`, read as generously as browsers do; `None` if not."""
    if not name or name.startswith(("utf", "unicode", "raw")):
        return None
    name = {"gb2312": "gb18030"}.get(name, name)
    try:
        if codecs.lookup(name).name in ("iso8859-1", "ascii"):
            return body.decode("cp1252", "replace")
        return body.decode(name)
    except (LookupError, UnicodeError):
        return None


def repair(body: bytes) -> bytes:
    """`body` (UTF-8) without what XML forbids and feeds contain: control characters, raw or written
    as references, for which a strict parser gives up the whole document."""
    body = body.translate(None, _CONTROLS)
    return _CHARACTER.sub(_checked, body) if b"&#" in body else body


def _checked(reference: re.Match[bytes]) -> bytes:
    digits = reference.group(1)
    code = int(digits[1:], 16) if digits[:1] in b"xX" else int(digits)
    if code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF:
        return reference.group()
    return b""


def refuse_entity_bombs(body: bytes) -> None:
    """Raise `Unparsable` for entity declarations that feeds have no use for (CWE-776).

    `body` is UTF-8. Short entities made of plain characters pass.
    """
    if b"<!ENTITY" not in body and b"<!entity" not in body.lower():
        return
    declarations = _ENTITY.findall(body)
    if len(declarations) > _MAX_ENTITIES:
        raise Unparsable(f"declares {len(declarations)} entities, which no feed needs")
    for parameter, value in declarations:
        if parameter or _REFERENCE.search(value):
            raise Unparsable("declares entities made of entities (an entity bomb)")
        if len(value) > _MAX_ENTITY_BYTES:
            raise Unparsable("declares an entity too long to be honest (an entity bomb)")
