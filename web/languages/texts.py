"""Texts in the language of the page: for templates as markup, for Python as plain strings.

Messages are the English texts. A message that has a placeholder is formatted as ``%(name)s``.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from web.languages.catalogues import translations
from web.languages.choice import ENGLISH, current_language


class Plural(NamedTuple):
    """A message for one thing, and one for several."""

    one: str
    many: str


def N_(text: str) -> str:  # noqa: N802  its name in the manual of gettext
    """Mark a text for the catalogues that is translated where it is shown."""
    return text


def plural(one: str, many: str) -> Plural:
    """Mark two texts for the catalogues; which one fits depends on a number."""
    return Plural(one, many)


def translated(text: str) -> str:
    """A text in the language of the page; English where the catalogue has none."""
    code = current_language().code
    if code == ENGLISH.code or not text:  # the message "" is the header of a catalogue
        return text
    return translations(code).gettext(text)


def formatted(text: str, **values: object) -> str:
    """A text in the language of the page, with values in its placeholders."""
    return translated(text) % values


def translated_plural(texts: Plural, count: int) -> str:
    """The text that fits a number."""
    code = current_language().code
    if code == ENGLISH.code:
        return texts.one if count == 1 else texts.many
    return translations(code).ngettext(texts.one, texts.many, count)


class TemplateTexts:
    """The functions that Jinja's extension calls; values are cleaned and escaped as elsewhere."""

    def __init__(self, shown: Callable[[Any], Any]) -> None:
        self._shown = shown

    def gettext(self, text: str, /, **values: object) -> Markup:
        """A message, which may have tags, with values in it."""
        return self._filled(translated(text), values)

    def ngettext(self, one: str, many: str, num: int, /, **values: object) -> Markup:
        """The message that fits a number."""
        return self._filled(translated_plural(Plural(one, many), num), values)

    def _filled(self, text: str, values: dict[str, object]) -> Markup:
        if values:
            values = {name: escape(self._shown(value)) for name, value in values.items()}
        return Markup(text % values)  # noqa: S704  the text is ours, its values are escaped
