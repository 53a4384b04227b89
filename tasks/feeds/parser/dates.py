"""Parses the dates of feeds: RFC 822, RFC 3339, and their many invalid variants."""

import re
from datetime import UTC, datetime, timedelta, timezone

_MONTH_NAMES = (
    "jan january januar janvier enero ene gennaio gen janeiro januari stycznia sty",
    "feb february februar février fevrier fév fev febrero febbraio fevereiro februari lutego lut",
    "mar march märz maerz mär mrz mars marzo março marco maart mrt marca",
    "apr april avril avr abril abr aprile kwietnia kwi",
    "may mai mayo maggio mag maio mei maj maja",
    "jun june juni juin junio giugno giu junho czerwca cze",
    "jul july juli juillet juil julio luglio lug julho lipca lip",
    "aug august août aout agosto ago augustus augusti sierpnia sie",
    "sep sept september septembre septiembre settembre set setembro września wrz",
    "oct october oktober okt octobre octubre ottobre ott outubro out października paź",
    "nov november novembre noviembre novembro listopada lis",
    "dec december dezember dez décembre decembre déc diciembre dic dicembre dezembro grudnia gru",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
# Hours east of Greenwich (RFC 822, section 5.1, and the zones that feeds use beside it). The
# one-letter zones but Z count as UTC: RFC 822 has their signs wrong (RFC 2822, section 4.3).
_ZONE_NAMES = {
    0.0: "ut utc gmt z wet",
    -2.5: "ndt",
    -3.0: "adt brt",
    -3.5: "nst",
    -4.0: "ast at edt",
    -5.0: "est et cdt",  # "ET" and its like: as feedparser reads them
    -6.0: "cst ct mdt",
    -7.0: "mst mt pdt",
    -8.0: "pst pt akdt",
    -9.0: "akst",
    -10.0: "hst",
    1.0: "bst west cet met mez",
    2.0: "cest mest mesz eet sast",
    3.0: "eest msk",
    5.5: "ist",
    8.0: "sgt hkt awst",
    9.0: "jst kst",
    9.5: "acst",
    10.0: "aest",
    11.0: "aedt",
    12.0: "nzst",
    13.0: "nzdt",
}
_ZONES = {name: hours for hours, names in _ZONE_NAMES.items() for name in names.split()}
_OFFSETS = {
    name.upper(): f"{'-' if hours < 0 else '+'}{int(abs(hours)):02}:{int(abs(hours) % 1 * 60):02}"
    for name, hours in _ZONES.items()
}
_DIGITS = {name.title(): f"{number:02}" for name, number in _MONTHS.items() if len(name) == 3}
_TIME = (
    r"(?:[\s,T]+(?:at\s+)?(?P<hour>\d{1,2})[:.](?P<minute>\d{1,2})"
    r"(?:[:.](?P<second>\d{1,2})(?:[.,]\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<zone>[A-Za-z]{1,5}\b)?\s*(?P<offset>[+-]\s?\d{1,2}:?\d{0,2}(?::?\d\d)?)?)?"
    r"(?:\s*\(.*\)|\s*[A-Za-z/_]+)?\s*"
)
_DAY_FIRST = re.compile(
    r"(?:[^\W\d]+\.?\s*,?\s*)?(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?[\s-]+(?:de\s+)?"
    r"(?P<month>[^\W\d]+)\.?,?[\s-]+(?:de\s+)?(?P<year>\d{4}|\d{2})" + _TIME
)
_MONTH_FIRST = re.compile(
    r"(?:[^\W\d]+\.?,?\s+)?(?P<month>[^\W\d]+)\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?"
    r"\s+(?P<year>\d{4})" + _TIME
)
# asctime: the year comes last.
_YEAR_LAST = re.compile(
    r"(?:[^\W\d]+,?\s+)?(?P<month>[^\W\d]+)\s+(?P<day>\d{1,2})\s+(?P<hour>\d\d?):(?P<minute>\d\d)"
    r":(?P<second>\d\d)\s+(?:(?P<zone>[A-Za-z]{1,5})\s+)?(?P<year>\d{4})(?P<half>)(?P<offset>)"
)
_NUMERIC = re.compile(
    r"(?P<year>\d{4})(?:[-/.](?P<month>\d{1,2})(?:[-/.](?P<day>\d{1,2}))?)?" + _TIME
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})-?(?P<month>\d{2})-?(?P<day>\d{2})"
    r"(?:T?(?P<hour>\d{2}):?(?P<minute>\d{2}):?(?P<second>\d{2})?(?P<half>)"
    r"(?P<zone>[Zz])?(?P<offset>[+-]\d{2}:?\d{2})?)?"
)
_FORMS = (_DAY_FIRST, _NUMERIC, _MONTH_FIRST, _YEAR_LAST, _COMPACT)
_MAX_LENGTH = 100
_CLOCK_LENGTH = len("07:05:54")


