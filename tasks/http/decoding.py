"""Content codings undone in bounded steps: a bomb is an error long before it is memory.

Brotli is left out: none of the decoders that bound their output is a dependency yet, and a server
that speaks it speaks gzip too.
"""

import io
import sys
import zlib
from collections.abc import Callable
from typing import Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ACCEPT_ENCODING = "gzip, zstd"

STEP = 64 * 1024  # bytes of output at most between two looks at the cap
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_WINDOW_LOG = 23  # 8 MB, the largest window that HTTP allows (RFC 9659)
_WBITS_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class BodyRefused(Exception):
    """The body cannot be had; ``reason`` is ``too_large``, ``truncated`` or ``bad_encoding``."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Decoder(Protocol):
    """Takes a body as it comes, gives it back decoded."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes; raises `BodyRefused`."""

    def finish(self) -> bytes:
        """Return the whole body; raises `BodyRefused` when its end is missing."""


class Stream(Protocol):
    """One compressed member being decoded, as `bz2`, `lzma` and `compression.zstd` do it."""

    @property
    def eof(self) -> bool:
        """Whether the end of the member was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether all output that the input so far can give was taken."""

    @property
    def unused_data(self) -> bytes:
        """What stood behind the end of the member."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most ``max_length`` bytes."""


OpenStream = Callable[[bytes], Stream]  # from the member's first bytes


def decoder_for(coding: str, max_bytes: int) -> Decoder:
    """Return the decoder for a Content-Encoding value; raises `BodyRefused` for an unknown one."""
    match coding.strip().lower():
        case "" | "identity":
            return Identity(max_bytes)
        case "gzip" | "x-gzip" | "deflate":
            return Compressed(max_bytes, ZlibStream, _GZIP_MAGIC)
        case "zstd":
            return Compressed(max_bytes, _zstd_stream, _ZSTD_MAGIC)
        case other:
            raise BodyRefused("bad_encoding", f"content coding {other[:40]!r} was not asked for")


class Identity:
    """No coding: only the cap."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._body = io.BytesIO()  # its getvalue() does not copy, a bytearray's bytes() would

    def feed(self, data: bytes) -> None:
        """Take the next bytes; raises `BodyRefused` (``too_large``)."""
        if self._body.tell() + len(data) > self._max_bytes:
            message = f"the body is larger than {self._max_bytes} bytes"
            raise BodyRefused("too_large", message)
        self._body.write(data)

    def finish(self) -> bytes:
        """Return the whole body."""
        return self._body.getvalue()


class Compressed:
    """Any number of compressed members one after the other, as gzip and zstd allow."""

    def __init__(self, max_bytes: int, open_stream: OpenStream, magic: bytes) -> None:
        self._body = Identity(max_bytes)
        self._open_stream = open_stream
        self._magic = magic
        self._stream: Stream | None = None

    def feed(self, data: bytes) -> None:
        """Take the next bytes; raises `BodyRefused` (``too_large``, ``bad_encoding``)."""
        while data:
            if self._stream is None or (self._stream.eof and self._continues(data)):
                self._stream = self._open_stream(data)
            elif self._stream.eof:
                return  # padding behind the last member is common, and no part of the body
            data = self._decode(self._stream, data)

    def finish(self) -> bytes:
        """Return the whole body; raises `BodyRefused` (``truncated``)."""
        if self._stream is not None and not self._stream.eof:
            raise BodyRefused("truncated", "the compressed body ends in the middle")
        return self._body.finish()

    def _decode(self, stream: Stream, data: bytes) -> bytes:
        """Decode up to the end of the member; return what stands behind it."""
        while True:
            self._body.feed(_decoded(stream, data))
            if stream.eof:
                return stream.unused_data
            if stream.needs_input:
                return b""
            data = b""

    def _continues(self, data: bytes) -> bool:
        return self._magic.startswith(data[: len(self._magic)])  # a chunk may cut the magic


class ZlibStream:
    """zlib under the interface that the standard library's newer decompressors have."""

    def __init__(self, data: bytes) -> None:
        """Choose gzip, zlib or bare deflate by the first byte of ``data`` (RFC 1952 and 1950)."""
        bare = data[0] != _GZIP_MAGIC[0] and data[0] & 0x0F != zlib.DEFLATED
        self._zlib = zlib.decompressobj(-zlib.MAX_WBITS if bare else _WBITS_GZIP_OR_ZLIB)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """Whether the end of the member was reached."""
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        """What stood behind the end of the member."""
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most ``max_length`` bytes; raises `zlib.error`."""
        out = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        # A full step may hold output back without any input left.
        self.needs_input = not self._zlib.unconsumed_tail and len(out) < max_length
        return out


def _zstd_stream(_data: bytes) -> Stream:
    window = {int(zstd.DecompressionParameter.window_log_max): _ZSTD_WINDOW_LOG}
    return zstd.ZstdDecompressor(options=window)


def _decoded(stream: Stream, data: bytes) -> bytes:
    try:
        return stream.decompress(data, STEP)
    except (zlib.error, zstd.ZstdError) as error:
        message = f"the body is not compressed as declared: {error}"
        raise BodyRefused("bad_encoding", message) from error
