from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.net import decode
from worker.net.decode import STEP, CodingError, decoder


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZIP", gzip.compress),
    "zlib": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "brotli": ("br", brotli.compress),
    "none": ("identity", bytes),
    "twice": ("br, gzip", lambda data: gzip.compress(brotli.compress(data))),
}
zstd = decode._load_zstd()
if zstd is not None:
    CODINGS["zstd"] = ("ZSTD", zstd.compress)
    CODINGS["zstd in gzip"] = ("zstd, gzip", lambda data: gzip.compress(zstd.compress(data)))
COMPRESSED = [name for name in CODINGS if name != "none"]


def undo(header: str, coded: bytes, size: int = STEP) -> bytes:
    undoing = decoder(header)
    plain = b"".join(
        piece
        for start in range(0, len(coded), size)
        for piece in undoing.feed(coded[start : start + size])
    )
    undoing.finish()
    return plain


@pytest.mark.parametrize("name", CODINGS)
@given(data=st.binary(max_size=300), size=st.integers(1, 50))
def test_undoes_what_was_done_however_it_is_cut(name: str, data: bytes, size: int) -> None:
    header, code = CODINGS[name]
    assert undo(header, code(data), size) == data


@pytest.mark.parametrize("name", COMPRESSED)
def test_large_bodies_come_out_whole_and_in_small_pieces(name: str) -> None:
    header, code = CODINGS[name]
    data = b"Renault and Nissan. " * 200_000
    undoing = decoder(header)
    pieces = list(undoing.feed(code(data)))
    undoing.finish()
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= 4 * STEP


@pytest.mark.parametrize("name", COMPRESSED)
def test_a_body_cut_short_is_noticed(name: str) -> None:
    header, code = CODINGS[name]
    with pytest.raises(CodingError, match="ends in the middle"):
        undo(header, code(bytes(range(256)) * 20)[:-9])


@pytest.mark.parametrize("name", ["gzip", "zlib", "brotli"])
def test_a_damaged_body_is_noticed(name: str) -> None:
    header, code = CODINGS[name]
    coded = bytearray(code(bytes(range(256)) * 20))
    coded[5:60] = b"\xff" * 55
    with pytest.raises(CodingError):
        undo(header, bytes(coded))


@given(st.integers(1, 40))
def test_gzip_members_follow_one_another_and_padding_is_ignored(size: int) -> None:
    coded = gzip.compress(b"one ") + gzip.compress(b"two") + b"\0" * 30
    assert undo("gzip", coded, size) == b"one two"


def test_a_body_that_was_never_compressed_passes() -> None:
    assert undo("gzip", b"<rss/>", 1) == b"<rss/>"


def test_members_without_end_are_refused() -> None:
    with pytest.raises(CodingError, match="members"):
        undo("gzip", gzip.compress(b"") * 1_001)


@pytest.mark.parametrize("header", ["lzma", "compress", "gzip, gzip, gzip", "x" * 500])
def test_codings_that_were_not_asked_for_are_refused_in_one_line(header: str) -> None:
    with pytest.raises(CodingError) as caught:
        decoder(header)
    assert len(str(caught.value)) < 120


needs_zstd = pytest.mark.skipif(zstd is None, reason="zstd needs Python 3.14 or its backport")


@needs_zstd
@given(st.integers(1, 40))
def test_zstd_frames_follow_one_another_and_skippable_ones_are_skipped(size: int) -> None:
    skippable = b"\x50\x2a\x4d\x18" + (3).to_bytes(4, "little") + b"abc"
    coded = zstd.compress(b"one ") + skippable + zstd.compress(b"two")
    assert undo("zstd", coded, size) == b"one two"


@needs_zstd
def test_zstd_that_is_damaged_or_endless_is_refused() -> None:
    coded = bytearray(zstd.compress(bytes(range(256)) * 20))
    coded[5:60] = b"\xff" * 55
    for bad in (bytes(coded), b"<rss/>", zstd.compress(b"x") + b"rest"):
        with pytest.raises(CodingError, match="damaged"):
            undo("zstd", bad)
    with pytest.raises(CodingError, match="frames"):
        undo("zstd", zstd.compress(b"") * 1_001)


@needs_zstd
def test_a_zstd_window_that_would_fill_memory_is_refused() -> None:
    options = {
        zstd.CompressionParameter.window_log: 27,
        zstd.CompressionParameter.content_size_flag: 0,
    }
    packer = zstd.ZstdCompressor(options=options)
    coded = packer.compress(b"x" * 1_000_000) + packer.flush()
    with pytest.raises(CodingError, match="damaged"):
        undo("zstd", coded)


@needs_zstd
def test_a_zstd_bomb_stays_flat() -> None:
    coded = zstd.compress(bytes(400_000_000))
    assert len(coded) < 100_000
    pieces = decoder("zstd").feed(coded)
    tracemalloc.start()
    try:
        taken = sum(len(next(pieces)) for _ in range(200))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken == 200 * STEP
    assert peak < 4 * 1024 * 1024


def test_without_zstd_it_is_neither_asked_for_nor_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "_zstd", None)
    with pytest.raises(CodingError, match="not asked for"):
        decoder("zstd")
    assert ("zstd" in decode.ACCEPTED) is (zstd is not None)


def test_nothing_is_nothing() -> None:
    for header in ("", "gzip", "deflate", "br"):
        assert undo(header, b"") == b""
