"""Rows of appearances in PostgreSQL's binary COPY format, packed without the driver.

The format: https://www.postgresql.org/docs/current/sql-copy.html. The driver could pack the rows
too, but it collects 32 KiB before it sends any, a quarter of a transcript. Packed here, rows go out
in the 8 KiB of libpq, while the next rows are still being made.
"""

from collections.abc import Iterable, Mapping
from struct import Struct

from tasks.transcripts.diff import InsertedSegment

COLUMNS = "episode_id, speaker_id, fingerprint, ordinal, position, start_ms, end_ms, text"
HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)  # no flags, and no header extension
TRAILER = b"\xff\xff"

# The number of columns, then each column after its length in bytes; the text comes last.
_pack_timed = Struct(">hiqiqiqiiiiiiiii").pack
_pack_untimed = Struct(">hiqiqiqiiii").pack
_pack_ms = Struct(">ii").pack
_pack_length = Struct(">i").pack
_NULL = _pack_length(-1)


def pack_rows(
    episode_id: int, inserted: Iterable[InsertedSegment], speaker_ids: Mapping[str, int]
) -> bytes:
    """Pack segments as rows of ``COLUMNS``, without the header and the trailer."""
    parts: list[bytes] = []
    for (label, text, start_ms, end_ms), print_, ordinal, position in inserted:
        encoded = text.encode()
        fixed = (8, 8, episode_id, 8, speaker_ids[label], 8, print_, 4, ordinal, 4, position)
        if start_ms is not None and end_ms is not None:
            parts.append(_pack_timed(*fixed, 4, start_ms, 4, end_ms, len(encoded)))
        else:
            parts += (_pack_untimed(*fixed), _pack_time(start_ms), _pack_time(end_ms))
            parts.append(_pack_length(len(encoded)))
        parts.append(encoded)
    return b"".join(parts)


def _pack_time(ms: int | None) -> bytes:
    return _NULL if ms is None else _pack_ms(4, ms)
