"""Which language a page has: the reader's choice, else the browser's wish, else a setting."""

import re
from contextvars import ContextVar
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple

from models import get_settings

LANGUAGE_COOKIE = "overheard_language"


class Language(NamedTuple):
    """A language of the pages; ``name`` is in the language itself."""

    code: str
    name: str
    direction: str = "ltr"


# The source texts are English; the others have a catalogue each.
ENGLISH = Language("en", "English")
LANGUAGES = {
    one.code: one
    for one in (
        ENGLISH,
        Language("de", "Deutsch"),
        Language("es", "Español"),
        Language("fr", "Français"),
    )
}

_RANGE = re.compile(r"([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9]+)*\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?")
_MAX_HEADER = 1000
_current: ContextVar[Language] = ContextVar("language", default=ENGLISH)


def current_language() -> Language:
    """The language of the request that is answered; English outside of pages."""
    return _current.get()


def set_language(language: Language) -> None:
    """Answer this request, which has a context of its own, in a language."""
    _current.set(language)


def chosen_language(cookies: str, accept_language: str) -> Language:
    """The language for the headers Cookie and Accept-Language of a request."""
    code = _of_cookie(cookies) or _of_browser(accept_language)
    return LANGUAGES.get(code) or LANGUAGES[get_settings().language]


def _of_cookie(cookies: str) -> str:
    """The reader's choice; "" without one that we have."""
    if LANGUAGE_COOKIE not in cookies:
        return ""
    try:
        morsel = SimpleCookie(cookies).get(LANGUAGE_COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel is not None and morsel.value in LANGUAGES else ""


def _of_browser(accepted: str) -> str:
    """The language with the highest weight that we have (RFC 9110, 12.5.4); "" without one."""
    wishes = [_RANGE.fullmatch(part.strip()) for part in accepted[:_MAX_HEADER].split(",")]
    weights = [(float(wish[2] or 1), wish[1].lower()) for wish in wishes if wish]
    ordered = sorted(weights, key=lambda one: -one[0])  # stable: equal weights keep their order
    return next((code for weight, code in ordered if weight and code in LANGUAGES), "")
