"""The artwork cache: images by the hash of their URL; the oldest are evicted."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import text

from models.database import Session

MAX_BYTES = 512_000_000
# Images rarely change. A failure may be over soon, but every retry costs the server a request.
MAX_AGE = timedelta(days=30)
FAILURE_MAX_AGE = timedelta(hours=12)

_GET = text("SELECT type, body, reason, fetched_at, now() AS now FROM artwork WHERE hash = :hash")
_PUT = text("""
    INSERT INTO artwork (hash, type, body, size, reason, fetched_at)
    VALUES (:hash, :type, :body, :size, :reason, now())
    ON CONFLICT (hash) DO UPDATE SET type = excluded.type, body = excluded.body,
        size = excluded.size, reason = excluded.reason, fetched_at = excluded.fetched_at
""")
_EVICT = text("""
    DELETE FROM artwork USING (
        SELECT hash, sum(size) OVER (ORDER BY fetched_at DESC, hash) AS total FROM artwork
    ) newer WHERE artwork.hash = newer.hash AND newer.total > :max_bytes
""")


@dataclass(frozen=True, slots=True)
class CachedImage:
    """An image with its media type, or the reason why there is none."""

    type: str | None
    body: bytes | None = field(repr=False)
    reason: str | None
    fresh: bool


def cached_artwork(session: Session, digest: bytes) -> CachedImage | None:
    """Return the cached image, or the cached failure, of a URL's hash."""
    row = session.connection().execute(_GET, {"hash": digest}).first()
    if row is None:
        return None
    expires_at: datetime = row.fetched_at + (MAX_AGE if row.body is not None else FAILURE_MAX_AGE)
    return CachedImage(row.type, row.body, row.reason, fresh=row.now < expires_at)


def cache_artwork(
    session: Session, digest: bytes, image: CachedImage, *, max_bytes: int = MAX_BYTES
) -> None:
    """Cache an image, or the reason why there is none; evict the oldest above ``max_bytes``."""
    params = {"hash": digest, "type": image.type, "body": image.body, "reason": image.reason}
    size = len(image.body or b"")
    session.connection().execute(_PUT, params | {"size": size})
    session.connection().execute(_EVICT, {"max_bytes": max_bytes})
