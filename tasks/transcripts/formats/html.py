"""HTML transcripts: the speaker in ``cite``, the start in ``time``, the text in ``p``.

Variants of this form are common, and are parsed too, such as a table with a row for each turn. The
parser reads tags and builds no tree: a tree takes many times the memory of the bytes, and only the
order of text, blocks and a few marks matters. Every pattern stops at the next ``<``, so parsing
takes linear time.
"""

import re
from collections.abc import Iterator

from tasks.transcripts.formats.markup import resolve_references, without_times
from tasks.transcripts.formats.table_rows import turn_of_row
from tasks.transcripts.labels.candidates import EndOfQuote, HeadingLine, TermLine
from tasks.transcripts.labels.known import NOBODY, KnownNames
from tasks.transcripts.labels.paragraphs import parse_paragraphs
from tasks.transcripts.labels.vocabulary import word_set
from tasks.transcripts.values import LabelledSegments

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>|<[!?/][^<>]*>")
_BLOCKS = word_set("p div li ul ol dl dt dd blockquote section article main body table hr pre")
_UNSPOKEN = word_set("title script style nav footer button select svg noscript template")
_HEADINGS = word_set("h1 h2 h3 h4 h5 h6")
_EMPHASIS = word_set("b strong em i")
_MARKED = re.compile(r"\*\*([^*]*)\*\*")


def parse_html(text: str, known: KnownNames = NOBODY) -> LabelledSegments:
    """Return the segments of an HTML body."""
    return parse_paragraphs(_Paragraphs().read(text), _spoken_text, known)


def _spoken_text(text: str) -> str:
    if text.startswith("**"):  # our own mark: emphasis that turned out not to be a label
        text = _MARKED.sub(r"\1", text, count=1)
    return without_times(text)


def _without_comments(text: str) -> str:
    first, *others = text.split("<!--")
    return first + "".join(other.partition("-->")[2] for other in others)


class _Paragraphs:
    """Turns tags into paragraphs that begin ``**Name:** [0:00] …``, for all published variants."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.at_start = True  # no text of this paragraph has been read yet
        self.emphasised = ""  # the open tag that emphasises the start of the paragraph
        self.unspoken = ""  # the open tag whose text is left out
        self.preformatted = False
        self.kind: type[str] = str
        self.quote: list[str] | None = None  # how the paragraphs of the open blockquote begin
        self.cells: list[list[str]] | None = None  # the paragraphs of each cell of a table's row
        self.row_is_spoken = False  # it has more than headings

    def read(self, text: str) -> Iterator[str]:
        text = _without_comments(text)
        begin = 0
        for tag in _TAG.finditer(text):
            if tag.start() > begin:
                self._add(text[begin : tag.start()])
            begin = tag.end()
            if tag[2]:
                yield from self._handle_tag(tag[2].lower(), closing=tag[1] == "/")
        self._add(text[begin:])
        yield from self._flush()
        if self.cells and self.row_is_spoken:
            yield from turn_of_row(self.cells)

    def _handle_tag(self, name: str, *, closing: bool) -> Iterator[str]:
        if self.unspoken:
            self.unspoken = "" if closing and name == self.unspoken else self.unspoken
        elif name in _UNSPOKEN:
            yield from self._flush()
            self.unspoken = "" if closing else name
        elif name in ("tr", "td", "th"):
            yield from self._handle_table(name, closing=closing)
        elif name in _BLOCKS or name in _HEADINGS:
            yield from self._flush()
            if name == "blockquote":
                yield from self._handle_quote(closing=closing)
            if not closing:
                self.kind = HeadingLine if name in _HEADINGS else TermLine if name == "dt" else str
            self.preformatted = name == "pre" and not closing
        elif name == "br":
            self.parts.append("\n")
        elif name == "cite" or name in _EMPHASIS:
            yield from self._handle_mark(name, closing=closing)
        elif name == "time" and (self.at_start or self.parts[-1:] == ["["]):
            self.parts.append("] " if closing else "[")

    def _handle_quote(self, *, closing: bool) -> Iterator[str]:
        """Narrated shows have each quote, with its label, in a blockquote of its own."""
        if closing and self.quote and self.quote[0] == "**":
            yield EndOfQuote()
        self.quote = None if closing else []

    def _handle_table(self, name: str, *, closing: bool) -> Iterator[str]:
        yield from self._flush()
        if name != "tr":
            if self.cells is not None and not closing:
                self.cells.append([])
                self.row_is_spoken |= name == "td"
            return
        if self.cells and self.row_is_spoken:
            yield from turn_of_row(self.cells)
        self.cells, self.row_is_spoken = None if closing else [], False

    def _handle_mark(self, name: str, *, closing: bool) -> Iterator[str]:
        if closing and name == self.emphasised:
            self.parts.append(":** " if name == "cite" else "**")
            self.emphasised = ""
        elif not closing and not self.emphasised and (self.at_start or name == "cite"):
            if name == "cite" and not self.at_start and "\n" in "".join(self.parts[-2:]):
                yield from self._flush()
            if self.at_start:
                self.parts.append("**")
                self.emphasised = name

    def _add(self, data: str) -> None:
        if self.unspoken:
            return
        text = resolve_references(data if self.preformatted else data.replace("\n", " "))
        if text.strip():
            self.parts.append(text.rstrip(" :") if self.emphasised == "cite" else text)
            self.at_start = self.at_start and bool(self.emphasised or self.parts[-2:-1] == ["["])
        elif self.parts:
            self.parts.append(" ")

    def _flush(self) -> Iterator[str]:
        if self.emphasised:
            self.parts.append(":**" if self.emphasised == "cite" else "**")
        text = "".join(self.parts)
        self.parts, self.at_start, self.emphasised = [], True, ""
        kind, self.kind = self.kind, str
        if self.cells and text.strip():
            self.cells[-1].append(text.strip())
        elif kind is str:
            if self.quote is not None and text.strip():
                self.quote.append(text[:2])
            yield from filter(None, map(str.strip, text.split("\n\n")))
        elif stripped := text.strip():
            yield kind(stripped)
