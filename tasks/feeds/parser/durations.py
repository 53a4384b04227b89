"""Parses the durations of feeds, in integer milliseconds."""

import re
from datetime import time

# Of more than three numbers, "the numbers farthest to the right are ignored" (Apple).
_CLOCK = re.compile(
    r"(?:(?:(\d{1,3}):)?(\d{1,4}))?:(\d{1,2})(?:[.,](\d{1,9}))?|(\d+):(\d+):(\d+)(?::\d+)+"
)
_SPACED_COLON = re.compile(r"(?<=\d)\s{1,9}:\s{0,9}(?=\d)|(?<=\d):\s{1,9}(?=\d)")
_SECONDS = re.compile(r"(\d{1,9})(?:[.,](\d{1,9}))?\s*(?:s|secs?|seconds?)?\.?", re.IGNORECASE)
_ISO_8601 = re.compile(
    r"P(?:(\d{1,3})D)?T?(?:(\d{1,3})H)?(?:(\d{1,5})M)?(?:(\d{1,7})(?:[.,](\d{1,9}))?S)?"
)
_MINUTES_SECONDS = re.compile(
    r"(\d{1,4})\s*['\u2019\u2032]\s*(?:(\d{1,2})\s*(?:[\"\u201d\u2033]|'')\s*)?"
)
_HOURS = (
    r"h|hrs?|hours?|std|stunden?|heures?|horas?|or[ae]|uur|timm?ar|tim|saat|sa"
    r"|ч|час\w{0,2}|時間|小时|시간"
)
_MINUTES = r"m|mins?|minu\w{1,6}|dk|dakika|perc|мин\w{0,4}|分钟?|분"
_SECOND_UNITS = r"s|secs?|seconds?|sek|sekunden?|secondes?|segundos?|secondi|сек\w{0,4}|秒|초"
_AND = r"[\s,]*(?:(?:and|und|et|y|e|en|og)\s+)?"
_WORDS = re.compile(
    rf"(?:(\d{{1,3}}(?:[.,]\d{{1,3}})?)\s*(?:{_HOURS})\.?(?![a-z]){_AND})?"
    rf"(?:(\d{{1,5}}(?:[.,]\d{{1,3}})?)\s*(?:{_MINUTES})\.?(?![a-z]){_AND})?"
    rf"(?:(\d{{1,7}})\s*(?:{_SECOND_UNITS})\.?)?",
    re.IGNORECASE,
)
# "45:30 min", "1:02 h", "1:02:03 h": the unit is that of the first number.
_CLOCK_WITH_UNIT = re.compile(
    rf"(\d{{1,3}}):(\d{{1,2}})(?::(\d{{1,2}}))?\s*(?:({_HOURS})|{_MINUTES})\.?", re.IGNORECASE
)
_HOURS_MINUTES = re.compile(r"(\d{1,3})\s*h\s*(\d{1,2})", re.IGNORECASE)  # French: 1h02
_USUAL_LENGTH = len("01:02:03")
_MAX_MS = 100 * 3_600_000  # longer durations are really file sizes


def parse_duration(raw: str | None) -> int | None:
    """Return milliseconds; None when absent, negative, too long or invalid.

    Accepts ``01:02:03``, ``62:03``, ``:45``, ``3723``, ``3723.5``, ``1h 2m 3s``, ``62'03"``, ISO
    8601's ``PT1H2M3S``, and units in several languages.
    """
    text = (raw or "").strip()
    if not text or len(text) > 100:
        return None
    text = _SPACED_COLON.sub(":", text)
    milliseconds = _usual_form(text)
    if milliseconds is None:
        milliseconds = _milliseconds(text)
    if milliseconds is None or milliseconds > _MAX_MS:
        return None
    return milliseconds


def _milliseconds(text: str) -> int | None:
    if text.isdecimal() and len(text) < 10:
        return int(text) * 1000
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds, fraction, *four = match.groups()
        return _total(*four) if four[0] else _total(hours, minutes, seconds, fraction)
    if match := _SECONDS.fullmatch(text):
        return _total(None, None, match[1], match[2])
    if match := _ISO_8601.fullmatch(text.upper()):
        days, *clock = match.groups()
        return int(days or 0) * 86_400_000 + _total(*clock) if any(match.groups()) else None
    return _with_units(text)


def _with_units(text: str) -> int | None:
    if match := _MINUTES_SECONDS.fullmatch(text):
        return _total(None, match[1], match[2])
    if match := _CLOCK_WITH_UNIT.fullmatch(text):
        first, second, third, hours = match.groups()
        return _total(first, second, third) if hours or third else _total(None, first, second)
    if match := _HOURS_MINUTES.fullmatch(text):
        return _total(match[1], match[2], None)
    if (match := _WORDS.fullmatch(text)) and any(match.groups()):
        hours, minutes, seconds = (_number(group) for group in match.groups())
        return round((hours * 3600 + minutes * 60 + seconds) * 1000)
    return None


def _number(text: str | None) -> float:
    return float(text.replace(",", ".")) if text else 0.0


def _usual_form(text: str) -> int | None:
    """Parse "01:02:03" as a time of day, five times as fast as the other forms."""
    # From 24:00:00 on there is no such time of day; some versions of Python read midnight.
    if len(text) != _USUAL_LENGTH or text[2] != ":" or text[5] != ":" or text >= "24":
        return None
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        return None
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1000


def _total(
    hours: str | None, minutes: str | None, seconds: str | None, fraction: str | None = None
) -> int:
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole * 1000 + (int(fraction.ljust(3, "0")[:3]) if fraction else 0)
