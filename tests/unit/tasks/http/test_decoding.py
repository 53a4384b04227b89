"""Content codings, undone in bounded steps."""

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
def test_a_body_is_decoded_however_it_is_cut(coding: str, step: int) -> None:
    assert decode(coding, ENCODERS[coding](TEXT), step=step) == TEXT


@given(body=st.binary(max_size=2000), step=st.integers(1, 50), coding=st.sampled_from([*ENCODERS]))
def test_any_body_survives_its_coding(body: bytes, step: int, coding: str) -> None:
    assert decode(coding, ENCODERS[coding](body), step=step) == body


@pytest.mark.parametrize("encode", [bare_deflate, zlib.compress])
def test_output_that_a_full_step_held_back_is_not_lost(encode: Callable[[bytes], bytes]) -> None:
    for size in range(STEP, STEP + 300):
        assert decode("deflate", encode(bytes(size))) == bytes(size)


@pytest.mark.parametrize("step", [1, 16384])
def test_deflate_is_decoded_without_its_zlib_header_too(step: int) -> None:
    assert decode("deflate", bare_deflate(TEXT), step=step) == TEXT


@pytest.mark.parametrize("step", [1, 16384])
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_members_one_after_the_other_are_one_body(coding: str, step: int) -> None:
    wire = ENCODERS[coding](b"one ") + ENCODERS[coding](b"two")
    assert decode(coding, wire, step=step) == b"one two"


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_padding_behind_the_last_member_is_no_part_of_the_body(coding: str) -> None:
    assert decode(coding, ENCODERS[coding](TEXT) + bytes(100)) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
def test_an_empty_body_is_empty_in_every_coding(coding: str) -> None:
    assert decode(coding, b"") == b""


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
def test_a_body_that_ends_in_the_middle_is_truncated_and_never_half_a_body(coding: str) -> None:
    wire = ENCODERS[coding](TEXT)
    with pytest.raises(BodyRefused) as refused:
        decode(coding, wire[:-20])
    assert refused.value.reason == "truncated"


@pytest.mark.parametrize("coding", ["gzip", "zstd", "br", "gzip, gzip", "\x7f"])
def test_what_is_not_in_a_coding_that_we_asked_for_is_refused(coding: str) -> None:
    with pytest.raises(BodyRefused) as refused:
        decode(coding, b"<rss>not compressed at all</rss>")
    assert refused.value.reason == "bad_encoding"


def test_a_zstd_window_above_what_http_allows_is_refused() -> None:
    window = {int(zstd.CompressionParameter.window_log): 27}
    compressor = zstd.ZstdCompressor(options=window)
    wire = compressor.compress(bytes(MEGABYTE)) + compressor.flush()
    with pytest.raises(BodyRefused) as refused:
        decode("zstd", wire)
    assert refused.value.reason == "bad_encoding"


@pytest.mark.parametrize("coding", ENCODERS)
def test_the_cap_is_the_last_size_that_is_not_too_large(coding: str) -> None:
    wire = ENCODERS[coding](TEXT)
    assert decode(coding, wire, max_bytes=len(TEXT)) == TEXT
    with pytest.raises(BodyRefused) as refused:
        decode(coding, wire, max_bytes=len(TEXT) - 1)
    assert refused.value.reason == "too_large"


@pytest.mark.parametrize(("coding", "bomb"), [("gzip", gzip_bomb), ("zstd", zstd_bomb)])
def test_a_bomb_never_takes_more_memory_than_the_cap_allows(
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
    # The body so far and what BytesIO holds in reserve, one step, and the undecoded rest.
    assert peak < 2 * MEGABYTE + len(wire)
