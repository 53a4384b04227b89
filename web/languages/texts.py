"""Texts in the language of the page: for templates as markup, for Python as plain strings.

Messages are the English texts. A message that has a placeholder is formatted as ``%(name)s``.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from jinja2 import nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from web.languages.catalogues import translations
from web.languages.choice import ENGLISH, current_language

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


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
    return text_in(current_language().code, text)


def text_in(code: str, text: str) -> str:
    """A text in a language; English where the catalogue has none."""
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


class TextsInPlace(NodeTransformer):
    """Puts translations into a template when it is compiled: as constants, and around values.

    Calls for each text of each row would be some 5 % of the time of a page.
    """

    def __init__(self, code: str) -> None:
        self._code = code

    def visit_Output(self, node: nodes.Output) -> nodes.Output:  # noqa: N802  Jinja's name for it
        """What is printed: a text with values becomes its pieces and the values."""
        self.generic_visit(node)
        node.nodes = [piece for child in node.nodes for piece in self._pieces(child)]
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802  Jinja's name for it
        """A text without values becomes a constant."""
        self.generic_visit(node)
        text = self._text_of(node)
        if text is None or node.kwargs:
            return node
        constant = nodes.Const(text % {}, lineno=node.lineno)
        return nodes.MarkSafe(constant, lineno=node.lineno)

    def _pieces(self, node: nodes.Expr) -> Iterator[nodes.Expr]:
        text = self._text_of(node) if isinstance(node, nodes.Call) else None
        if text is None or not isinstance(node, nodes.Call):
            yield node
            return
        values = {one.key: one.value for one in node.kwargs}
        for place, piece in enumerate(_PLACEHOLDER.split(text)):
            data = nodes.TemplateData(piece.replace("%%", "%"), lineno=node.lineno)
            yield values[piece] if place % 2 else data

    def _text_of(self, node: nodes.Call) -> str | None:
        """The translated text of a call that has it as its only argument, besides values."""
        match node:
            case nodes.Call(
                node=nodes.Name(name="_" | "gettext"),
                args=[nodes.Const(value=text)],
                dyn_args=None,
                dyn_kwargs=None,
            ):
                return text_in(self._code, text)
        return None
