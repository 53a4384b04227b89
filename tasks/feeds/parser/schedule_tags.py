"""Schedule tags of a channel: ttl, skipHours, skipDays, update period, completeness."""

from lxml import etree

from tasks.feeds.parser.elements import Children, Context, inner_text
from tasks.feeds.parser.text import one_line
from tasks.feeds.parser.value_parsers import whole_number
from tasks.feeds.values import ScheduleTags

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# RSS 1.0 syndication module, "updatePeriod".
_PERIOD_SECONDS = {
    "hourly": 3_600,
    "daily": 86_400,
    "weekly": 7 * 86_400,
    "monthly": 30 * 86_400,
    "yearly": 365 * 86_400,
}


def schedule_tags(context: Context, channel: Children) -> ScheduleTags:
    """Return ttl, skipHours, skipDays (RSS 2.0), and the tags of sy:, podcast: and itunes:."""
    return ScheduleTags(
        ttl_minutes=whole_number(channel.first("ttl")) or None,
        skip_hours=_skip_hours(context, channel),
        skip_days=_skip_days(context, channel),
        update_period_seconds=_update_period(channel),
        update_frequency=_update_frequency(channel),
        complete=channel.first("itunes:complete").strip().lower() in ("yes", "true")
        or any(_is_true(e.get("complete")) for e in channel.all("podcast:updatefrequency")),
        podping=any(_is_true(e.get("usesPodping")) for e in channel.all("podcast:podping")),
    )


def _is_true(value: str | None) -> bool:
    return (value or "").strip().lower() in ("true", "yes", "1")


def _skip_hours(context: Context, channel: Children) -> frozenset[int]:
    """RSS 2.0 counts from 0 to 23, in GMT; 24 is midnight (RSS 0.91 counts from 1)."""
    texts = map(inner_text, context.named(channel.all("skiphours"), "hour"))
    hours = (whole_number(text) for text in texts)
    return frozenset(hour % 24 for hour in hours if hour is not None and hour <= 24)


def _skip_days(context: Context, channel: Children) -> frozenset[int]:
    texts = map(inner_text, context.named(channel.all("skipdays"), "day"))
    days = (text.strip().lower() for text in texts)
    return frozenset(_DAYS.index(day) for day in days if day in _DAYS)


def _update_period(channel: Children) -> int | None:
    seconds = _PERIOD_SECONDS.get(channel.first("sy:updateperiod").strip().lower())
    if seconds is None:
        return None
    return max(1, seconds // (whole_number(channel.first("sy:updatefrequency")) or 1))


def _update_frequency(channel: Children) -> str | None:
    rules = map(_rule_or_text, channel.all("podcast:updatefrequency"))
    return next((rule for rule in rules if rule), None)


def _rule_or_text(element: etree._Element) -> str:
    return one_line(element.get("rrule")) or one_line(inner_text(element))
