"""Plain text and Markdown: paragraphs, without front matter, headings and thematic breaks.

Both are parsed the same way, because the declared type says little: plain text with headings and
Markdown without any markup are common.
"""

import re
from collections.abc import Iterator

from tasks.transcripts.formats.markup import without_markdown
from tasks.transcripts.formats.table_rows import turn_of_row
from tasks.transcripts.labels.candidates import HeadingLine
from tasks.transcripts.labels.known import NOBODY, KnownNames
from tasks.transcripts.labels.paragraphs import parse_paragraphs
from tasks.transcripts.values import LabelledSegments

_EMPTY_LINES = re.compile(r"\n[ \t]+(?=\n)")
_BLOCK_TAG = re.compile(r"</?(?:p|div|br|li|ul|ol|blockquote)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_HEADING = re.compile(r" {0,3}(?:#{1,6}(?:\s|$)|<h[1-6]\b)|[^\n]*</h[1-6]>\s*$", re.IGNORECASE)
_HEADING_MARK = re.compile(r"^ {0,3}#+|(?<!#)#++\s*+$|<[^<>]*>")
# A thematic break, a code fence, or the line under a heading.
_RULE = re.compile(r"\s*(?:={3,}|-{3,}|\*{3,}|_{3,}|(?:[*_-] ){2,}[*_-]|`{3,}\w*|~{3,}\w*)\s*")
_WIKI_BOLD = re.compile(r"'''([^'\n]{1,100})'''")
_PIPE_TABLE = re.compile(r"\n\|[^\n]*\n\|[ \t]*:?-[ \t:|-]*(?P<rows>(?:\n\|[^\n]*)+)")
_MAX_PARAGRAPH_LINES = 40  # a text with longer paragraphs is written in lines


def parse_text(text: str, known: KnownNames = NOBODY) -> LabelledSegments:
    """Return the segments of a plain text or Markdown body."""
    text = _as_markdown(without_front_matter(text))
    return parse_paragraphs(_paragraphs(text), without_markdown, known)


def without_front_matter(text: str) -> str:
    """Return the text after its YAML front matter, if it begins with one."""
    if not text.startswith("---\n"):
        return text
    end = text.find("\n---", 3)
    line_end = text.find("\n", end + 4) if end >= 0 else -1
    return text[line_end + 1 :] if line_end >= 0 else text


def _as_markdown(text: str) -> str:
    """Turn the bold names of a wiki, and the rows of a table of Markdown, into paragraphs."""
    if "'''" in text:
        text = _WIKI_BOLD.sub(r"**\1**", text)
    return _PIPE_TABLE.sub(_turns_of_table, text) if "\n|" in text else text


def _turns_of_table(table: re.Match[str]) -> str:
    rows = [row.strip(" \t|").split("|") for row in table["rows"].split("\n") if row.strip()]
    turns = [turn for row in rows for turn in turn_of_row([[cell.strip()] for cell in row])]
    return "\n\n".join(("", *turns, ""))


def _paragraphs(text: str) -> Iterator[str]:
    if "<" in text:
        text = _BLOCK_TAG.sub("\n\n", text)
    text = _EMPTY_LINES.sub("\n", text).strip("\n")
    blocks = text.split("\n\n")
    if text.count("\n") > _MAX_PARAGRAPH_LINES * len(blocks) or len(blocks) == 1:
        blocks = text.split("\n")
    for block in blocks:
        for paragraph in _between_headings(block) if _may_have_heading(block) else (block,):
            if isinstance(paragraph, HeadingLine):
                yield paragraph
            elif stripped := paragraph.strip():
                yield stripped


def _may_have_heading(block: str) -> bool:
    """Whether a block may have a heading; most are one line that begins like text or a label."""
    if "\n" in block or block[:1] in " #<" or "</" in block:
        return True
    return not (block[0].isalnum() or block[2:3].isalpha())


def _between_headings(block: str) -> Iterator[str]:
    """Yield the headings of a block, and the runs of lines between them, rules and fences."""
    lines: list[str] = []
    for line in block.split("\n"):
        rule = _RULE.fullmatch(line)
        if rule is None and not _HEADING.match(line):
            lines.append(line)
            continue
        heading = "" if rule else line
        if rule and "=" in line:  # an underlined heading
            heading, lines = "\n".join(lines), []
        yield "\n".join(lines)
        lines = []
        yield HeadingLine(_HEADING_MARK.sub("", heading).strip())
    yield "\n".join(lines)
