"""Parses the dates of feeds: RFC 822, RFC 3339, and their many invalid variants."""

# ruff: noqa: RUF001 - letters and signs of all languages

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from tasks.feeds.parser.month_names import ENGLISH, month_number
from tasks.feeds.parser.time_zones import OFFSETS, time_zone

_DIGITS = {name: f"{number:02}" for name, number in ENGLISH.items()}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{1,2})(?:[:.](?P<second>\d{1,2})(?:[.,]\d+)?)?"
_ZONE = (
    r"\s*(?P<zone>[A-Z][A-Za-z_]+(?:/[A-Z][\w+-]*){1,2}|[A-Z][a-z]+(?: [A-Z][a-z]+){1,3}"
    r"|(?:Eastern|Central|Mountain|Pacific)\b"
    r"|[A-Za-z]{1,5}\b)?"
    r"\s*(?P<offset>[+-]\s?\d{1,2}:?\d{0,2}(?::?\d\d)?)?"
    # A comment (RFC 822), another word, or the second offset of Go's time.String.
    r"(?:\s*\(.*\)|\s*\[[\w/+-]+\]|\s*[A-Za-z_]+|\s+[+-]\d{4})?(?:\s+m=[+-][\d.]+)?\s*"
)
_TIME = (
    r"(?:(?:[\s,T]+|\s+-\s+)(?:(?:at|um|om|alle|klo|kl\.?|à|às|в|о)\s+)?"
    rf"{_CLOCK}\s*(?P<half>[AaPp]\.?[Mm]\.?)?{_ZONE})?"
)
_DAY_FIRST = re.compile(
    r"(?P<weekday>[^\W\d]+\.?\s*,?\s*)?(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?[\s-]+(?:de\s+)?"
    r"(?P<month>[^\W\d]+|(?<=\s)\d{1,2}[月월]?(?=\s))\.?,?[\s-]+(?:de\s+)?"
    r"(?P<year>\d{4}|\d{2})"
    # Russian and Ukrainian write "year" behind it, Turkish the weekday.
    r"(?:\s?[гр]\.?(?!\w)|\s+[^\W\d]{3,}(?=\s+\d{1,2}[:.]\d))?" + _TIME
)
_MONTH_FIRST = re.compile(
    r"(?:[^\W\d]+\.?,?\s+)?(?P<month>[^\W\d]+)\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?"
    r"\s+(?P<year>\d{4})" + _TIME
)
# asctime: the year comes last.
_YEAR_LAST = re.compile(
    r"(?:[^\W\d]+,?\s+)?(?P<month>[^\W\d]+)\s+(?P<day>\d{1,2})\s+(?P<hour>\d\d?):(?P<minute>\d\d)"
    r":(?P<second>\d\d)\s+(?:(?P<zone>[A-Za-z]{1,5})\s+)?(?:(?P<offset>[+-]\d\d:?\d\d)\s+)?"
    r"(?P<year>\d{4})(?P<half>)"
)
_NUMERIC = re.compile(
    r"(?P<year>\d{4})(?:[-/.](?P<month>\d{1,2})(?:[-/.](?P<day>\d{1,2}))?)?" + _TIME
)
# Hungarian: 2020. február 5.
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})\.?\s+(?P<month>[^\W\d]+)\.?\s+(?P<day>\d{1,2})\.?" + _TIME
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})-?(?P<month>\d{2})-?(?P<day>\d{2})"
    r"(?:T?(?P<hour>\d{2}):?(?P<minute>\d{2}):?(?P<second>\d{2})?(?P<half>)"
    r"(?P<zone>[Zz])?(?P<offset>[+-]\d{2}:?\d{2})?)?"
)
# With dots the day comes first, in every country that writes them.
_DOTTED = re.compile(
    r"(?:[^\W\d]+\.?\s*,?\s*)?(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})" + _TIME
)
# Chinese, Japanese and Korean: 2020年2月5日(水) 午後10時30分.
_EAST_ASIAN = re.compile(
    r"(?P<year>\d{4})\s?[年년/.-]\s?(?P<month>\d{1,2})\s?[月월/.-]\s?(?P<day>\d{1,2})"
    r"\s?[日號号일]?[.,]?\s?"
    r"(?:\(\w{1,3}\)|(?:星期|周|週)\w|\w曜日?|\w요일)?\s?(?P<half>[上下午][午前後]|오[전후])?"
    r"(?:\s?(?P<hour>\d{1,2})\s?[:時时點点시]\s?(?:(?P<minute>\d{1,2})\s?[:分분]?\s?)?"
    rf"(?:(?P<second>\d{{1,2}})\s?[秒초]?)?{_ZONE})?"
)
# Either may be the month: numbers and the English weekday decide, or nobody can.
_SLASHED = re.compile(
    r"(?:(?P<weekday>[A-Za-z]+),?\s+)?(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})" + _TIME
)
_FORMS = (
    _DAY_FIRST,
    _NUMERIC,
    _MONTH_FIRST,
    _YEAR_LAST,
    _YEAR_FIRST,
    _COMPACT,
    _DOTTED,
    _EAST_ASIAN,
)
_EPOCH = re.compile(r"(\d{9,10})(?:\.\d+)?|(\d{12,13})")
# Seconds since 1970 count from 1990 on; smaller numbers are something else.
_FIRST_EPOCH, _LAST_EPOCH = 631_152_000, 4_102_444_800
_CDATA = re.compile(r"<!\[CDATA\[(.*)\]\]>", re.DOTALL)
_MAX_LENGTH = 100
_MINUS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212"), "-")
_CLOCK_LENGTH = len("07:05:54")
_AFTERNOON = ("p", "下", "午後", "오후")

