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
from tasks.transcripts.labels.candidates import EndOfQuote, HeadingLine, PlacedText, TermLine
from tasks.transcripts.labels.known import NOBODY, KnownNames
from tasks.transcripts.labels.paragraphs import parse_paragraphs
from tasks.transcripts.labels.vocabulary import word_set
from tasks.transcripts.timestamps import CLOCK
from tasks.transcripts.values import LabelledSegments

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>|<[!?/][^<>]*>")
_CONTAINERS = word_set("div section article main aside header body")
_SHOWN_FILE = re.compile(
    r"(?:<!doctype html>\s*)?<html\b[^<>]*>\s*(?:<head\b[^<>]*>(?:<meta\b[^<>]*>)?\s*</head>\s*)?"
    r"<body\b[^<>]*>\s*<pre\b[^<>]*>(?P<file>[^<]*)</pre>\s*</body>\s*</html>",
    re.IGNORECASE,
)
_MAX_SIGN = 3  # characters before the first words of a paragraph that are none
_MAX_DEPTH = 50  # of containers: what is open further out says nothing
_BLOCKS = _CONTAINERS | word_set("p li ul ol dl dt dd blockquote table hr pre footer")
_UNSPOKEN = word_set("title script style nav footer button select svg noscript template")
_HEADINGS = word_set("h1 h2 h3 h4 h5 h6")
_INLINE = "___"
_COLON_OR_SPACE = (" ", "\u00a0", "\n", ":")
# How an element at the start of a paragraph is marked; another mark is another kind of label.
_MARKS = dict.fromkeys(("b", "strong"), "**") | dict.fromkeys(("em", "i"), "***")
_MARKS |= dict.fromkeys(word_set("span a u font label small mark code"), _INLINE)
_MARKED = re.compile(r"(\*{2,3}|_{3})(?=\S)([^*]*?)\1")
_MAY_BE_NAME = re.compile(r"(?=.*[^\W\d_])[^:\n]{1,60}:?")
_TIME = re.compile(rf"[\[(]?\s*({CLOCK})\s*[\])]?")
_KIND = re.compile(r"\b(?:class=(?:\"[^\"]*\"|'[^']*'|[^\s>]+)|dir|lang|align)\b")
# What is behind a quote: "— Name, place", or a cite of its own.
_SOURCE = re.compile(r"[-\u2013-\u2015]\s*([^\n]{1,80})|\*\*([^*\n]{1,80}):\*\*")


def shown_source(text: str) -> str:
    """The text of a page that is nothing but a file, as a browser shows it in one ``pre``."""
    page = _SHOWN_FILE.fullmatch(text.strip()) if text.lstrip()[:1] == "<" else None
    return resolve_references(page["file"]) if page else text


def parse_html(text: str, known: KnownNames = NOBODY) -> LabelledSegments:
    """Return the segments of an HTML body."""
    return parse_paragraphs(_Paragraphs().read(text), _spoken_text, known)


