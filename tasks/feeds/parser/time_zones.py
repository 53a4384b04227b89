"""Time zones of dates in feeds: abbreviations, offsets, and names of the tz database."""

import re
from datetime import timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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

# Spelled out, with "Standard Time", "Daylight Time" (an hour more), "Summer Time" or "Time".
_REGIONS = {
    "coordinated universal": 0.0,
    "greenwich mean": 0.0,
    "central european": 1.0,
    "eastern european": 2.0,
    "moscow": 3.0,
    "india": 5.5,
    "japan": 9.0,
    "atlantic": -4.0,
    "eastern": -5.0,
    "central": -6.0,
    "mountain": -7.0,
    "pacific": -8.0,
    "alaska": -9.0,
    "hawaii": -10.0,
}
_LONG_NAME = re.compile(r"(?P<region>.+?)(?P<season> standard| daylight| summer)? time")

# By abbreviation in capitals, in the form of RFC 3339: "-05:00".
OFFSETS = {
    name.upper(): f"{'-' if hours < 0 else '+'}{int(abs(hours)):02}:{int(abs(hours) % 1 * 60):02}"
    for name, hours in _ZONES.items()
}


@lru_cache(maxsize=256)
def time_zone(name: str, offset: str) -> tzinfo | None:
    """Return the zone of an offset or else of a name; UTC for an unknown abbreviation.

    None for an unknown long name: a missing date is better than a wrong one.
    """
    if offset:
        return timezone(_east(offset))
    if "/" in name:
        return _place(name)
    if " " in name:
        return _spelled_out(name.lower())
    if name.lower() in _REGIONS:
        return timezone(timedelta(hours=_REGIONS[name.lower()]))
    return timezone(timedelta(hours=_ZONES.get(name.lower(), 0.0)))


def _place(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _spelled_out(name: str) -> timezone | None:
    match = _LONG_NAME.fullmatch(name)
    if match is None or match["region"] not in _REGIONS:
        return None
    summer = (match["season"] or "").strip() in ("daylight", "summer")
    return timezone(timedelta(hours=_REGIONS[match["region"]] + summer))


def _east(offset: str) -> timedelta:
    sign = -1 if offset[0] == "-" else 1
    digits = re.sub(r"\D", "", offset)
    hours, minutes = (digits[:2], digits[2:4]) if len(digits) != 3 else (digits[:1], digits[1:])
    east = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return sign * east if east < timedelta(days=1) else timedelta(0)
