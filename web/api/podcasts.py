"""The API's podcasts, episodes and appearances, in the order of their ids."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from models.queries.coverage import speech_of_episode
from models.queries.episode_pages import episode as episode_in_full
from models.queries.episode_pages import speakers_of_episode
from models.queries.export import (
    Row,
    all_appearances,
    all_episodes,
    all_podcasts,
    appearances_of_episode,
    episodes_by_id,
    one_episode,
    one_podcast,
)
from models.queries.heard_transcript import heard_transcript
from models.queries.podcast_pages import podcast_counts
from web.api import heard_shapes, shapes
from web.api.cursors import cursor, read_cursor
from web.api.problems import ApiError, responses
from web.api.row_limits import Limit, row_limit
from web.auth.permissions import is_operator
from web.cache import cache as keeping
from web.cache.cache import cached
from web.presenters.transcript_files import MEDIA_TYPES, TimesMissing, TranscriptFormat
from web.presenters.transcript_segments import transcript_text
from web.read_transaction import snapshot

router = APIRouter()
Cursor = Annotated[shapes.Cursor, Query(alias="cursor")]


def _after(kind: str, encoded: str | None) -> int:
    values = read_cursor(kind, encoded, int)
    return int(values[0]) if values else 0


def _by_id(kind: str, rows: list[Row], limit: int, shape: Any) -> dict[str, Any]:
    return shapes.paged(rows, limit, lambda row: cursor(kind, row["id"]), shape)


@router.get("/podcasts", response_model=shapes.Page[shapes.ApiPodcast], tags=["podcasts"])
def podcasts(limit: Limit, cursor_: Cursor = None) -> dict[str, Any]:
    """Every followed podcast."""
    with snapshot() as session:
        rows = all_podcasts(session, _after("podcasts", cursor_), limit + 1)
    return _by_id("podcasts", rows, limit, shapes.podcast)


@router.get(
    "/podcasts/{podcast_id}",
    response_model=shapes.PodcastInFull,
    responses=responses(404),
    tags=["podcasts"],
)
def podcast(podcast_id: shapes.Id) -> Row:
    """One podcast, and how much of its speech is unattributed."""
    with snapshot() as session:
        row = one_podcast(session, podcast_id)
        if row is None:
            raise ApiError(404, "there is no such podcast")
        figures = cached(session, keeping.podcast(podcast_id), podcast_counts, podcast_id)
    unknown = figures.appearances - figures.known
    return row | {"unknown": unknown, "quarantined": figures.quarantined}


@router.get(
    "/podcasts/{podcast_id}/episodes",
    response_model=shapes.Page[shapes.ApiEpisode],
    responses=responses(404),
    tags=["podcasts"],
)
def episodes_of_podcast(
    podcast_id: shapes.Id, limit: Limit, cursor_: Cursor = None
) -> dict[str, Any]:
    """Every episode of a podcast."""
    after = _after("podcast.episodes", cursor_)
    with snapshot() as session:
        if one_podcast(session, podcast_id) is None:
            raise ApiError(404, "there is no such podcast")
        rows = episodes_by_id(session, podcast_id, after, limit + 1)
    return _by_id("podcast.episodes", rows, limit, shapes.episode)


@router.get("/episodes", response_model=shapes.Page[shapes.ApiEpisode], tags=["episodes"])
def episodes(limit: Limit, cursor_: Cursor = None) -> dict[str, Any]:
    """Every episode of every followed podcast."""
    with snapshot() as session:
        rows = all_episodes(session, _after("episodes", cursor_), limit + 1)
    return _by_id("episodes", rows, limit, shapes.episode)


@router.get(
    "/episodes/{episode_id}",
    response_model=shapes.EpisodeInFull,
    responses=responses(404),
    tags=["episodes"],
)
def episode(episode_id: shapes.Id) -> Row:
    """One episode, and its speakers with the people they were attributed to."""
    with snapshot() as session:
        row = one_episode(session, episode_id)
        if row is None:
            raise ApiError(404, "there is no such episode")
        about = episode_in_full(session, episode_id)
        speakers = speakers_of_episode(session, episode_id)
        speech = speech_of_episode(session, episode_id)
        heard = heard_transcript(session, episode_id)
    return shapes.episode(row) | {
        "description": about.description if about else None,
        "transcript_url": about.transcript_url if about else None,
        "unknown": speech.unknown,
        "quarantined": speech.quarantined,
        "speakers": [
            shapes.fields(speaker) | {"person": speaker.name, "seconds": speaker.spoken_ms / 1000}
            for speaker in speakers
        ],
        "heard": heard_shapes.heard(heard),
    }


@router.get(
    "/episodes/{episode_id}/appearances",
    response_model=shapes.Page[shapes.ApiAppearance],
    responses=responses(404),
    tags=["episodes"],
)
def transcript(
    episode_id: shapes.Id,
    limit: Annotated[int, Depends(row_limit(1000, 5000))],
    cursor_: Cursor = None,
) -> dict[str, Any]:
    """The transcript: every segment in order, attributed or not."""
    after = read_cursor("episode.appearances", cursor_, int, int) or [-(2**31), 0]
    if not -(2**31) <= after[0] < 2**31:
        raise ApiError(422, "cursor: this is not a cursor of this list")
    with snapshot() as session:
        if one_episode(session, episode_id) is None:
            raise ApiError(404, "there is no such episode")
        rows = appearances_of_episode(session, episode_id, (after[0], after[1]), limit + 1)
    return shapes.paged(
        rows,
        limit,
        lambda row: cursor("episode.appearances", row["position"], row["id"]),
        shapes.appearance,
    )


@router.get(
    "/episodes/{episode_id}/transcript",
    response_class=Response,
    responses=responses(404, 409)
    | {200: {"content": {media: {} for media in MEDIA_TYPES.values()}, "description": "The file."}},
    tags=["episodes"],
)
def transcript_as_file(
    request: Request,
    episode_id: shapes.Id,
    form: Annotated[TranscriptFormat, Query(alias="format")] = TranscriptFormat.vtt,
) -> Response:
    """The transcript as WebVTT, SubRip, Podcasting 2.0 JSON or text, with the speakers' names."""
    try:
        text = transcript_text(episode_id, form, revealing=is_operator(request))
    except TimesMissing:
        raise ApiError(409, "this transcript has no times: request txt or json") from None
    if text is None:
        raise ApiError(404, "there is no such transcript")
    return Response(text.encode("utf-8", "replace"), media_type=MEDIA_TYPES[form])


@router.get("/appearances", response_model=shapes.Page[shapes.ApiAppearance], tags=["episodes"])
def appearances(limit: Limit, cursor_: Cursor = None) -> dict[str, Any]:
    """Every segment spoken, everywhere.

    Each one that exists from the first page to the last is returned once, whatever arrives in the
    meantime; `/changes` lists what arrived.
    """
    with snapshot() as session:
        rows = all_appearances(session, _after("appearances", cursor_), limit + 1)
    return _by_id("appearances", rows, limit, shapes.appearance)
