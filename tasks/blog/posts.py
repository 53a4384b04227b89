"""The operator's own posts: Markdown with front matter, rendered to harmless HTML. Pure."""

import re
from dataclasses import dataclass
from datetime import date

import nh3
from markdown_it import MarkdownIt

_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"([a-z]+)[ \t]*:[ \t]*(.*?)[ \t]*")
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
MAX_TITLE = 200
# No pictures and no frames: a page makes no request to anybody else.
_TAGS = {
    *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "em", "strong", "del", "code", "pre"),
    *("blockquote", "ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}


class PostRefused(ValueError):
    """A file is no post; the message says what to correct."""


@dataclass(frozen=True, slots=True)
class Post:
    """A post: ``html`` is sanitised, ``summary`` is plain text."""

    slug: str
    title: str
    day: date
    summary: str
    html: str


def read_post(slug: str, text: str) -> Post | None:
    """The post in a file; None if it is a draft.

    Raises:
        PostRefused: it has no front matter with a title and a date.
    """
    if not SLUG.fullmatch(slug):
        raise PostRefused("the file name may have only lower-case letters, digits and hyphens")
    found = _FRONT_MATTER.match(text)
    if not found:
        raise PostRefused("it must begin with front matter between two lines of ---")
    fields = _fields(found[1])
    if fields.get("draft", "").lower() == "true":
        return None
    title = " ".join(fields.get("title", "").split())[:MAX_TITLE]
    if not title:
        raise PostRefused("its front matter has no title")
    html = to_html(text[found.end() :])
    return Post(slug, title, _day(fields), fields.get("summary", "")[:500], html)


def to_html(markdown: str) -> str:
    """Markdown as HTML in which nothing runs and nothing is loaded; a title in it is an h2."""
    rendered = MarkdownIt("commonmark").enable("table").render(markdown)
    rendered = re.sub(r"<(/?)h1\b", r"<\1h2", rendered)
    return nh3.clean(
        rendered,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener",
    )


def _fields(front_matter: str) -> dict[str, str]:
    matches = (_FIELD.fullmatch(line) for line in front_matter.splitlines())
    return {found[1]: found[2].strip("\"'") for found in matches if found}


def _day(fields: dict[str, str]) -> date:
    try:
        return date.fromisoformat(fields.get("date", ""))
    except ValueError as error:
        raise PostRefused("its front matter has no date as YYYY-MM-DD") from error
