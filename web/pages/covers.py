"""Covers from our own address: pictures from the cache, or a letter on a colour."""

import hashlib
from html import escape
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request
from fastapi.responses import Response

from models.database import in_transaction
from models.queries import episode_pages, podcast_pages
from tasks.artwork.fetch import get_artwork
from tasks.artwork.store import CachedImage, cached_artwork
from web.pages.podcasts import Id
from web.presenters.filters import clean
from web.read_transaction import snapshot

router = APIRouter(include_in_schema=False, prefix="/covers")
_DAY = "public, max-age=86400"
_WHILE = "public, max-age=300"
_COLOURS = ("#0f7682", "#a8650f", "#5b4bb8", "#a33d52", "#3f7330", "#2f63a8", "#82488a", "#6f5d3a")
_PLACEHOLDER = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><rect width="96" height="96" \
fill="{colour}"/><text x="48" y="50" fill="#fff" font-family="Georgia, serif" font-size="46" \
text-anchor="middle" dominant-baseline="central">{letter}</text></svg>
"""


@router.get("/podcasts/{podcast_id}")
def podcast_cover(request: Request, podcast_id: Id) -> Response:
    """The picture of a podcast."""
    with snapshot() as session:
        about = podcast_pages.podcast(session, podcast_id)
    if about is None or about.state == "removed":
        raise HTTPException(404)
    return _answer(request, about.image, about.title or about.feed_url)


@router.get("/episodes/{episode_id}")
def episode_cover(request: Request, episode_id: Id) -> Response:
    """The picture of an episode, or of its podcast."""
    with snapshot() as session:
        about = episode_pages.episode(session, episode_id)
    if about is None or about.podcast_state == "removed":
        raise HTTPException(404)
    return _answer(request, about.image or about.podcast_image, about.podcast)


@router.get("/found/{digest}")
def found_cover(
    request: Request,
    digest: Annotated[str, Path(pattern="^[0-9a-f]{32}$")],
    title: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The picture of a podcast in a directory, if it was fetched when it was searched."""
    artwork = in_transaction(cached_artwork, bytes.fromhex(digest))
    return _image(request, artwork, title, waits=artwork is None)


def _answer(request: Request, url: str | None, title: str) -> Response:
    artwork = get_artwork(url) if url else None
    return _image(request, artwork, title, waits=url is not None and artwork is None)


def _image(request: Request, artwork: CachedImage | None, title: str, *, waits: bool) -> Response:
    if artwork is None or artwork.body is None:
        return Response(
            _placeholder(title),
            media_type="image/svg+xml",
            headers={"cache-control": "no-store" if waits else _WHILE},
        )
    etag = f'"{hashlib.blake2b(artwork.body, digest_size=12).hexdigest()}"'
    headers = {"etag": etag, "cache-control": _DAY}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(artwork.body, media_type=artwork.type, headers=headers)


def _placeholder(title: str) -> str:
    """Our own drawing: the first letter of a title, on a colour that stays with the title."""
    plain = clean(title).removeprefix("https://").removeprefix("http://")
    letter = next((c for c in plain if c.isalnum()), "?").upper()[:1]
    number = hashlib.blake2b(plain.encode("utf-8", "replace"), digest_size=2).digest()[0]
    return _PLACEHOLDER.format(colour=_COLOURS[number % len(_COLOURS)], letter=escape(letter))
