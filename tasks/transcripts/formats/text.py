"""Plain text and Markdown: blocks between empty lines, without front matter, headings and rules.

Both are read alike, for the type that is declared says little: plain text with headings and
Markdown without any markup are published every day.
"""

import re
from collections.abc import Iterator

from tasks.transcripts.formats.markup import without_markdown
from tasks.transcripts.labels.paragraphs import read_turns
from tasks.transcripts.values import Segment

_EMPTY_LINES = re.compile(r"\n[ \t]+(?=\n)")
_BLOCK_TAG = re.compile(r"</?(?:p|div|br|li|ul|ol|blockquote)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_HEADING = re.compile(r" {0,3}(?:#{1,6}(?:\s|$)|<h[1-6]\b)|[^\n]*</h[1-6]>\s*$", re.IGNORECASE)
# A rule, a fence, or the line under a heading.
_RULE = re.compile(r"\s*(?:={3,}|-{3,}|\*{3,}|_{3,}|(?:[*_-] ){2,}[*_-]|`{3,}\w*|~{3,}\w*)\s*")
_LINES_OF_A_PARAGRAPH = 40  # text with longer ones is written in lines, not in paragraphs


def parse_text(text: str) -> list[Segment]:
    """Return the segments of a plain text or Markdown body."""
    return read_turns(_paragraphs(without_front_matter(text)), without_markdown)


def without_front_matter(text: str) -> str:
    """Return the text after a YAML front matter block, if it opens with one."""
    if not text.startswith("---\n"):
        return text
    end = text.find("\n---", 3)
    line_end = text.find("\n", end + 4) if end >= 0 else -1
    return text[line_end + 1 :] if line_end >= 0 else text


def _paragraphs(text: str) -> Iterator[str]:
    if "<" in text:
        text = _BLOCK_TAG.sub("\n\n", text)
    text = _EMPTY_LINES.sub("\n", text).strip("\n")
    blocks = text.split("\n\n")
    if text.count("\n") > _LINES_OF_A_PARAGRAPH * len(blocks) or len(blocks) == 1:
        blocks = text.split("\n")
    for block in blocks:
        for paragraph in _without_headings(block) if _may_hold_heading(block) else (block,):
            if stripped := paragraph.strip():
                yield stripped


def _may_hold_heading(block: str) -> bool:
    """Rule out most blocks at once: one line that begins like words or like a label."""
    if "\n" in block or block[:1] in " #<" or "</" in block:
        return True
    return not (block[0].isalnum() or block[2:3].isalpha())


def _without_headings(block: str) -> Iterator[str]:
    """Yield the runs of lines between headings, rules and fences."""
    lines: list[str] = []
    for line in block.split("\n"):
        rule = _RULE.fullmatch(line)
        if rule or _HEADING.match(line):
            if rule and "=" in line:
                lines.clear()  # a heading underlined
            yield "\n".join(lines)
            lines = []
        else:
            lines.append(line)
    yield "\n".join(lines)