_Parts = dict[str, str | None]


def parse_date(raw: str | None) -> datetime | None:
    """Return the time in UTC; None when it is absent or invalid.

    RFC 822 and 2822 (two-digit years, named zones, missing seconds, wrong weekdays, months of
    several languages), RFC 3339 and W3C-DTF, asctime, seconds or milliseconds since 1970, and what
    tools write for a locale. A date without a zone is read as UTC.
    """
    if raw is None:
        return None
    text = raw.strip()
    if not text or len(text) > _MAX_LENGTH:
        return None
    # "t" and "z" may be in lower case (RFC 3339, section 5.6).
    return _parse_usual_form(text) or _parse_iso(text.upper()) or _parse_other_forms(text)


def _parse_usual_form(text: str) -> datetime | None:
    """Parse the form of nearly all feeds, "Tue, 11 Feb 2025 07:05:54 +0000", fast."""
    parts = (text[5:] if text[3:5] == ", " else text).split(" ")  # the weekday may be missing
    if len(parts) != 5:
        return None
    day, month, year, clock, zone = parts
    if month not in _DIGITS or len(clock) != _CLOCK_LENGTH:
        return None
    return _parse_iso(f"{year}-{_DIGITS[month]}-{day:0>2}T{clock}{OFFSETS.get(zone, zone)}")


def _parse_iso(text: str) -> datetime | None:
    """Parse RFC 3339 fast. Years at the edge, like 1, overflow in the conversion to UTC."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is UTC:
            return moment
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _parse_other_forms(text: str) -> datetime | None:
    if cdata := _CDATA.fullmatch(text):
        return parse_date(cdata[1])
    if not text.isascii():
        text = _in_ascii_signs(text)
    if epoch := _EPOCH.fullmatch(text):
        return _since_1970(int(epoch[1]) if epoch[1] else int(epoch[2]) / 1000)
    for form in _FORMS:
        match = form.fullmatch(text)
        if match is not None:
            return _moment(match.groupdict())
    slashed = _SLASHED.fullmatch(text)
    return _unambiguous(slashed.groupdict()) if slashed else None


def _in_ascii_signs(text: str) -> str:
    """Full-width digits, no-break spaces and minus signs as usual ones; no marks of direction."""
    plain = unicodedata.normalize("NFKC", text).translate(_MINUS)
    return "".join(sign for sign in plain if unicodedata.category(sign) != "Cf").strip()


def _since_1970(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if _FIRST_EPOCH <= seconds < _LAST_EPOCH else None


def _unambiguous(part: _Parts) -> datetime | None:
    """The date of the only reading, as day/month or month/day, that exists and fits the weekday."""
    swapped = part | {"day": part["month"], "month": part["day"]}
    moments = {moment for each in (part, swapped) if (moment := _moment(each))}
    weekday = (part["weekday"] or "").lower()[:3]
    if len(moments) > 1:
        moments = {one for one in moments if _WEEKDAYS[one.weekday()] == weekday}
    return moments.pop() if len(moments) == 1 else None


def _moment(part: _Parts) -> datetime | None:
    month = month_number(part["month"] or "1")
    zone = time_zone(part["zone"] or "", part["offset"] or "")
    if month is None or zone is None:
        return None
    if int(part["minute"] or 0) > 59 or int(part["second"] or 0) > 60:
        return None
    try:
        midnight = datetime(_year(part["year"] or ""), month, int(part["day"] or 1), tzinfo=zone)
        # Adding the time of day is right for 24:00:00 and for leap seconds, which occur.
        clock = timedelta(
            hours=_hour(part), minutes=int(part["minute"] or 0), seconds=int(part["second"] or 0)
        )
        if clock > timedelta(days=1, seconds=1):
            return None
        return (midnight + clock).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _year(digits: str) -> int:
    """The year; two digits below 50 are in this century (RFC 2822, section 4.3)."""
    year = int(digits)
    if len(digits) > 2:
        return year
    return year + (2000 if year < 50 else 1900)


def _hour(part: _Parts) -> int:
    hour = int(part["hour"] or 0)
    half = (part["half"] or "").lower()
    return hour % 12 + (12 if half.startswith(_AFTERNOON) else 0) if half else hour
