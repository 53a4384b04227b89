"""Takes the writing out of what was said: times in brackets, escapes, emphasis, links, tags.

Every pattern is bounded or stops at its own opening character, so a paragraph is read in linear
time whatever it holds.
"""

import html
import re

from tasks.transcripts.timestamps import CLOCK

# "\[04:02\]" and "[00:01:30.5]" inside a text are times and not words.
_TIME_IN_TEXT = re.compile(rf"\\?\[\s*{CLOCK}\s*\\?\]")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
# Escaped characters wait in the private use area while the markup that is meant is removed.
_ASIDE = {chr(code): chr(0xE000 + code) for code in range(0x21, 0x7F)}
_BACK = {aside: character for character, aside in _ASIDE.items()}
_SET_ASIDE = re.compile("[\ue021-\ue07e]")
_MEANT = re.compile(r"[*_`<&]|\]\(")  # markup that an escape could guard

_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*){0,4}\)")
_ADDRESS = re.compile(r"<((?:https?|mailto):[^<>\s]*)>")
# Elements, and not "<inaudible>", which is said about the words.
_TAG = re.compile(
    r"</?(?:a|abbr|b|blockquote|br|cite|code|del|div|em|font|i|img|li|mark|ol|p|pre|q|s|small|span"
    r"|strong|sub|sup|time|u|ul)(?:[\s/][^<>]*)?>",
    re.IGNORECASE,
)
_STARS = re.compile(r"(?<![\w*])(\*{1,3})([^\s*](?:[^*]*[^\s*])?)\*{1,3}(?![\w*])")
_UNDERSCORES = re.compile(r"(?<![\w_])(_{1,3})([^\s_](?:[^_]*[^\s_])?)_{1,3}(?![\w_])")
_CODE = re.compile(r"`+([^`]*)`+")
# Begins with a newline and not with ^, which would be tried at every character.
_LINE_MARK = re.compile(r"\n[ \t]*(?:>[ \t]?|[-*+][ \t]+)+")


def resolve_references(text: str) -> str:
    """Return the text with HTML character references resolved; an absurd number stays as it is."""
    if "&" not in text:
        return text
    try:
        return html.unescape(text)
    except ValueError:  # &#999…; with more digits than Python turns into a number
        return text


def without_times(text: str) -> str:
    """Return the text without times in brackets and without backslash escapes."""
    if ":" in text and "[" in text:
        text = _TIME_IN_TEXT.sub(" ", text)
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text


def without_markdown(text: str) -> str:
    """Return the words of a Markdown paragraph (CommonMark's inline part, and what blocks add).

    Links become their text, emphasis, code marks, quote and list marks go, escapes are resolved,
    tags are dropped, character references resolved.
    """
    if "[" in text and ":" in text:
        text = _TIME_IN_TEXT.sub(" ", text)
    if "\\" not in text:
        return _without_marks(text)
    if not _MEANT.search(text):
        return _without_marks(_ESCAPE.sub(r"\1", text))
    text = _without_marks(_ESCAPE.sub(lambda found: _ASIDE[found[1]], text))
    return _SET_ASIDE.sub(lambda found: _BACK[found[0]], text)


def _without_marks(text: str) -> str:
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    if "<" in text:
        text = _TAG.sub("", _ADDRESS.sub(r"\1", text))
    if text[:1] in "->*+ \t" or "\n" in text:
        text = _LINE_MARK.sub("\n", "\n" + text)
    if "*" in text:
        text = _STARS.sub(r"\2", _STARS.sub(r"\2", text))
    if "_" in text:
        text = _UNDERSCORES.sub(r"\2", text)
    if "`" in text:
        text = _CODE.sub(r"\1", text)
    return resolve_references(text)
