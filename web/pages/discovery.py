"""What search engines read: robots.txt (RFC 9309), and site maps (sitemaps.org, 0.9)."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import PlainTextResponse, Response

from models import get_settings
from models.queries.sitemap import IDS_OF_FILE, SitemapKind, last_ids, paths_of
from web.read_transaction import snapshot
from web.rendering import STATIC, base_url, render_template

router = APIRouter(include_in_schema=False)
# Each would be a page for every question that can be put to it.
_NOT_INDEXED = (
    *("/search", "/add", "/operate", "/account", "/first-account", "/sign-in"),
    *("/api/v1/", "/artwork/"),
)


def indexing_allowed() -> bool:
    """Whether search engines may show the pages."""
    settings = get_settings()
    return settings.search_engines and settings.public_reading


@router.get("/robots.txt")
def robots(request: Request) -> PlainTextResponse:
    """Which pages search engines may read."""
    if not indexing_allowed():
        return PlainTextResponse("User-agent: *\nDisallow: /\n")
    refused = "".join(f"Disallow: {path}\n" for path in _NOT_INDEXED)
    return PlainTextResponse(f"User-agent: *\n{refused}Sitemap: {base_url(request)}/sitemap.xml\n")


@router.get("/sitemap.xml")
def sitemap_index(request: Request) -> Response:
    """The list of site maps, each of so many ids of one kind."""
    _only_if_indexed()
    with snapshot() as session:
        last = last_ids(session)
    base = base_url(request)
    files = [
        f"{base}/sitemap/{kind}/{number}.xml"
        for kind in SitemapKind
        for number in range(-(-last[kind] // IDS_OF_FILE))
    ]
    return _xml("sitemapindex", "sitemap", files)


@router.get("/sitemap/{kind}/{number}.xml")
def sitemap(request: Request, kind: SitemapKind, number: int) -> Response:
    """The pages of one range of ids."""
    _only_if_indexed()
    if not 0 <= number < 2**40:
        raise HTTPException(404)
    with snapshot() as session:
        paths = paths_of(session, kind, number)
    base = base_url(request)
    return _xml("urlset", "url", [base + path for path in paths])


@router.get("/favicon.ico")
def favicon() -> Response:
    """Our mark, for browsers that ask for no other."""
    return Response((STATIC / "mark.svg").read_bytes(), media_type="image/svg+xml")


def _only_if_indexed() -> None:
    if not indexing_allowed():
        raise HTTPException(404)


def _xml(root: str, element: str, urls: list[str]) -> Response:
    text = render_template("sitemap.xml", root=root, element=element, urls=urls)
    return Response(text.encode("utf-8", "replace"), media_type="application/xml")
