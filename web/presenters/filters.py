"""How values are shown: numbers, times, durations, and text that came from strangers."""

import re
from datetime import UTC, date, datetime

# Controls would be drawn as boxes, and marks of direction would turn what stands around them.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_WEB = re.compile(r"https?://\S+\Z", re.IGNORECASE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def clean(text: str) -> str:
    """A stranger's text without controls and without marks that turn the direction of reading."""
    return _UNSEEN.sub("", text)


def short(text: str, length: int = 200) -> str:
    """The beginning of a text that may be of any length, cut at a word where there is one."""
    if len(text) <= length:
        return text
    cut = text[:length]
    return f"{cut[: cut.rfind(' ')] if ' ' in cut[length // 2 :] else cut}…"


def number(count: int | None) -> str:
    """12,345; a dash for what is not known."""
    return "\N{EN DASH}" if count is None else f"{count:,}"


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its unit: 1 episode, 2,345 episodes."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def duration(milliseconds: int | None) -> str:
    """12 h 5 min, 5 min 20 s, 20 s: two units at most, rounded down."""
    if milliseconds is None:
        return "\N{EN DASH}"
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (seconds, "s")]
    said = [f"{count:,}\N{NO-BREAK SPACE}{unit}" for count, unit in parts if count]
    return " ".join(said[:2]) or "0\N{NO-BREAK SPACE}s"


def timecode(milliseconds: int | None) -> str:
    """1:02:03 or 2:03, as players show it; nothing when the transcript gives no times."""
    if milliseconds is None:
        return ""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def day(moment: date | None) -> str:
    """14 Sep 2023, of a moment its UTC date."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}" if moment else "\N{EN DASH}"


def minute(moment: datetime | None) -> str:
    """14 Sep 2023, 06:30 UTC."""
    return f"{day(moment)}, {moment:%H:%M} UTC" if moment else "never"


def second(moment: datetime) -> str:
    """06:30:05 UTC, of a moment of today."""
    return f"{moment.astimezone(UTC):%H:%M:%S} UTC"


def percent(part: int, whole: int) -> str:
    """Of a whole, in percent: 0 %, < 1 %, 37 %."""
    if not whole or not part:
        return "0\N{NO-BREAK SPACE}%"
    share = 100 * part / whole
    return "< 1\N{NO-BREAK SPACE}%" if share < 1 else f"{share:.0f}\N{NO-BREAK SPACE}%"


def web_address(address: str | None) -> str | None:
    """An address that a reader may be sent to; None for any other scheme."""
    return address if address and _WEB.match(address) else None
