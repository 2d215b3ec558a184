"""Content codings (RFC 9110, 8.4.1) undone piece by piece, so that a bomb never unfolds in memory.

A kilobyte of gzip can hold a megabyte. Each decoder hands out at most `STEP` bytes at a time,
and the caller counts before it asks for more.
"""

from __future__ import annotations

import importlib
import sys
import zlib
from collections.abc import Iterator
from typing import Any, Protocol

import brotli  # type: ignore[import-untyped]


def _load_zstd() -> Any:
    """The standard library's zstd, its backport, or `None`: then we do not ask for it either."""
    try:
        name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
        return importlib.import_module(name)
    except ImportError:
        return None


_zstd = _load_zstd()
STEP = 64 * 1024
ACCEPTED = "gzip, deflate, br" if _zstd is None else "gzip, deflate, br, zstd"
_MAX_CODINGS = 2
_MAX_MEMBERS = 1000
_GZIP_MAGIC = b"\x1f\x8b"
# RFC 9659: a sender of the content coding keeps to windows of 8 MiB, which is what a receiver
# has to hold in memory.
_ZSTD_WINDOW_LOG = 23


class CodingError(ValueError):
    """The body is not in the coding that its header names; the message says how."""


class Decoder(Protocol):
    """Turns coded pieces into plain ones."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The plain pieces, none much longer than `STEP`, that `data` makes available."""
        ...

    def finish(self) -> None:
        """Raise `CodingError` when the body stopped before its end."""
        ...


class _Identity:
    def feed(self, data: bytes) -> Iterator[bytes]:
        yield data

    def finish(self) -> None:
        return


class _Inflate:
    """`gzip`, of any number of members, and `deflate`, with zlib's wrapper or without.

    A body that was never compressed although the header says so is passed on as it is: servers
    that compress twice, or label files by name, do that.
    """

    def __init__(self, coding: str) -> None:
        self._gzip = coding == "gzip"
        self._head = b""
        self._members = 0
        self._object: zlib._Decompress | None = None
        self._plain = False
        self._ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not self._ended:
            if self._plain:
                yield data
                return
            if self._object is None:
                data = self._head + data
                if len(data) < 2:
                    self._head = data
                    return
                self._head = b""
                self._begin(data[:2])
            else:
                yield from self._inflate(self._object, data)
                data = self._object.unused_data
                if self._object.eof:
                    self._object = None
                    self._ended = not self._gzip

    def _begin(self, head: bytes) -> None:
        self._members += 1
        if self._members > _MAX_MEMBERS:
            raise CodingError(f"has more than {_MAX_MEMBERS} compressed members")
        if not self._gzip:
            wrapped = head[0] & 0x0F == 8 and int.from_bytes(head, "big") % 31 == 0
            self._object = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        elif head == _GZIP_MAGIC:
            self._object = zlib.decompressobj(16 + zlib.MAX_WBITS)
        elif self._members == 1:
            self._plain = True
        else:
            self._ended = True  # padding after the last member

    @staticmethod
    def _inflate(inflater: zlib._Decompress, data: bytes) -> Iterator[bytes]:
        while not inflater.eof:
            try:
                piece = inflater.decompress(data, STEP)
            except zlib.error:
                raise CodingError("is damaged (bad compressed data)") from None
            if piece:
                yield piece
            data = inflater.unconsumed_tail
            # A full piece means that output may still wait inside, with all input taken.
            if not data and len(piece) < STEP:
                return

    def finish(self) -> None:
        if self._object is not None or self._head:
            raise CodingError("ends in the middle of its compressed data")


class _Brotli:
    def __init__(self) -> None:
        self._object = brotli.Decompressor()
        self._fed = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._fed = self._fed or bool(data)
        while not self._object.is_finished():
            try:
                piece = self._object.process(data, output_buffer_limit=STEP)
            except brotli.error:
                raise CodingError("is damaged (bad compressed data)") from None
            if piece:
                yield piece
            data = b""
            if self._object.can_accept_more_data() and not piece:
                return

    def finish(self) -> None:
        if self._fed and not self._object.is_finished():
            raise CodingError("ends in the middle of its compressed data")


class _Zstandard:
    """`zstd` (RFC 8878, RFC 9659), of any number of frames."""

    def __init__(self) -> None:
        self._object: Any = None
        self._frames = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._object is None:
                self._object = self._begin()
            yield from self._decompress(self._object, data)
            data = self._object.unused_data
            if self._object.eof:
                self._object = None

    def _begin(self) -> Any:
        self._frames += 1
        if self._frames > _MAX_MEMBERS:
            raise CodingError(f"has more than {_MAX_MEMBERS} compressed frames")
        parameter = _zstd.DecompressionParameter.window_log_max
        return _zstd.ZstdDecompressor(options={parameter: _ZSTD_WINDOW_LOG})

    @staticmethod
    def _decompress(frame: Any, data: bytes) -> Iterator[bytes]:
        while not frame.eof:
            try:
                piece = frame.decompress(data, STEP)
            except _zstd.ZstdError:
                raise CodingError("is damaged (bad compressed data)") from None
            if piece:
                yield piece
            data = b""
            if frame.needs_input:
                return

    def finish(self) -> None:
        if self._object is not None:
            raise CodingError("ends in the middle of its compressed data")


class _Chain:
    """Codings applied one after the other, undone in the opposite order."""

    def __init__(self, outer: Decoder, inner: Decoder) -> None:
        self._outer = outer
        self._inner = inner

    def feed(self, data: bytes) -> Iterator[bytes]:
        for piece in self._outer.feed(data):
            yield from self._inner.feed(piece)

    def finish(self) -> None:
        self._outer.finish()
        self._inner.finish()


def decoder(content_encoding: str) -> Decoder:
    """A decoder for a `Content-Encoding` header; `CodingError` for one that we did not ask for."""
    codings = [token.strip().lower() for token in content_encoding.split(",")]
    codings = [token for token in codings if token not in ("", "identity", "none")]
    if len(codings) > _MAX_CODINGS:
        raise CodingError("is compressed too many times")
    result: Decoder = _Identity()
    for coding in codings:
        result = _Chain(_single(coding), result)
    return result


def _single(coding: str) -> Decoder:
    if coding in ("gzip", "x-gzip"):
        return _Inflate("gzip")
    if coding == "deflate":
        return _Inflate("deflate")
    if coding == "br":
        return _Brotli()
    if coding == "zstd" and _zstd is not None:
        return _Zstandard()
    raise CodingError(f"comes in a content coding that was not asked for ({coding[:20]!a})")