def _spoken_text(text: str) -> str:
    if text.startswith(("**", _INLINE)):  # our own mark, of what turned out not to be a label
        text = _MARKED.sub(r"\2", text, count=1)
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
        self.mark = ""  # how it is written, and the index of its first part
        self.mark_begin = 0
        self.unspoken = ""  # the open tag whose text is left out
        self.preformatted = False
        self.kind: type[str] = str
        self.path: tuple[int, ...] = ()
        self.containers = 0
        self.element = ""
        self.quote: list[str] | None = None  # the paragraphs of the open blockquote
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
                yield from self._handle_tag(tag[2].lower(), tag[0], closing=tag[1] == "/")
        self._add(text[begin:])
        yield from self._flush()
        yield from self._close_quote()
        if self.cells and self.row_is_spoken:
            yield from turn_of_row(self.cells)

    def _handle_tag(self, name: str, tag: str, *, closing: bool) -> Iterator[str]:
        if self.unspoken:
            self.unspoken = "" if closing and name == self.unspoken else self.unspoken
        elif name in _UNSPOKEN and (name != "footer" or self.quote is None):
            yield from self._flush()
            self.unspoken = "" if closing else name
        elif name in ("tr", "td", "th"):
            yield from self._handle_table(name, closing=closing)
        elif name in _BLOCKS or name in _HEADINGS:
            yield from self._handle_block(name, tag, closing=closing)
        elif name == "br":
            self.parts.append("\n")
        elif name == "cite" or name in _MARKS:
            yield from self._handle_mark(name, closing=closing)
        elif name == "time" and (self.at_start or self.parts[-1:] == ["["]):
            self.parts.append("] " if closing else "[")

    def _handle_block(self, name: str, tag: str, *, closing: bool) -> Iterator[str]:
        yield from self._flush()
        if name == "hr":
            yield HeadingLine("")
        if name == "blockquote":
            yield from self._close_quote()
            self.quote = None if closing else []
        if name in _CONTAINERS:
            self.containers += 1
            self.path = self.path[:-1] if closing else (*self.path[-_MAX_DEPTH:], self.containers)
        self.element = "" if closing else f"{name} {' '.join(_KIND.findall(tag))}"
        if not closing:
            self.kind = HeadingLine if name in _HEADINGS else TermLine if name == "dt" else str
        self.preformatted = name == "pre" and not closing

    def _close_quote(self) -> Iterator[str]:
        """Narrated shows have each quote in a blockquote of its own, with its label.

        The name is before the words, or behind them in a footer or ``cite``.
        """
        if self.quote is None:
            return
        first, *others = self.quote or [""]
        source = _SOURCE.fullmatch(others[-1]) if others else None
        if source:
            first, others = f"**{source[1] or source[2]}:** {first}", others[:-1]
        yield from filter(None, (first, *others))
        self.quote = None
        if first[:2] == "**":
            yield EndOfQuote()

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
            self._close_mark()
        elif not closing and not self.emphasised and (self.at_start or name == "cite"):
            if name == "cite" and not self.at_start and "\n" in "".join(self.parts[-2:]):
                yield from self._flush()
            if self.at_start:
                self.emphasised, self.mark = name, _MARKS.get(name, "**")
                self.mark_begin = len(self.parts)
                self.parts.append(self.mark)

    def _close_mark(self) -> None:
        """End the emphasis; another inline element stays if it is short and has no colon.

        White space at its end is behind it, as it is behind a colon.
        """
        is_broken = self.parts[-1] == "\n"
        if is_broken:
            self.parts.pop()
        inner = "".join(self.parts[self.mark_begin + 1 :])
        end = ":**" if self.emphasised == "cite" else self.mark
        self.parts[self.mark_begin + 1 :] = [inner.rstrip(), end]
        if self.mark != _INLINE and inner[-1:] in _COLON_OR_SPACE:
            self.parts.append(" ")
        self.emphasised, inner = "", inner.strip()
        if self.mark == _INLINE and (clock := _TIME.fullmatch(inner)):
            self.parts[self.mark_begin :], self.mark = [f"[{clock[1]}] "], ""
        elif self.mark == _INLINE and inner:
            self.at_start = False
        if self.mark == _INLINE and not _MAY_BE_NAME.fullmatch(inner):
            self._drop_mark()
        if is_broken:
            self.parts.append("\n")

    def _drop_mark(self) -> None:
        self.parts[self.mark_begin :] = [p for p in self.parts[self.mark_begin :] if p != _INLINE]
        self.mark = ""

    def _add(self, data: str) -> None:
        if self.unspoken:
            return
        text = resolve_references(data if self.preformatted else data.replace("\n", " "))
        if not text.strip():
            if self.parts:
                self.parts.append(" ")
            return
        after_mark = self.mark and not self.emphasised and self.parts[-1].strip() in ("", self.mark)
        if after_mark and (clock := _TIME.fullmatch(text.strip())):
            text = f" [{clock[1]}] "
        elif not self.emphasised and self.parts[-1:] == [_INLINE] and text[0].isalnum():
            self.parts.append(" ")
        self.parts.append(text.rstrip(" :") if self.emphasised == "cite" else text)
        is_sign = len(text) <= _MAX_SIGN and not any(map(str.isalnum, text))
        is_before = self.emphasised or self.parts[-2:-1] == ["["] or is_sign
        self.at_start = self.at_start and bool(is_before)

    def _flush(self) -> Iterator[str]:
        if self.emphasised:
            self.parts.append(":**" if self.emphasised == "cite" else self.mark)
        if self.mark == _INLINE and "".join(self.parts).rstrip().endswith(_INLINE):
            self._drop_mark()
        text = "".join(self.parts)
        self.parts, self.at_start, self.emphasised, self.mark = [], True, "", ""
        kind, self.kind = self.kind, str
        if self.cells and text.strip():
            self.cells[-1].append(text.strip())
        elif kind is not str:
            if stripped := text.strip():
                yield kind(stripped)
        elif self.quote is not None:
            self.quote += filter(None, map(str.strip, text.split("\n\n")))
        else:
            yield from map(self._placed, filter(None, map(str.strip, text.split("\n\n"))))

    def _placed(self, text: str) -> PlacedText:
        placed = PlacedText(text)
        placed.path, placed.element = self.path, self.element
        return placed
