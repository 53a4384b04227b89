"""Template filters: numbers, times, durations, and untrusted text."""

import re
from datetime import UTC, date, datetime

from web.languages.formats import day_text, whole_number
from web.languages.texts import N_, Plural, plural, translated, translated_plural

# Control characters are drawn as boxes; bidirectional marks reorder the text around them. Some
# are no characters: a feed with them is no XML (XML 1.0, section 2.2).
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufffe\uffff]"
)
_WEB = re.compile(r"https?://\S+\Z", re.IGNORECASE)
# The units of ``counted`` on the readers' pages; those of operators are English.
UNITS = {
    "appearance": plural("%(count)s appearance", "%(count)s appearances"),
    "episode": plural("%(count)s episode", "%(count)s episodes"),
    "podcast": plural("%(count)s podcast", "%(count)s podcasts"),
    "person": plural("%(count)s person", "%(count)s people"),
    "topic": plural("%(count)s topic", "%(count)s topics"),
    "segment": plural("%(count)s segment", "%(count)s segments"),
    "transcript": plural("%(count)s transcript", "%(count)s transcripts"),
    "hour": plural("%(count)s hour", "%(count)s hours"),
    "number": plural("%(count)s number", "%(count)s numbers"),
    "quote": plural("%(count)s quote", "%(count)s quotes"),
    "entry": plural("%(count)s entry", "%(count)s entries"),
    "segment has": plural("%(count)s segment has", "%(count)s segments have"),
    "changed episode is": plural("%(count)s changed episode is", "%(count)s changed episodes are"),
    "new or changed episode is": plural(
        "%(count)s new or changed episode is", "%(count)s new or changed episodes are"
    ),
}
_DURATION_UNITS = (N_("h"), N_("min"), N_("s"))


def clean(text: str) -> str:
    """Untrusted text without control characters and bidirectional marks."""
    return _UNSEEN.sub("", text)


def short(text: str, length: int = 200) -> str:
    """The beginning of a text, at most `length` characters, cut between words if possible."""
    if len(text) <= length:
        return text
    cut = text[:length]
    return f"{cut[: cut.rfind(' ')] if ' ' in cut[length // 2 :] else cut}…"


def number(count: int | None) -> str:
    """12,345; a dash for an unknown number."""
    return "\N{EN DASH}" if count is None else whole_number(count)


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its unit: 1 episode, 2,345 episodes."""
    unit = UNITS.get(one) or Plural(f"%(count)s {one}", f"%(count)s {many or one + 's'}")
    return translated_plural(unit, count) % {"count": whole_number(count)}


def duration(milliseconds: int | None) -> str:
    """12 h 5 min, 5 min 20 s, 20 s: two units at most, rounded down."""
    if milliseconds is None:
        return "\N{EN DASH}"
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    parts = zip((hours, minutes, seconds), _DURATION_UNITS, strict=True)
    text = [
        f"{whole_number(count)}\N{NO-BREAK SPACE}{translated(unit)}"
        for count, unit in parts
        if count
    ]
    return " ".join(text[:2]) or f"0\N{NO-BREAK SPACE}{translated(_DURATION_UNITS[-1])}"


def timecode(milliseconds: int | None) -> str:
    """1:02:03 or 2:03, as audio players show it; '' when the transcript has no times."""
    if milliseconds is None:
        return ""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def day(moment: date | None) -> str:
    """14 Sep 2023."""
    return day_text(moment) if moment else "\N{EN DASH}"


def minute(moment: datetime | None) -> str:
    """14 Sep 2023, 06:30 UTC."""
    return f"{day(moment)}, {moment:%H:%M} UTC" if moment else translated(N_("never"))


def second(moment: datetime) -> str:
    """06:30:05 UTC, without the date."""
    return f"{moment.astimezone(UTC):%H:%M:%S} UTC"


def percent(part: int, whole: int) -> str:
    """A share in percent: 0 %, < 1 %, 37 %."""
    if not whole or not part:
        return "0\N{NO-BREAK SPACE}%"
    share = 100 * part / whole
    return "< 1\N{NO-BREAK SPACE}%" if share < 1 else f"{share:.0f}\N{NO-BREAK SPACE}%"


def web_address(address: str | None) -> str | None:
    """The URL, if it is safe to link to; None for schemes other than http and https."""
    return address if address and _WEB.match(address) else None
