"""The cache of covers: bodies by the hash of their address, the oldest making room."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

MAX_BYTES = 512_000_000
# Pictures seldom change; a failure may be over soon, and asking again costs somebody a request.
KEPT = timedelta(days=30)
FAILURE_KEPT = timedelta(hours=12)

_GET = text("SELECT type, body, reason, fetched_at, now() AS now FROM artwork WHERE hash = :hash")
_PUT = text("""
    INSERT INTO artwork (hash, type, body, size, reason, fetched_at)
    VALUES (:hash, :type, :body, :size, :reason, now())
    ON CONFLICT (hash) DO UPDATE SET type = excluded.type, body = excluded.body,
        size = excluded.size, reason = excluded.reason, fetched_at = excluded.fetched_at
""")
_EVICT = text("""
    DELETE FROM artwork USING (
        SELECT hash, sum(size) OVER (ORDER BY fetched_at DESC, hash) AS held FROM artwork
    ) c WHERE cover.hash = c.hash AND c.held > :most
""")


@dataclass(frozen=True, slots=True)
class CachedImage:
    """A picture with its type, or the reason why there is none."""

    type: str | None
    body: bytes | None = field(repr=False)
    reason: str | None
    fresh: bool


def cached_artwork(session: Session, digest: bytes) -> CachedImage | None:
    """What is kept under the hash of an address, if anything."""
    row = session.connection().execute(_GET, {"hash": digest}).first()
    if row is None:
        return None
    age: datetime = row.fetched_at + (KEPT if row.body is not None else FAILURE_KEPT)
    return CachedImage(row.type, row.body, row.reason, fresh=row.now < age)


def cache_artwork(
    session: Session, digest: bytes, kept: CachedImage, *, most_bytes: int = MAX_BYTES
) -> None:
    """Keep a picture, or that there is none; the oldest go when there are too many bytes."""
    params = {"hash": digest, "type": kept.type, "body": kept.body, "reason": kept.reason}
    size = len(kept.body or b"")
    session.connection().execute(_PUT, params | {"size": size})
    session.connection().execute(_EVICT, {"most": most_bytes})
