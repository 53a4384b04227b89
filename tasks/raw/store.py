"""Bodies as they were fetched, kept compressed under their hash, so that all can be rebuilt."""

import sys

from sqlmodel import Session

from models.database.sql import execute, statement, values

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_KEEP = statement(
    "INSERT INTO raw_body (hash, body, size) VALUES (:hash, :body, :size) ON CONFLICT (hash) DO NOTHING"
)
_LOAD = statement("SELECT body FROM raw_body WHERE hash = :hash")


def pack(body: bytes) -> bytes:
    """A body as it is stored."""
    packed: bytes = zstd.compress(body, level=3)
    return packed


def unpack(packed: bytes) -> bytes:
    """The body that was packed."""
    body: bytes = zstd.decompress(packed)
    return body


def store_raw(session: Session, body_hash: bytes, body: bytes) -> None:
    """Keep a body, unless it is kept already."""
    execute(session, _KEEP, {"hash": body_hash, "body": pack(body), "size": len(body)})


def load_raw(session: Session, body_hash: bytes) -> bytes:
    """The body as it was fetched.

    Raises:
        KeyError: it is not kept.
    """
    if not (kept := values(session, _LOAD, {"hash": body_hash})):
        raise KeyError(body_hash.hex())
    return unpack(kept[0])
