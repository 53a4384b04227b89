"""Numbers and dates as a language writes them, by the rules of Unicode's CLDR."""

from datetime import date
from functools import lru_cache

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal, get_decimal_symbol

from web.languages.choice import ENGLISH, current_language

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CACHED = 10_000


def whole_number(count: int) -> str:
    """12,345 in English."""
    code = current_language().code
    return f"{count:,}" if code == ENGLISH.code else _decimal(count, code)


def decimal(value: float, digits: int = 1) -> str:
    """A number with so many digits after the point: 1.5 in English."""
    code = current_language().code
    text = f"{value:.{digits}f}"
    return text if code == ENGLISH.code else text.replace(".", _decimal_symbol(code))


def day_text(moment: date) -> str:
    """14 Sep 2023 in English."""
    code = current_language().code
    if code == ENGLISH.code:
        return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
    return _date(date(moment.year, moment.month, moment.day), code)


def month_and_year(moment: date) -> str:
    """September 2023 in English."""
    code = current_language().code
    if code == ENGLISH.code:
        return f"{moment:%B %Y}"
    return format_skeleton("yMMMM", moment, locale=code)


def month_text(moment: date) -> str:
    """Sep 2023 in English."""
    code = current_language().code
    if code == ENGLISH.code:
        return f"{_MONTHS[moment.month - 1]} {moment.year}"
    return format_skeleton("yMMM", moment, locale=code)


@lru_cache(_CACHED)
def _decimal(value: int, code: str) -> str:
    return format_decimal(value, locale=code)


@lru_cache
def _decimal_symbol(code: str) -> str:
    return get_decimal_symbol(code)


@lru_cache(_CACHED)
def _date(moment: date, code: str) -> str:
    return format_date(moment, "medium", locale=code)
