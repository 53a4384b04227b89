"""Times in JSON: seconds, milliseconds, clocks, and Google's durations, as milliseconds.

A key like ``start_ms`` says that it has milliseconds. Elsewhere whole numbers may be either; nobody
speaks so slowly that the unit stays in doubt.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeGuard

from tasks.transcripts.formats.json_document import JsonObject, text_of
from tasks.transcripts.timestamps import after, end_after, from_seconds

START_KEYS = ("start", "startTime", "start_time", "begin", "from", "ts", "startOffset")
END_KEYS = ("end", "endTime", "end_time", "stop", "to", "end_ts", "endOffset")
START_MS_KEYS = ("start_ms", "startMs", "startTimeMs", "start_time_ms", "offset_ms")
END_MS_KEYS = ("end_ms", "endMs", "endTimeMs", "end_time_ms")
LENGTH_KEYS = ("duration", "dur")

# Characters in a second of speech: people speak 10 to 25, and pauses are within segments too.
_SLOWEST = 0.3
_TOO_LARGE = 2**53  # beyond it floats are not exact, and far larger numbers are no floats

Times = tuple[int | None, int | None]


def as_ms(value: object, *, in_ms: bool = False) -> int | None:
    """Milliseconds of a time as published; None when it is none."""
    if isinstance(value, Mapping):  # Google's {"seconds": "1", "nanos": 200000000}
        nanos = value.get("nanos", 0)
        return after(from_seconds(value.get("seconds", 0)), nanos // 10**6 if _is(nanos) else 0)
    if in_ms and isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:12])
    if in_ms and isinstance(value, int | float) and abs(value) < _TOO_LARGE:
        return from_seconds(value / 1000)
    return from_seconds(value)


def _is(number: object) -> TypeGuard[int]:
    return type(number) is int and 0 <= number < _TOO_LARGE


def times_of(item: Mapping[str, object], *, in_ms: bool = False) -> Times:
    """Start and end of an item in milliseconds."""
    start = _first(item, START_MS_KEYS, in_ms=True)
    end = _first(item, END_MS_KEYS, in_ms=True)
    start = _first(item, START_KEYS, in_ms=in_ms) if start is None else start
    end = _first(item, END_KEYS, in_ms=in_ms) if end is None else end
    if end is None:
        end = after(start, _first(item, LENGTH_KEYS, in_ms=in_ms))
    return start, end_after(start, end)


def _first(item: Mapping[str, object], keys: Iterable[str], *, in_ms: bool) -> int | None:
    return next((as_ms(item[key], in_ms=in_ms) for key in keys if item.get(key) is not None), None)


def is_in_ms(items: Sequence[JsonObject], *text_keys: str) -> bool:
    """Whether the times of a list of segments are milliseconds.

    They are when all are whole numbers and, as seconds, people would hardly speak.
    """
    seconds = characters = 0
    for item in items:
        start = next((item[key] for key in START_KEYS if key in item), None)
        end = next((item[key] for key in END_KEYS if key in item), None)
        if start is None or end is None:
            continue
        if type(start) is not int or type(end) is not int:
            return False
        seconds += max(end - start, 0)
        characters += len(text_of(item, *text_keys))
    return characters < _SLOWEST * seconds
