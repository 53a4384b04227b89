"""Scripted responses of the fault server: correct ones, and every way to be wrong."""

import gzip
import sys
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """One scripted response.

    Attributes:
        content_length: the length to declare; None declares the true one.
        no_length: declare no length, so that the end of the connection ends the body.
        chunked: send the body in chunks (RFC 9112, 7.1), of ``piece_bytes`` when given.
        delay_seconds: time before the first byte.
        piece_bytes: send the body in pieces of this size, ``piece_seconds`` apart (trickle).
        drop_after: close the connection after this many bytes of the body; 0 sends the head only.
        reset: reset the connection instead of responding.
        hang: accept the request and never respond, until the client gives up.
        raw: send these bytes instead of a response, then close the connection.
        etag, last_modified: validators to send; a request with one of them gets a 304.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_length: int | None = None
    no_length: bool = False
    chunked: bool = False
    delay_seconds: float = 0.0
    piece_bytes: int = 0
    piece_seconds: float = 0.0
    drop_after: int | None = None
    reset: bool = False
    hang: bool = False
    raw: bytes | None = None
    etag: str | None = None
    last_modified: str | None = None


def redirect(location: str, status: int = 302) -> Answer:
    """Redirect to ``location``, sent unchanged in the Location field."""
    return Answer(status, headers={"Location": location})


def trickle(body: bytes, seconds: float = 0.02) -> Answer:
    """Send one byte at a time."""
    return Answer(body=body, piece_bytes=1, piece_seconds=seconds)


def gzipped(body: bytes) -> Answer:
    """Send ``body`` compressed with gzip."""
    return encoded("gzip", gzip.compress(body, mtime=0))


def encoded(coding: str, body: bytes) -> Answer:
    """Send ``body`` unchanged, with ``coding`` declared as its content coding."""
    return Answer(body=body, headers={"Content-Encoding": coding})


def gzip_bomb(megabytes: int) -> Answer:
    """Send zeros, a thousandth of their size on the wire."""
    deflate = zlib.compressobj(9, wbits=31)
    zeros = bytes(MEGABYTE)
    body = b"".join(deflate.compress(zeros) for _ in range(megabytes)) + deflate.flush()
    return encoded("gzip", body)


def zstd_bomb(megabytes: int) -> Answer:
    """Send zeros, some hundred bytes for each megabyte on the wire."""
    compressor = zstd.ZstdCompressor()
    zeros = bytes(MEGABYTE)
    body = b"".join(compressor.compress(zeros) for _ in range(megabytes)) + compressor.flush()
    return encoded("zstd", body)
