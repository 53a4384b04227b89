"""Pages from templates: everything escaped, and every value of a stranger's cleaned."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse

from web.auth.session import form_token_of, signed_in_if_known
from web.presenters import filters as shown
from web.presenters.reason_texts import why_unattributed

ROOM = Path(__file__).parent
STATIC = ROOM / "static"


class MenuItem(NamedTuple):
    """A place of the top menu; a page says by ``here`` which one it belongs to."""

    name: str
    href: str


MENU = (
    MenuItem("Search", "/search"),
    MenuItem("Podcasts", "/podcasts"),
    MenuItem("Charts", "/charts"),
    MenuItem("People & Topics", "/people"),
    MenuItem("Add Podcast", "/add"),
    MenuItem("API", "/api"),
)


def page(
    request: Request, template: str, *, here: str = "", status: int = 200, **context: Any
) -> HTMLResponse:
    """The answer that a template makes of these values."""
    everywhere = {
        "request": request,
        "here": here,
        "menu": MENU,
        "account": signed_in_if_known(request),
        "form_token": form_token_of(request),
    }
    text = rendered(template, **(everywhere | context))
    return HTMLResponse(text.encode("utf-8", "replace"), status_code=status)


def rendered(template: str, **context: Any) -> str:
    """What a template makes of these values; everything is escaped, whatever the kind of file."""
    return _environment().get_template(template).render(context)


def with_query(url: URL, **changed: Any) -> str:
    """The path and query of an address with some parameters changed; None takes one out."""
    kept = url.remove_query_params([name for name, value in changed.items() if value in (None, "")])
    added = kept.include_query_params(
        **{name: value for name, value in changed.items() if value not in (None, "")}
    )
    return f"{added.path}?{added.query}" if added.query else added.path


@cache
def static(name: str) -> str:
    """The address of a file that is shipped with us; it changes with the file's bytes."""
    digest = hashlib.blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()
    return f"/static/{name}?v={digest}"


class _RowsFirst(Environment):
    """Looks for ``row.name`` in the row before it looks for an attribute.

    A look for an attribute that is not there is an exception, a thousand times for a page of rows,
    and took most of the time of a page.
    """

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A value of a row, or what Jinja finds."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


@cache
def _environment() -> Environment:
    environment = _RowsFirst(
        loader=FileSystemLoader(ROOM / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (shown.short, shown.number, shown.counted, shown.duration, shown.timecode,
               shown.day, shown.minute, shown.second, shown.percent, shown.web_address)  # fmt: skip
    environment.filters |= {one.__name__: one for one in filters}
    environment.globals |= {"static": static, "with_query": with_query, "why": why_unattributed}
    return environment


def _cleaned(value: Any) -> Any:
    """What a template prints: text without controls, and nothing for None."""
    if value is None:
        return ""
    return shown.clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value
