"""Repairs malformed XML: stray ampersands, unclosed tags, unknown entities and prefixes."""

import html
import re
from html.entities import name2codepoint

from tasks.feeds.parser.prolog import XmlDocument
from tasks.feeds.values import FeedRefused

_TOKEN = re.compile(
    # CDATA and comments are opaque. An unclosed one matches up to the end: the search is linear.
    rb"(?P<opaque><!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z))"
    rb"|<(?P<end>/?)(?P<name>[A-Za-z_][\w:.-]*)(?<!:)(?=[\s/>])"
    rb"(?P<attributes>(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+|[^<>]*)>"
    rb"|&(?P<reference>#?[\w.:-]*;)?"
    rb"|(?P<stray><|\]\]>)",
    re.DOTALL,
)
_WELL_FORMED = re.compile(rb"(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"<&]*\"|'[^'<&]*'))*+\s*/?")
_ATTRIBUTE = re.compile(rb"([A-Za-z_][\w:.-]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_PREFIX = re.compile(rb"([A-Za-z_][\w.-]*):[\w.-]+\s*=")
_AMPERSAND = re.compile(rb"&(?P<reference>#?[\w.:-]*;)?")
# No character has more digits; Python converts no number of over 4,300.
_TOO_LONG = re.compile(r"&#(?:\d{8,}|[xX][0-9a-fA-F]{7,});?")
_VOID = frozenset({b"br", b"hr", b"img", b"wbr"})
_STRAY = {b"<": b"&lt;", b"]]>": b"]]&gt;"}
_PREDEFINED = frozenset({b"amp", b"lt", b"gt", b"quot", b"apos"})
_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_NON_CHARACTERS = re.compile(rb"\xef\xbf[\xbe\xbf]")  # U+FFFE, U+FFFF
# How many bytes the declared entities may add to a document.
_MAX_GROWTH = 1_000_000


def repaired(document: XmlDocument) -> bytes:
    """Return the document as well-formed XML, without what comes after its root element.

    Raises:
        FeedRefused: ``truncated`` when the root element does not end, ``entity_bomb`` when its
            entities would expand it too much.
    """
    return _Repair(document).run()


class _Repair:
    """One pass over the tokens of a document, with a stack of open elements."""

    def __init__(self, document: XmlDocument) -> None:
        self._xml = _NON_CHARACTERS.sub(b"", document.xml.translate(None, _CONTROLS))
        if self._xml.rstrip().endswith(b"</" + document.root):  # only the last character is missing
            self._xml = self._xml.rstrip() + b">"
        self._root = document.root
        self._entities = document.entities
        self._growth = 0
        self._open: list[bytes] = []
        self._depth_of: dict[bytes, int] = {}  # the number of open elements by name
        self._prefixes: set[bytes] = set()
        self._pieces: list[bytes] = []

    def run(self) -> bytes:
        position = 0
        for token in _TOKEN.finditer(self._xml):
            self._pieces.append(self._xml[position : token.start()])
            position = token.end()
            self._pieces.append(self._replacement(token))
            if not self._open and token["name"] is None:
                break  # even the first tag is incomplete
            if not self._open:
                return self._with_prefixes_declared(b"".join(self._pieces))
        raise FeedRefused(
            "truncated", "The document ends within its root element; try again later."
        )

    def _replacement(self, token: re.Match[bytes]) -> bytes:
        if token["name"] is not None:
            return self._end(token["name"]) if token["end"] else self._start(token)
        if token["opaque"] is not None:
            return token["opaque"] if token["opaque"].startswith(b"<![") else b""
        return _STRAY[token["stray"]] if token["stray"] else self._reference(token)

    def _start(self, token: re.Match[bytes]) -> bytes:
        name, attributes = token["name"], token["attributes"]
        if not _WELL_FORMED.fullmatch(attributes):
            attributes = self._rewritten(attributes)
        self._record_prefixes(name, attributes)
        if attributes.endswith(b"/"):
            return b"<%b%b>" % (name, attributes)
        if name.lower() in _VOID:
            return b"<%b%b/>" % (name, attributes)
        self._open.append(name)
        self._depth_of[name] = self._depth_of.get(name, 0) + 1
        return b"<%b%b>" % (name, attributes)

    def _record_prefixes(self, name: bytes, attributes: bytes) -> None:
        if b":" in name:
            self._prefixes.add(name.partition(b":")[0])
        if b":" in attributes:
            self._prefixes.update(_PREFIX.findall(attributes))

    def _with_prefixes_declared(self, xml: bytes) -> bytes:
        """Declare the prefixes that are used without a declaration, with made-up URIs."""
        root = xml[: xml.index(b">")]
        unknown = [
            prefix
            for prefix in sorted(self._prefixes - {b"xml", b"xmlns"})
            if b"xmlns:%b=" % prefix not in root
        ]
        after_name = 1 + len(self._root)
        declared = b"".join(b' xmlns:%b="undeclared:%b"' % (name, name) for name in unknown)
        return xml[:after_name] + declared + xml[after_name:]

    def _end(self, name: bytes) -> bytes:
        """Close the element and all inside it; drop an end tag without a start tag."""
        if not self._depth_of.get(name):
            return b""
        closed: list[bytes] = []
        while not closed or closed[-1] != name:
            closed.append(self._open.pop())
            self._depth_of[closed[-1]] -= 1
        return b"".join(b"</%b>" % element for element in closed)

    def _rewritten(self, attributes: bytes) -> bytes:
        """Quote unquoted values; drop duplicates and everything that is not an attribute."""
        values: dict[bytes, bytes] = {}
        for name, double, single, bare in _ATTRIBUTE.findall(attributes):
            value = _AMPERSAND.sub(self._reference, double or single or bare)
            values.setdefault(name, value.replace(b'"', b"&quot;").replace(b"<", b"&lt;"))
        empty = b"/" if attributes.endswith(b"/") else b""
        return b"".join(b' %b="%b"' % pair for pair in values.items()) + empty

    def _reference(self, token: re.Match[bytes]) -> bytes:
        name = (token["reference"] or b"")[:-1]
        if name in _PREDEFINED:
            return token.group()
        if name.startswith(b"#"):
            return _character(_resolved(token.group().decode()))
        if name in self._entities:
            return self._declared(self._entities[name])
        code = name2codepoint.get(name.decode("utf-8", "replace"))
        return chr(code).encode() if code else b"&amp;" + token.group()[1:]

    def _declared(self, value: bytes) -> bytes:
        text = _character(_resolved(value.decode("utf-8", "replace")))
        self._growth += len(text)
        if self._growth > _MAX_GROWTH:
            raise FeedRefused("entity_bomb", "Its XML entities expand it too much.")
        return text


def _resolved(text: str) -> str:
    return html.unescape(_TOO_LONG.sub("\N{REPLACEMENT CHARACTER}", text))


def _character(text: str) -> bytes:
    """Return text as XML, without characters that XML forbids (XML 1.0, section 2.2)."""
    legal = "".join(char for char in text if char in "\t\n\r" or char >= " ")
    encoded = legal.replace("\ufffe", "").replace("\uffff", "").encode("utf-8", "ignore")
    return encoded.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
