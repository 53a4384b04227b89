"""The tags of XML, one by one, with the text before each: no tree is built.

A tree takes many times the memory of the bytes. Every pattern stops at the next ``<``, so reading
takes linear time.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tasks.transcripts.formats.markup import resolve_references

_TAG = re.compile(
    r"<(?P<end>/?)(?:[A-Za-z_][\w.-]*:)?(?P<name>[A-Za-z_][\w.-]*)"
    r"(?P<attributes>(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+)>"
    r"|<!--.*?(?:-->|\Z)|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)|<[?!][^<>]*>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([A-Za-z_][\w.:-]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")


class Tag(NamedTuple):
    """A tag and the text before it: the name without its prefix, '' for CDATA and the end."""

    text: str
    name: str
    attributes: dict[str, str]
    opens: bool
    closes: bool


def read_tags(xml: str) -> Iterator[Tag]:
    """Yield every tag; the last one has the text behind all tags. Attributes have no prefix."""
    begin = 0
    text: list[str] = []
    for tag in _TAG.finditer(xml):
        text.append(resolve_references(xml[begin : tag.start()]))
        begin = tag.end()
        if tag["cdata"] is not None:
            text.append(tag["cdata"])
        elif tag["name"] is not None:
            yield _tag("".join(text), tag)
            text = []
    text.append(resolve_references(xml[begin:]))
    yield Tag("".join(text), "", {}, opens=False, closes=False)


def _tag(text: str, tag: re.Match[str]) -> Tag:
    attributes = tag["attributes"]
    values = {
        name.rpartition(":")[2]: resolve_references(double or single)
        for name, double, single in _ATTRIBUTE.findall(attributes)
    }
    is_end = bool(tag["end"])
    closes = is_end or attributes.endswith("/")
    return Tag(text, tag["name"].lower(), values, opens=not is_end, closes=closes)
