"""Artwork and portraits from our own address: from the cache, or letters on a colour."""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Annotated, TypeVar

from fastapi import APIRouter, HTTPException, Path, Query, Request
from fastapi.responses import Response

from models.database import in_transaction
from models.queries import episode_pages, podcast_pages
from models.queries.person import names_of_person
from models.queries.person_tags import person_tags
from tasks.artwork.fetch import begin_artwork_fetch, find_artwork
from tasks.artwork.store import CachedImage, cached_artwork
from web.middleware.cache_control import cached_for
from web.pages.person import known
from web.pages.podcasts import Id
from web.pictures import Picture
from web.presenters.filters import clean
from web.presenters.portrait import initials, names_in_tags, picture_of
from web.read_transaction import snapshot

Argument = TypeVar("Argument")
Result = TypeVar("Result")

router = APIRouter(include_in_schema=False, prefix="/artwork")
# How long a page waits for a picture, before it shows a letter.
WAIT_SECONDS = 2.0
_DAY, _WHILE = 86_400, 300
_COLOURS = ("#0f7682", "#a8650f", "#5b4bb8", "#a33d52", "#3f7330", "#2f63a8", "#82488a", "#6f5d3a")
_PLACEHOLDER = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><rect width="96" height="96" \
fill="{colour}"/><text x="48" y="50" fill="#fff" font-family="Georgia, serif" \
font-size="{size}" text-anchor="middle" dominant-baseline="central">{letters}</text></svg>
"""


@router.get("/podcasts/{podcast_id}")
async def podcast_artwork(request: Request, podcast_id: Id) -> Response:
    """The picture of a podcast."""
    return await _artwork(request, _of_podcast, podcast_id)


@router.get("/episodes/{episode_id}")
async def episode_artwork(request: Request, episode_id: Id) -> Response:
    """The picture of an episode, or of its podcast."""
    return await _artwork(request, _of_episode, episode_id)


@router.get("/people/{slug}")
async def portrait(request: Request, slug: str) -> Response:
    """The picture of a person from the tags of feeds, or their initials."""
    return await _artwork(request, _of_person, slug)


@router.get("/found/{digest}")
async def found_artwork(
    request: Request,
    digest: Annotated[str, Path(pattern="^[0-9a-f]{32}$")],
    title: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The picture of a podcast in a directory, if it was fetched when it was searched."""
    artwork = await _in_thread(_of_digest, bytes.fromhex(digest))
    return _image(request, artwork, Drawing.of_title(title), waits=artwork is None)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Our own picture in the place of a missing one: letters on the colour of a text."""

    letters: str
    text: str

    @classmethod
    def of_title(cls, title: str) -> "Drawing":
        """The first letter of a title."""
        plain = clean(title).removeprefix("https://").removeprefix("http://")
        return cls(next(filter(str.isalnum, plain), "?").upper()[:1], plain)

    def svg(self) -> str:
        """The drawing; its colour stays with the text."""
        number = hashlib.blake2b(self.text.encode("utf-8", "replace"), digest_size=2).digest()[0]
        return _PLACEHOLDER.format(
            colour=_COLOURS[number % len(_COLOURS)],
            letters=escape(self.letters),
            size=46 if len(self.letters) == 1 else 38,
        )


@dataclass(frozen=True, slots=True)
class ShownArtwork:
    """Where a picture is, what is drawn in its place, and what the cache has."""

    url: str | None
    drawing: Drawing
    cached: CachedImage | None


def _of_podcast(podcast_id: int) -> ShownArtwork:
    with snapshot(revealing=True) as session:  # the picture is shown, and its URL is not
        about = podcast_pages.podcast(session, podcast_id)
    if about is None or about.state == "removed":
        raise HTTPException(404)
    return _with_cached(about.image, Drawing.of_title(about.title or about.feed_url))


def _of_episode(episode_id: int) -> ShownArtwork:
    with snapshot(revealing=True) as session:
        about = episode_pages.episode(session, episode_id)
    if about is None or about.podcast_state == "removed":
        raise HTTPException(404)
    return _with_cached(about.image or about.podcast_image, Drawing.of_title(about.podcast))


def _of_person(slug: str) -> ShownArtwork:
    with snapshot() as session:  # of private podcasts there are no pictures of people
        who = known(session, slug)
        labels = [one.label for one in names_of_person(session, who.id)]
        picture = picture_of(person_tags(session, who.id), names_in_tags(who.name, labels))
    return _with_cached(picture, Drawing(initials(who.name), clean(who.name)))


def _of_digest(digest: bytes) -> CachedImage | None:
    return in_transaction(cached_artwork, digest)


def _with_cached(url: str | None, drawing: Drawing) -> ShownArtwork:
    return ShownArtwork(url, drawing, find_artwork(url) if url else None)


async def _in_thread(lookup: Callable[[Argument], Result], argument: Argument) -> Result:
    return await asyncio.get_running_loop().run_in_executor(_threads(), lookup, argument)


@cache
def _threads() -> ThreadPoolExecutor:
    """For reading the cache: a page of artwork does not take all threads of the pages."""
    return ThreadPoolExecutor(2, thread_name_prefix="artwork")


async def _artwork(
    request: Request, lookup: Callable[[Argument], ShownArtwork], subject: Argument
) -> Response:
    """The picture, fetched first where the cache has none; who waits takes no thread."""
    shown = await _in_thread(lookup, subject)
    artwork = shown.cached
    if shown.url and not (artwork and artwork.fresh):
        artwork = await _fetched(shown.url) or artwork
    waits = shown.url is not None and artwork is None
    return _image(request, artwork, shown.drawing, waits=waits)


async def _fetched(url: str) -> CachedImage | None:
    """The picture, if its fetch ends soon; it goes on and fills the cache if not."""
    fetching = begin_artwork_fetch(url)
    if fetching is None:
        return None
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            return await asyncio.shield(asyncio.wrap_future(fetching))
    except Exception:  # noqa: BLE001  logged where it happened
        return None


def _image(
    request: Request, artwork: CachedImage | None, drawing: Drawing, *, waits: bool
) -> Response:
    if artwork is None or artwork.body is None:
        return Response(
            drawing.svg(),
            media_type="image/svg+xml",
            headers={"cache-control": "no-store" if waits else cached_for(_WHILE)},
        )
    etag = f'"{hashlib.blake2b(artwork.body, digest_size=12).hexdigest()}"'
    headers = {"etag": etag, "cache-control": cached_for(_DAY)}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Picture(artwork.body, media_type=artwork.type, headers=headers)
