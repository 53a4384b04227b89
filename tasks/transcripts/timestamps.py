"""Timestamps of transcripts, in integer milliseconds from the start of the episode.

A time that is negative, not a number or beyond 596 hours (the range of 32 bits) is None: unknown. A
cue that ends before it starts has a start and no end. Times that run backwards from one cue to the
next (inserted ads, joined recordings) stay as published, and so does the order.
"""

import math
import re
from functools import lru_cache

# 0:15, 00:01:30, 1:02:03.456; the comma is SRT's.
CLOCK = r"\d{1,3}:[0-5]?\d(?::[0-5]?\d)?(?:[.,]\d{1,6})?(?![:.,]?\d)"
# With frames behind the seconds, 00:01:30:12; minutes and seconds with their units, 1m30s.
_FRAMES = r"\d\d[:;][0-5]\d[:;][0-5]\d[:;]\d\d(?![:;]?\d)"
_UNITS = r"(?:\d{1,2}h)?(?:\d{1,2}m)?\d{1,2}(?:\.\d{1,6})?s(?!\w)"

_MAX_MS = 2**31 - 1
_PARTS = re.compile(r"\s*(?:(?:(\d{1,4}):)?(\d{1,4}):)?(\d{1,9})(?:[.,:](\d{1,9}))?s?\s*", re.ASCII)


@lru_cache(maxsize=4096)  # the end of a cue is often the start of the next
def parse_clock(text: str) -> int | None:
    """Milliseconds of ``[[hours:]minutes:]seconds[.fraction]``; None when it is not a time."""
    match = _PARTS.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds, fraction = match.groups()
    ms = (int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds)) * 1000
    if fraction:
        ms += int(fraction[:3].ljust(3, "0"))
    return ms if ms <= _MAX_MS else None


def from_seconds(value: object) -> int | None:
    """Milliseconds of a JSON time: seconds as a number, or a string with seconds or a clock."""
    if isinstance(value, str):
        return parse_clock(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    if not 0 <= value <= _MAX_MS / 1000 or (isinstance(value, float) and math.isnan(value)):
        return None
    return round(value * 1000)


def after(start_ms: int | None, length_ms: int | None) -> int | None:
    """Return the time so much after a start; None when either is unknown, or it is too late."""
    if start_ms is None or length_ms is None:
        return None
    return start_ms + length_ms if start_ms + length_ms <= _MAX_MS else None


def end_after(start_ms: int | None, end_ms: int | None) -> int | None:
    """Return the end, or None if it is before the start: then the duration is unknown."""
    if start_ms is not None and end_ms is not None and end_ms < start_ms:
        return None
    return end_ms
