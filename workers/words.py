"""Times, numbers, quotations and lists in sentences."""

from datetime import datetime


def count(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun: ``1 episode``, ``1,200 episodes``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def at(moment: datetime | None, now: datetime) -> str:
    """A time and its distance from now: ``2026-03-01 12:00 UTC (3 minutes ago)``."""
    if moment is None:
        return "never"
    return f"{moment:%Y-%m-%d %H:%M} UTC ({far(moment, now)})"


def far(moment: datetime, now: datetime) -> str:
    """The distance of a time from now: ``3 minutes ago``, ``in 2 hours``."""
    seconds = (moment - now).total_seconds()
    if abs(seconds) < 1:
        return "now"
    duration = _duration(abs(seconds))
    return f"in {duration}" if seconds > 0 else f"{duration} ago"


def _duration(seconds: float) -> str:
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 1.5 * length:
            return count(round(seconds / length), unit)
    return count(max(1, round(seconds)), "second")


def quoted(text: str) -> str:
    """Text from feeds and transcripts in quotation marks, on one line."""
    return "“" + "".join(c if c.isprintable() else " " for c in text) + "”"


def listed(parts: list[str]) -> str:
    """Parts as an enumeration: ``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1] if parts else ""]))
