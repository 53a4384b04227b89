"""Renders templates: everything is escaped, and untrusted text is cleaned."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from markupsafe import Markup
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse

from models import get_settings
from models.reasons import reason_advice
from tasks.plans.plan_file import plans_of_service
from web.auth.session import form_token_of, signed_in_if_known
from web.languages.choice import ENGLISH, LANGUAGES, current_language
from web.languages.formats import decimal
from web.languages.texts import N_, TemplateTexts, TextsInPlace, translated
from web.presenters import filters as shown
from web.presenters.found_words import excerpt, marked
from web.presenters.reason_texts import method_text, reason_text, state_text, why_unattributed

WEB_FOLDER = Path(__file__).parent
STATIC = WEB_FOLDER / "static"


class MenuItem(NamedTuple):
    """An item of the top menu; a page passes the name of its item, in English, as ``here``."""

    name: str
    href: str


MENU = (
    MenuItem(N_("Search"), "/search"),
    MenuItem(N_("Podcasts"), "/podcasts"),
    MenuItem(N_("Charts"), "/charts"),
    MenuItem(N_("People & Topics"), "/people"),
    MenuItem(N_("Add Podcast"), "/add"),
    MenuItem(N_("API"), "/api"),
    MenuItem(N_("Blog"), "/blog"),
)

# On every page, because a page may be shown without a load (see navigation.js); the last one
# announces the first page to the others.
SCRIPTS = (
    "player.js",
    "suggest.js",
    "progress.js",
    "timeline.js",
    "copy.js",
    "review.js",
    "more.js",
    "navigation.js",
)

# What the scripts show; they have the English themselves.
SCRIPT_TEXTS = (
    N_("Copied"),
    N_("Press Ctrl+C"),
    N_("Play"),
    N_("Pause"),
    N_("appearances"),
    N_("podcast"),
    N_("topic"),
    N_(
        "This audio cannot be played here. Follow the title to the episode, which links to the "
        "audio."
    ),
    N_("Times are approximate: this audio is {} longer than the feed says."),
    N_("Times are approximate: this audio is {} shorter than the feed says."),
)


def shows_pricing() -> bool:
    """Whether there are plans, and a page that shows them."""
    return get_settings().pricing_page and plans_of_service() is not None


def menu() -> tuple[MenuItem, ...]:
    """The items of the top menu, in their order."""
    return (*MENU, MenuItem(N_("Pricing"), "/pricing")) if shows_pricing() else MENU


def page(
    request: Request, template: str, *, here: str = "", status: int = 200, **context: Any
) -> HTMLResponse:
    """The response with a rendered template."""
    language = current_language()
    everywhere = {
        "request": request,
        "here": here,
        "menu": menu(),
        "scripts": SCRIPTS,
        "account": signed_in_if_known(request),
        "form_token": form_token_of(request),
        "site": base_url(request),
        "ui": language,
        "ui_languages": LANGUAGES.values(),
        "texts": {} if language is ENGLISH else {text: translated(text) for text in SCRIPT_TEXTS},
        "same_page": _address_of(request),
    }
    text = render_template(template, **(everywhere | context))
    headers = {"content-language": language.code, "vary": "Accept-Language"}
    return HTMLResponse(text.encode("utf-8", "replace"), status_code=status, headers=headers)


def _address_of(request: Request) -> str:
    """The path and query of a page to show again; what a form returned is not shown again."""
    if request.method not in {"GET", "HEAD"}:
        return "/"
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def render_template(template: str, **context: Any) -> str:
    """A rendered template; everything is escaped, whatever the type of the file."""
    return _environment(current_language().code).get_template(template).render(context)


def base_url(request: Request) -> str:
    """Where the pages are reached from outside, without a slash at the end."""
    return (get_settings().public_url or str(request.base_url)).rstrip("/")


def with_query(url: URL, **changed: Any) -> str:
    """The path and query of a URL with some parameters changed; None or "" removes one.

    How much of a list is shown (see paged.py) is of no meaning on another page.
    """
    changed = {"from": None, "show": None} | changed
    remaining = url.remove_query_params(
        [name for name, value in changed.items() if value in (None, "")]
    )
    added = remaining.include_query_params(
        **{name: value for name, value in changed.items() if value not in (None, "")}
    )
    return f"{added.path}?{added.query}" if added.query else added.path


@cache
def static(name: str) -> str:
    """The URL of a static file; it contains a hash of the file's bytes."""
    digest = hashlib.blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()
    return f"/static/{name}?v={digest}"


class _PageEnvironment(Environment):
    """The templates in one language.

    Reads ``row.name`` as a key of the row before it tries an attribute. A missing attribute raises
    an exception, a thousand times for a page of rows, which took most of the time of rendering.
    """

    language = ENGLISH.code

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A value of a row, or what Jinja's own lookup finds."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """A template with its constant texts in the language."""
        tree = super()._parse(source, name, filename)
        TextsInPlace(self.language).visit(tree)
        tree.set_environment(self)
        return tree


@cache
def _environment(code: str) -> Environment:
    environment = _PageEnvironment(
        loader=FileSystemLoader(WEB_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.language = code
    filters = (
        shown.short,
        shown.number,
        shown.counted,
        shown.duration,
        shown.timecode,
        shown.day,
        shown.minute,
        shown.second,
        shown.percent,
        shown.web_address,
        translated,
        decimal,
        excerpt,
        marked,
        reason_advice,
        reason_text,
        method_text,
        state_text,
    )
    environment.filters |= {one.__name__: one for one in filters}
    environment.globals |= {"static": static, "with_query": with_query, "why": why_unattributed}
    _install_texts(environment)
    return environment


def _install_texts(environment: Environment) -> None:
    """Let templates call our functions, which clean what is filled in (see ``_finalize``)."""
    texts = TemplateTexts(_finalize)
    environment.newstyle_gettext = True  # type: ignore[attr-defined]  # of the extension
    environment.globals |= {
        "_": texts.gettext,
        "gettext": texts.gettext,
        "ngettext": texts.ngettext,
    }


def _finalize(value: Any) -> Any:
    """The text that a template prints: without control characters, and empty for None."""
    if value is None:
        return ""
    return shown.clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value
