"""Rows of segments as binary COPY wants them: https://www.postgresql.org/docs/current/sql-copy.html.

Packed here, and not by the driver, to send some rows while the next are made: libpq sends 8 KiB at
a time, but the driver collects 32 before it gives any, a quarter of a transcript.
"""

from collections.abc import Iterable, Mapping
from struct import Struct

from tasks.transcripts.diff import InsertedSegment

COLUMNS = "episode_id, speaker_id, fingerprint, ordinal, position, start_ms, end_ms, text"
HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)  # no flags, and nothing more in the header
TRAILER = b"\xff\xff"

# How many columns follow, then each with its length in bytes before it; the text comes last.
_TIMED = Struct(">hiqiqiqiiiiiiiii").pack
_TIMELESS = Struct(">hiqiqiqiiii").pack
_MS = Struct(">ii").pack
_LENGTH = Struct(">i").pack
_NULL = _LENGTH(-1)


def packed(
    episode_id: int, inserted: Iterable[InsertedSegment], speakers: Mapping[str, int]
) -> bytes:
    """These segments as rows of ``COLUMNS``, without the header and the trailer."""
    parts: list[bytes] = []
    for (label, text, start_ms, end_ms), print_, ordinal, position in inserted:
        words = text.encode()
        known = (8, 8, episode_id, 8, speakers[label], 8, print_, 4, ordinal, 4, position)
        if start_ms is not None and end_ms is not None:
            parts.append(_TIMED(*known, 4, start_ms, 4, end_ms, len(words)))
        else:
            parts += (_TIMELESS(*known), _time(start_ms), _time(end_ms), _LENGTH(len(words)))
        parts.append(words)
    return b"".join(parts)


def _time(milliseconds: int | None) -> bytes:
    return _NULL if milliseconds is None else _MS(4, milliseconds)
