"""Raw bodies as they were fetched, stored compressed under their hash."""

import sys

from models import RawBody
from models.database import Session
from models.database.sql import execute

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# Plain SQL: it runs for every transcript that is stored.
_INSERT = """
    INSERT INTO raw_body (hash, body, size) VALUES (:hash, :body, :size)
    ON CONFLICT (hash) DO NOTHING
"""


def pack(body: bytes) -> bytes:
    """Compress a body (zstd) for storage."""
    packed: bytes = zstd.compress(body, level=3)
    return packed


def unpack(packed: bytes) -> bytes:
    """Return the body that ``pack`` compressed."""
    body: bytes = zstd.decompress(packed)
    return body


def store_raw(session: Session, body_hash: bytes, body: bytes) -> None:
    """Store a body under its hash, unless it is stored already."""
    execute(session, _INSERT, {"hash": body_hash, "body": pack(body), "size": len(body)})


def load_raw(session: Session, body_hash: bytes) -> bytes:
    """Return the body as it was fetched.

    Raises:
        KeyError: no body with this hash is stored.
    """
    if (stored := session.get(RawBody, body_hash)) is None:
        raise KeyError(body_hash.hex())
    return unpack(stored.body)
