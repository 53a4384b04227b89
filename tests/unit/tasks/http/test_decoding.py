"""Content codings, decoded in bounded steps."""

import gzip
import sys
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.http.decoding import STEP, BodyRefused, decoder_for
from tests.servers.answers import MEGABYTE, Answer, gzip_bomb, zstd_bomb

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = b"<rss>" + b"who said what, on which podcast? " * 9000 + b"</rss>"


def bare_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstd.compress,
}


def decode(coding: str, wire: bytes, max_bytes: int = 10 * MEGABYTE, step: int = 16384) -> bytes:
    decoder = decoder_for(coding, max_bytes)
    for start in range(0, len(wire), step):
        decoder.feed(wire[start : start + step])
    return decoder.finish()


@pytest.mark.parametrize("coding", ENCODERS)
@pytest.mark.parametrize("step", [1, 7, 16384, 10**9])
def test_decoder_result_is_the_same_for_every_chunk_size(coding: str, step: int) -> None:
    assert decode(coding, ENCODERS[coding](TEXT), step=step) == TEXT


@given(body=st.binary(max_size=2000), step=st.integers(1, 50), coding=st.sampled_from([*ENCODERS]))
def test_decoder_inverts_every_coding(body: bytes, step: int, coding: str) -> None:
    assert decode(coding, ENCODERS[coding](body), step=step) == body


@pytest.mark.parametrize("encode", [bare_deflate, zlib.compress])
def test_decoder_returns_output_that_zlib_buffers(encode: Callable[[bytes], bytes]) -> None:
    for size in range(STEP, STEP + 300):
        assert decode("deflate", encode(bytes(size))) == bytes(size)


@pytest.mark.parametrize("step", [1, 16384])
def test_decoder_accepts_deflate_without_zlib_header(step: int) -> None:
    assert decode("deflate", bare_deflate(TEXT), step=step) == TEXT


@pytest.mark.parametrize("step", [1, 16384])
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_decoder_joins_concatenated_members(coding: str, step: int) -> None:
    wire = ENCODERS[coding](b"one ") + ENCODERS[coding](b"two")
    assert decode(coding, wire, step=step) == b"one two"


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_decoder_ignores_padding_after_the_last_member(coding: str) -> None:
    assert decode(coding, ENCODERS[coding](TEXT) + bytes(100)) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
def test_decoder_of_an_empty_body_returns_nothing(coding: str) -> None:
    assert decode(coding, b"") == b""


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
def test_decoder_of_an_incomplete_body_raises_truncated(coding: str) -> None:
    wire = ENCODERS[coding](TEXT)
    with pytest.raises(BodyRefused) as refused:
        decode(coding, wire[:-20])
    assert refused.value.reason == "truncated"


CODINGS = ["gzip", "zstd", "br", "gzip, gzip", "\x7f", "utf-8", "none"]


@pytest.mark.parametrize("coding", CODINGS)
def test_decoder_of_a_wrong_or_unknown_coding_raises(coding: str) -> None:
    with pytest.raises(BodyRefused) as refused:
        decode(coding, b"\x1f\x8b\x00 in no coding that we know" * 9)
    assert refused.value.reason == "bad_encoding"


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("step", [1, 63, 10**9])
def test_decoder_reads_text_that_declares_a_coding(coding: str, step: int) -> None:
    for body in (b"<rss>not compressed at all</rss>", TEXT, b"a", "é".encode() * 200):
        assert decode(coding, body, step=step) == body


@pytest.mark.parametrize("coding", ["", "identity", "none", "zstd"])
def test_decoder_reads_gzip_that_declares_none(coding: str) -> None:
    assert decode(coding, gzip.compress(TEXT), step=7) == TEXT


def test_decoder_refuses_a_zstd_window_above_the_http_limit() -> None:
    window = {int(zstd.CompressionParameter.window_log): 27}
    compressor = zstd.ZstdCompressor(options=window)
    wire = compressor.compress(bytes(MEGABYTE)) + compressor.flush()
    with pytest.raises(BodyRefused) as refused:
        decode("zstd", wire)
    assert refused.value.reason == "bad_encoding"


@pytest.mark.parametrize("coding", ENCODERS)
def test_decoder_accepts_a_body_of_exactly_the_limit(coding: str) -> None:
    wire = ENCODERS[coding](TEXT)
    assert decode(coding, wire, max_bytes=len(TEXT)) == TEXT
    with pytest.raises(BodyRefused) as refused:
        decode(coding, wire, max_bytes=len(TEXT) - 1)
    assert refused.value.reason == "too_large"


@pytest.mark.parametrize(("coding", "bomb"), [("gzip", gzip_bomb), ("zstd", zstd_bomb)])
def test_decoder_of_a_bomb_uses_memory_within_the_limit(
    coding: str, bomb: Callable[[int], Answer]
) -> None:
    wire = bomb(200).body
    tracemalloc.start()
    try:
        with pytest.raises(BodyRefused):
            decode(coding, wire, max_bytes=MEGABYTE, step=10**9)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The body so far and the spare capacity of BytesIO, one step, and the undecoded rest.
    assert peak < 2 * MEGABYTE + len(wire)
