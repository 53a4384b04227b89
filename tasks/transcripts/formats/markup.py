"""Remove markup from spoken text: times in brackets, escapes, emphasis, links and tags.

Every pattern is bounded or stops at its own opening character, so any paragraph takes linear time.
"""

import html
import re

from tasks.transcripts.timestamps import CLOCK

# "\[04:02\]" and "[00:01:30.5]" inside a text are times and not spoken words.
_TIME_IN_TEXT = re.compile(rf"\\?\[\s*{CLOCK}\s*\\?\]")
# f4 writes the time of a turn behind it: "#00:01:30-5#".
_TIME_BEHIND = re.compile(r"\s?#\d{1,2}:\d\d:\d\d(?:-\d{1,3})?#")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
# Escaped characters are in the private use area while real markup is removed.
_PRIVATE = {chr(code): chr(0xE000 + code) for code in range(0x21, 0x7F)}
_UNESCAPED = {private: character for character, private in _PRIVATE.items()}
_PRIVATE_CHARACTER = re.compile("[\ue021-\ue07e]")
_MARKUP = re.compile(r"[*_`<&]|\]\(")  # markup that an escape could protect

_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*){0,4}\)")
_AUTOLINK = re.compile(r"<((?:https?|mailto):[^<>\s]*)>")
# HTML elements, and not "<inaudible>", which is a remark about the speech.
_TAG = re.compile(
    r"</?(?:a|abbr|b|blockquote|br|cite|code|del|div|em|font|i|img|li|mark|ol|p|pre|q|s|small|span"
    r"|strong|sub|sup|time|u|ul)(?:[\s/][^<>]*)?>",
    re.IGNORECASE,
)
_STARS = re.compile(r"(?<![\w*])(\*{1,3})([^\s*](?:[^*]*[^\s*])?)\*{1,3}(?![\w*])")
_UNDERSCORES = re.compile(r"(?<![\w_])(_{1,3})([^\s_](?:[^_]*[^\s_])?)_{1,3}(?![\w_])")
_CODE = re.compile(r"(?<!`)`+([^`]*)`+")
# It begins with a newline and not with ^, which would be tried at every character.
_LINE_MARK = re.compile(r"\n[ \t]*(?:>[ \t]?|[-*+][ \t]+)+")


def resolve_references(text: str) -> str:
    """Resolve HTML character references; a number that is too large stays as it is."""
    if "&" not in text:
        return text
    try:
        return html.unescape(text)
    except ValueError:  # &#999…; with more digits than Python converts to a number
        return text


def without_times(text: str) -> str:
    """Remove times in brackets, and resolve backslash escapes."""
    if ":" in text and "[" in text:
        text = _TIME_IN_TEXT.sub(" ", text)
    if "#" in text:
        text = _TIME_BEHIND.sub("", text)
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text


def without_markdown(text: str) -> str:
    """Remove the markup of a Markdown paragraph: CommonMark's inline markup and line marks.

    Links become their text. Emphasis, code marks, quote marks, list marks and tags are removed.
    Escapes and character references are resolved.
    """
    if "[" in text and ":" in text:
        text = _TIME_IN_TEXT.sub(" ", text)
    if "#" in text:
        text = _TIME_BEHIND.sub("", text)
    if "\\" not in text:
        return _without_marks(text)
    if not _MARKUP.search(text):
        return _without_marks(_ESCAPE.sub(r"\1", text))
    text = _without_marks(_ESCAPE.sub(lambda match: _PRIVATE[match[1]], text))
    return _PRIVATE_CHARACTER.sub(lambda match: _UNESCAPED[match[0]], text)


def _without_marks(text: str) -> str:
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    if "<" in text:
        text = _TAG.sub("", _AUTOLINK.sub(r"\1", text))
    if text[:1] in "->*+ \t" or "\n" in text:
        text = _LINE_MARK.sub("\n", "\n" + text)
    if "*" in text:
        text = _STARS.sub(r"\2", _STARS.sub(r"\2", text))
    if "_" in text:
        text = _UNDERSCORES.sub(r"\2", text)
    if "`" in text:
        text = _CODE.sub(r"\1", text)
    return resolve_references(text)
