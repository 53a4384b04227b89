"""The artwork cache: images by the hash of their URL; the oldest are evicted."""

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.dialects.postgresql import insert

from models import Artwork
from models.database import Session, database_time
from models.database.sql import execute

MAX_BYTES = 512_000_000
# Images rarely change. A failure may be over soon, but every retry costs the server a request.
MAX_AGE = timedelta(days=30)
FAILURE_MAX_AGE = timedelta(hours=12)

_EVICT = """
    DELETE FROM artwork USING (
        SELECT hash, sum(size) OVER (ORDER BY fetched_at DESC, hash) AS total FROM artwork
    ) newer WHERE artwork.hash = newer.hash AND newer.total > :max_bytes
"""


@dataclass(frozen=True, slots=True)
class CachedImage:
    """An image with its media type, or the reason why there is none."""

    type: str | None
    body: bytes | None = field(repr=False)
    reason: str | None
    fresh: bool


def cached_artwork(session: Session, digest: bytes) -> CachedImage | None:
    """Return the cached image, or the cached failure, of a URL's hash."""
    row = session.get(Artwork, digest)
    if row is None:
        return None
    expires_at = row.fetched_at + (MAX_AGE if row.body is not None else FAILURE_MAX_AGE)
    fresh = database_time(session) < expires_at
    return CachedImage(row.type, row.body, row.reason, fresh=fresh)


def cache_artwork(
    session: Session, digest: bytes, image: CachedImage, *, max_bytes: int = MAX_BYTES
) -> None:
    """Cache an image, or the reason why there is none; evict the oldest above ``max_bytes``."""
    columns = {
        "type": image.type,
        "body": image.body,
        "size": len(image.body or b""),
        "reason": image.reason,
        "fetched_at": database_time(session),
    }
    row = insert(Artwork).values(hash=digest, **columns)
    execute(session, row.on_conflict_do_update(index_elements=["hash"], set_=columns))
    execute(session, _EVICT, {"max_bytes": max_bytes})
