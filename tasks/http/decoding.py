"""Decode content codings in bounded steps, so that a decompression bomb fails early.

Brotli is left out: no decoder with bounded output is a dependency yet, and a server that supports
Brotli supports gzip too.
"""

import codecs
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

STEP = 64 * 1024  # bytes of output at most between two checks of the limit
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_WINDOW_LOG = 23  # 8 MB, the largest window that HTTP allows (RFC 9659)
_SNIFFED = 64  # bytes that decide; no compressed body has so many without a control character
_WBITS_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class BodyRefused(Exception):
    """The body is unusable; ``reason`` is ``too_large``, ``truncated`` or ``bad_encoding``."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Decoder(Protocol):
    """Decodes a body piece by piece."""

    def feed(self, data: bytes) -> None:
        """Decode the next bytes; raises `BodyRefused`."""

    def finish(self) -> bytes:
        """Return the whole body; raises `BodyRefused` when it is incomplete."""


class Decompressor(Protocol):
    """Decoder of one compressed member, with the interface of `bz2` and `compression.zstd`."""

    @property
    def eof(self) -> bool:
        """Whether the end of the member was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether the input so far can give no more output."""

    @property
    def unused_data(self) -> bytes:
        """The bytes after the end of the member."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most ``max_length`` bytes."""


OpenDecompressor = Callable[[bytes], Decompressor]  # given the first bytes of the member


def decoder_for(coding: str, max_bytes: int) -> Decoder:
    """Return the decoder of a body, for its Content-Encoding value."""
    return SniffingDecoder(coding.strip().lower(), max_bytes)


class SniffingDecoder:
    """Chooses the decoder by the first bytes, and by the declared coding where they do not tell.

    Servers send plain bodies as gzip, gzip files without a coding, and put charsets and "none" into
    Content-Encoding. Bytes that begin as gzip are gzip, and text is text, whatever is declared.
    """

    def __init__(self, coding: str, max_bytes: int) -> None:
        self._coding = coding
        self._max_bytes = max_bytes
        self._start = b""
        self._decoder: Decoder | None = None

    def feed(self, data: bytes) -> None:
        """Decode the next bytes; raises `BodyRefused`."""
        if self._decoder is not None:
            self._decoder.feed(data)
            return
        self._start += data
        if len(self._start) >= _SNIFFED:
            self._chosen()

    def finish(self) -> bytes:
        """Return the whole body; raises `BodyRefused` when it is incomplete."""
        return (self._decoder or self._chosen()).finish()

    def _chosen(self) -> Decoder:
        self._decoder = self._choose()
        if self._start:
            self._decoder.feed(self._start)
        return self._decoder

    def _choose(self) -> Decoder:
        if self._start.startswith(_GZIP_MAGIC + b"\x08"):
            return CompressedDecoder(self._max_bytes, ZlibDecompressor, _GZIP_MAGIC)
        if self._coding in ("", "identity") or _is_text(self._start[:_SNIFFED]):
            return IdentityDecoder(self._max_bytes)
        match self._coding:
            case "gzip" | "x-gzip" | "deflate":
                return CompressedDecoder(self._max_bytes, ZlibDecompressor, _GZIP_MAGIC)
            case "zstd":
                return CompressedDecoder(self._max_bytes, _zstd_decompressor, _ZSTD_MAGIC)
        message = f"content coding {self._coding[:40]!r} is not one that the request accepts"
        raise BodyRefused("bad_encoding", message)


def _is_text(start: bytes) -> bool:
    """Whether bytes are UTF-8 without controls; the last character may be cut."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return all(character >= " " or character in "\t\n\r\f" for character in text)


class IdentityDecoder:
    """No content coding: only enforces the size limit."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._body = io.BytesIO()  # its getvalue() does not copy, a bytearray's bytes() would

    def feed(self, data: bytes) -> None:
        """Append the next bytes; raises `BodyRefused` (``too_large``)."""
        if self._body.tell() + len(data) > self._max_bytes:
            message = f"the body is larger than {self._max_bytes} bytes"
            raise BodyRefused("too_large", message)
        self._body.write(data)

    def finish(self) -> bytes:
        """Return the whole body."""
        return self._body.getvalue()


class CompressedDecoder:
    """Any number of concatenated compressed members, as gzip and zstd allow."""

    def __init__(self, max_bytes: int, open_decompressor: OpenDecompressor, magic: bytes) -> None:
        self._body = IdentityDecoder(max_bytes)
        self._open_decompressor = open_decompressor
        self._magic = magic
        self._decompressor: Decompressor | None = None

    def feed(self, data: bytes) -> None:
        """Decode the next bytes; raises `BodyRefused` (``too_large``, ``bad_encoding``)."""
        while data:
            if self._decompressor is None or (self._decompressor.eof and self._continues(data)):
                self._decompressor = self._open_decompressor(data)
            elif self._decompressor.eof:
                return  # padding after the last member is common, and not part of the body
            data = self._decode(self._decompressor, data)

    def finish(self) -> bytes:
        """Return the whole body; raises `BodyRefused` (``truncated``)."""
        if self._decompressor is not None and not self._decompressor.eof:
            raise BodyRefused("truncated", "the compressed body ends in the middle")
        return self._body.finish()

    def _decode(self, decompressor: Decompressor, data: bytes) -> bytes:
        """Decode up to the end of the member; return the bytes after it."""
        while True:
            self._body.feed(_decoded(decompressor, data))
            if decompressor.eof:
                return decompressor.unused_data
            if decompressor.needs_input:
                return b""
            data = b""

    def _continues(self, data: bytes) -> bool:
        return self._magic.startswith(data[: len(self._magic)])  # a chunk may cut the magic


class ZlibDecompressor:
    """zlib with the interface of the standard library's newer decompressors."""

    def __init__(self, data: bytes) -> None:
        """Choose gzip, zlib or raw deflate by the first byte of ``data`` (RFC 1952 and 1950)."""
        raw = data[0] != _GZIP_MAGIC[0] and data[0] & 0x0F != zlib.DEFLATED
        self._zlib = zlib.decompressobj(-zlib.MAX_WBITS if raw else _WBITS_GZIP_OR_ZLIB)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """Whether the end of the member was reached."""
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        """The bytes after the end of the member."""
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most ``max_length`` bytes; raises `zlib.error`."""
        out = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        # After a full step, zlib may still buffer output although no input is left.
        self.needs_input = not self._zlib.unconsumed_tail and len(out) < max_length
        return out


def _zstd_decompressor(_data: bytes) -> Decompressor:
    window = {int(zstd.DecompressionParameter.window_log_max): _ZSTD_WINDOW_LOG}
    return zstd.ZstdDecompressor(options=window)


def _decoded(decompressor: Decompressor, data: bytes) -> bytes:
    try:
        return decompressor.decompress(data, STEP)
    except (zlib.error, zstd.ZstdError) as error:
        message = f"the body is not in the content coding that it declares: {error}"
        raise BodyRefused("bad_encoding", message) from error