def parse_date(raw: str | None) -> datetime | None:
    """Return the time in UTC; None when it is absent or invalid.

    RFC 822 and 2822 (two-digit years, named zones, missing seconds, wrong weekdays, months of
    several languages), RFC 3339 and W3C-DTF, asctime. A date without a zone is read as UTC.
    """
    if raw is None:
        return None
    text = raw.strip()
    if not text or len(text) > _MAX_LENGTH:
        return None
    return _parse_usual_form(text) or _parse_iso(text) or _parse_other_forms(text)


def _parse_usual_form(text: str) -> datetime | None:
    """Parse the form of nearly all feeds, "Tue, 11 Feb 2025 07:05:54 +0000", fast."""
    parts = (text[5:] if text[3:5] == ", " else text).split(" ")  # the weekday may be missing
    if len(parts) != 5:
        return None
    day, month, year, clock, zone = parts
    if month not in _DIGITS or len(clock) != _CLOCK_LENGTH:
        return None
    return _parse_iso(f"{year}-{_DIGITS[month]}-{day:0>2}T{clock}{_OFFSETS.get(zone, zone)}")


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
    for form in _FORMS:
        match = form.fullmatch(text)
        if match is not None:
            return _moment(match.groupdict())
    return None


def _moment(part: dict[str, str | None]) -> datetime | None:
    month = _month(part["month"])
    if month is None:
        return None
    try:
        midnight = datetime(_year(part["year"] or ""), month, int(part["day"] or 1), tzinfo=UTC)
        # Adding the time of day is right for 24:00:00 and for leap seconds, which occur.
        clock = timedelta(
            hours=_hour(part), minutes=int(part["minute"] or 0), seconds=int(part["second"] or 0)
        )
        if clock > timedelta(days=1, seconds=1):
            return None
        zone = timezone(_offset(part["zone"], part["offset"]))
        return (midnight.replace(tzinfo=zone) + clock).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _year(digits: str) -> int:
    """The year; two digits below 50 are in this century (RFC 2822, section 4.3)."""
    year = int(digits)
    if len(digits) > 2:
        return year
    return year + (2000 if year < 50 else 1900)


def _month(name: str | None) -> int | None:
    if name is None:
        return 1
    if name.isdigit():
        return int(name)
    lowered = name.lower()
    return _MONTHS.get(lowered) or _MONTHS.get(lowered[:3])


def _hour(part: dict[str, str | None]) -> int:
    hour = int(part["hour"] or 0)
    half = (part["half"] or "").lower()
    return hour % 12 + (12 if half.startswith("p") else 0) if half else hour


def _offset(zone: str | None, offset: str | None) -> timedelta:
    if not offset:
        return timedelta(hours=_ZONES.get((zone or "").lower(), 0.0))
    sign = -1 if offset[0] == "-" else 1
    digits = re.sub(r"\D", "", offset)
    hours, minutes = (digits[:2], digits[2:4]) if len(digits) != 3 else (digits[:1], digits[1:])
    east = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return sign * east if east < timedelta(days=1) else timedelta(0)
