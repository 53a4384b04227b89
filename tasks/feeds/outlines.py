"""Reads the outline tags of OPML, whatever is wrong with the XML around them. Pure.

An outline has attributes only, so the tags are read one by one and no tree is built: a bare
ampersand, a second root or a missing end costs no other row.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tasks.feeds.parser.text import unescaped

# A value may have a bare "<", but not one that begins the next tag: its quote is missing then.
_NEXT_TAG = r"(?!/?(?:[\w-]{1,40}:)?(?:outline|body|opml)\b)"
_TOKEN = re.compile(
    r"(?P<opaque><!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z))"
    r"|<(?P<end>/?)(?:[\w-]{1,40}:)?outline(?=[\s/>]|\Z)"
    rf"(?P<attributes>(?:[^<>\"']|\"(?:[^\"<]|<{_NEXT_TAG})*\"|'(?:[^'<]|<{_NEXT_TAG})*')*+(?=>)"
    r"|[^<>]*)(?P<closed>>?)",
    re.DOTALL | re.IGNORECASE,
)
_ENDS_VALUE = r"(?=\s{0,99}(?:/?\s{0,9}\Z|[\w:.-]{1,60}\s{0,9}=))"
_ATTRIBUTE = re.compile(
    r"([A-Za-z_][\w:.-]*)\s*=\s*"
    rf"(?:\"((?:[^\"]|\"(?!{_ENDS_VALUE}))*)(?:\"|\Z)|'((?:[^']|'(?!{_ENDS_VALUE}))*)(?:'|\Z)"
    r"|([^\s\"'>]+))"
)


@dataclass(frozen=True, slots=True)
class Outline:
    """An outline tag: attributes by their name in lower case, resolved, and the line (from 1).

    ``commented`` is true with ``isComment``, also that of an outline around it (OPML 2.0).
    ``complete`` is false for the tag in which the document ends.
    """

    attributes: dict[str, str]
    line: int
    has_children: bool
    commented: bool
    complete: bool


def read_outlines(text: str) -> Iterator[Outline]:
    """Yield the outlines in document order; linear time, never raises."""
    pending: Outline | None = None
    comments: list[bool] = []  # of the open outlines
    line, counted = 1, 0
    for token in _TOKEN.finditer(text):
        if token["opaque"] is not None:
            continue
        line, counted = line + text.count("\n", counted, token.start()), token.start()
        if pending is not None:
            yield replace(pending, has_children=pending.has_children and not token["end"])
            pending = None
        if token["end"]:
            comments[-1:] = []
            continue
        pending = _outline(token, line, inside_comment=comments[-1:] == [True])
        if pending.has_children:
            comments.append(pending.commented)
    if pending is not None:
        yield replace(pending, has_children=False)


def _outline(token: re.Match[str], line: int, *, inside_comment: bool) -> Outline:
    """An outline that may have children unless it ends itself; the next tag decides."""
    published = token["attributes"].rstrip()
    attributes = _attributes(published.removesuffix("/"))
    commented = attributes.get("iscomment", "").strip().lower() == "true"
    may_have_children = not published.endswith("/")
    return Outline(
        attributes, line, may_have_children, inside_comment or commented, bool(token["closed"])
    )


def _attributes(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(text):
        value = double or single or bare.strip("\u201c\u201d")
        values.setdefault(name.lower(), unescaped(value))
    return values
