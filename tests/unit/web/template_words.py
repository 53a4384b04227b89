"""Finds words in templates that are not marked for translation."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from jinja2 import Environment, nodes

_WORD = re.compile(r"[^\W\d_]{2,}")
# A string that a reader may see: it begins with a capital, or has several words.
_PROSE = re.compile(r"[A-Z][a-z]|.*[^\W\d_]{2,} [^\W\d_]{2,}")
_SHOWN_ATTRIBUTES = {"title", "aria-label", "alt", "placeholder", "data-head"}
_VERBATIM = {"code", "pre", "kbd", "script", "style"}
_TEXT_FUNCTIONS = {"_", "gettext", "ngettext"}
# What a macro prints inside of a tag.
_ATTRIBUTE = re.compile(r'[\w-]+="[^"]*"')
# Names that are the same in every language.
_NAMES = re.compile(r"Overheard|CSV|JSON|OpenAPI|API|UTC|RFC|curl|OPML|VTT|SRT|Atom")


class _ShownText(HTMLParser):
    """Collects the texts and attributes of markup that a reader sees."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VERBATIM:
            self._open.append(tag)
        shown = _SHOWN_ATTRIBUTES | ({"content"} if ("name", "description") in attrs else set())
        self.found += [value or "" for name, value in attrs if name in shown]

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._open:
            self.found.append(data)


def unmarked_words(environment: Environment, source: str) -> list[str]:
    """The texts of a template that would be English in every language."""
    tree = environment.parse(source)
    reader = _ShownText()
    reader.feed("".join(_markup(tree)))
    texts = [_ATTRIBUTE.sub("", _NAMES.sub("", text)) for text in reader.found]
    strings = [one for one in _strings(tree) if _PROSE.match(_NAMES.sub("", one).strip())]
    return [" ".join(one.split()) for one in texts if _WORD.search(one)] + strings


def _markup(node: nodes.Node) -> Iterator[str]:
    """The markup of a template: all branches, with the words that expressions may print."""
    if isinstance(node, nodes.TemplateData):
        yield node.data
    elif isinstance(node, nodes.Output):
        for one in node.nodes:
            yield from _markup(one) if isinstance(one, nodes.TemplateData) else _printed(one)
    elif not isinstance(node, nodes.Expr):
        for child in node.iter_child_nodes():
            yield from _markup(child)


def _printed(node: nodes.Node) -> Iterator[str]:
    """Strings that an expression prints as they are: not those of comparisons and keys."""
    if isinstance(node, nodes.Const):
        yield str(node.value)
    elif isinstance(node, nodes.CondExpr):
        yield from _printed(node.expr1)
        if node.expr2 is not None:
            yield from _printed(node.expr2)
    elif isinstance(node, nodes.Concat):
        for one in node.nodes:
            yield from _printed(one)
    elif isinstance(node, nodes.Or):
        yield from _printed(node.left)
        yield from _printed(node.right)
    elif isinstance(node, nodes.Filter) and node.node is not None:
        yield from _printed(node.node)


def _strings(node: nodes.Node) -> Iterator[str]:
    """Strings anywhere, but for those of comparisons and of marked texts."""
    if isinstance(node, nodes.Const):
        yield from [node.value] if isinstance(node.value, str) else []
    elif isinstance(node, nodes.Call) and getattr(node.node, "name", "") in _TEXT_FUNCTIONS:
        for keyword in node.kwargs:
            yield from _strings(keyword)
    elif isinstance(node, nodes.Filter) and node.name == "counted":
        yield from _strings(node.node or nodes.Const(None))
    elif not isinstance(node, nodes.Compare):
        for one in node.iter_child_nodes():
            yield from _strings(one)
