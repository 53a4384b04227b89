"""One episode: every word by who spoke it, with a permanent link to each, and its audio."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response

from models.queries import episode_pages, podcast_pages
from models.queries.coverage import roles_in_episode, speech_of_episode
from models.queries.episode_pages import EpisodeSpeaker, SegmentRow
from models.queries.heard_transcript import heard_transcript
from models.queries.shown import is_withheld
from web.auth.permissions import is_operator
from web.pages.podcasts import Id
from web.presenters.linked_data import episode_data
from web.presenters.speaker_strip import speaker_strip
from web.presenters.uncertain_words import uncertain_words
from web.read_transaction import snapshot
from web.rendering import base_url, page, with_query

router = APIRouter(include_in_schema=False)
# Most episodes are whole on one page; a browser is slow with more.
PAGE = 1500


@router.get("/episodes/{episode_id}")
def episode(
    request: Request, episode_id: Id, begin: Annotated[int, Query(ge=0, lt=2**31)] = 0
) -> Response:
    """The page of an episode."""
    with snapshot(revealing=is_operator(request)) as session:
        about = episode_pages.episode(session, episode_id)
        if about is None or about.podcast_state == "removed":
            raise HTTPException(404)
        if about.duplicate_of is not None:
            return RedirectResponse(f"/episodes/{about.duplicate_of}", status_code=308)
        speakers = episode_pages.speakers_of_episode(session, episode_id)
        segments = episode_pages.segments(session, episode_id, begin, PAGE + 1)
        heard = heard_transcript(session, episode_id)
        shown: dict[str, Any] = {
            "heard": heard,
            "uncertain": uncertain_words(session, heard.body_hash if heard else None),
            "downloadable": not is_withheld(session, about.podcast_id),
            "topics": podcast_pages.topics_of_episode(session, episode_id),
            "roles": {role.slug: role.role for role in roles_in_episode(session, episode_id)},
            "speech": speech_of_episode(session, episode_id),
            "work": episode_pages.transcript_job(session, episode_id),
            "before": episode_pages.page_before(session, episode_id, begin, PAGE)
            if begin
            else None,
        }
    more = None
    if len(segments) > PAGE:
        more = with_query(request.url, begin=segments[PAGE].position)
    return page(
        request,
        "episode.html",
        here="Podcasts",
        episode=about,
        speakers=speakers,
        turns=turns(segments[:PAGE], speakers),
        linked_data=episode_data(base_url(request), about),
        strip=speaker_strip(segments[:PAGE], speakers),
        begin=begin,
        more=more,
        **shown,
    )


@router.get("/appearances/{appearance_id}")
def appearance(appearance_id: Id) -> RedirectResponse:
    """The permanent link of a segment, whichever page of its transcript it is on."""
    with snapshot() as session:
        place = episode_pages.position_of_appearance(session, appearance_id)
        if place is None:
            raise HTTPException(404)
        first = place.before - place.before % PAGE
        begin = episode_pages.position_after(session, place.episode_id, first) if first else 0
    query = f"?begin={begin}" if begin else ""
    return RedirectResponse(f"/episodes/{place.episode_id}{query}#s-{appearance_id}")


def turns(
    segments: list[SegmentRow], speakers: list[EpisodeSpeaker]
) -> list[tuple[EpisodeSpeaker, list[SegmentRow]]]:
    """Group consecutive segments of one speaker."""
    known = {speaker.id: speaker for speaker in speakers}
    runs: list[tuple[EpisodeSpeaker, list[SegmentRow]]] = []
    for segment in segments:
        if not runs or runs[-1][0].id != segment.speaker_id:
            runs.append((known[segment.speaker_id], []))
        runs[-1][1].append(segment)
    return runs
