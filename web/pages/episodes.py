"""One episode: every word by who spoke it, with a permanent link to each, and its audio."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from models.queries import episode_pages, podcast_pages
from models.queries.coverage import speech_of_episode
from models.queries.heard_transcript import heard_transcript
from models.queries.roles import roles_in_episode
from models.queries.shown import is_withheld
from web.auth.permissions import is_operator
from web.cache import cache as keeping
from web.cache.cache import cached
from web.pages.paged import ListPage
from web.pages.podcasts import Id
from web.presenters.linked_data import episode_data
from web.presenters.speaker_strip import StripPart, speaker_strip
from web.presenters.transcript_part import BESIDE, LONGEST_PART, fitting, shown_turns
from web.presenters.uncertain_words import uncertain_words
from web.read_transaction import snapshot
from web.rendering import base_url, page, with_query

router = APIRouter(include_in_schema=False)
# Segments that a page grows to, by which the link "Earlier" goes back, and that a search shows.
MOST = 1500
EARLIER = 100
FOUND = 100

Find = Annotated[str, Query(max_length=100)]


@router.get("/episodes/{episode_id}")
def episode(
    request: Request,
    episode_id: Id,
    begin: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    show: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    find: Find = "",
) -> Response:
    """The page of an episode, with a part of its transcript."""
    find = find.strip()
    with snapshot(revealing=is_operator(request)) as session:
        about = episode_pages.episode(session, episode_id)
        if about is None or about.podcast_state == "removed":
            raise HTTPException(404)
        if about.duplicate_of is not None:
            return RedirectResponse(f"/episodes/{about.duplicate_of}", status_code=308)
        heard = heard_transcript(session, episode_id)
        its_podcast = keeping.podcast(about.podcast_id)
        shown: dict[str, Any] = {
            "heard": heard,
            "uncertain": uncertain_words(session, heard.body_hash if heard else None),
            "downloadable": not is_withheld(session, about.podcast_id),
            "topics": podcast_pages.topics_of_episode(session, episode_id),
            "roles": {role.slug: role.role for role in roles_in_episode(session, episode_id)},
            "speech": speech_of_episode(session, episode_id),
            "work": episode_pages.transcript_job(session, episode_id),
            "strip": cached(session, its_podcast, _strip, episode_id),
            "found": episode_pages.find_in_episode(session, episode_id, find, FOUND)
            if find
            else None,
        } | _part(request, session, episode_id, begin, show)
    return page(
        request,
        "episode.html",
        here="Podcasts",
        episode=about,
        linked_data=episode_data(base_url(request), about),
        begin=begin,
        find=find,
        **shown,
    )


def _part(
    request: Request, session: Session, episode_id: int, begin: int, show: int
) -> dict[str, Any]:
    """A part of the transcript: as much as fits a first page, or as was shown before."""
    wanted = min(show, MOST)
    read = episode_pages.segments(session, episode_id, begin, max(wanted, LONGEST_PART) + 1)
    rows = max(wanted, fitting(read[:LONGEST_PART]))
    segments, rest = read[:rows], read[rows : rows + 1]
    beyond, more, before = dict[int, int](), None, None
    if rest:
        beyond = episode_pages.next_of_speakers(session, episode_id, rest[0].position)
        more = with_query(request.url, begin=rest[0].position)
    if begin:
        before = episode_pages.page_before(session, episode_id, begin, EARLIER)
    first = episode_pages.count_before(session, episode_id, begin) + 1 if begin else 1
    speakers = episode_pages.speakers_of_episode(session, episode_id)
    return {
        "speakers": speakers,
        "turns": shown_turns(segments, speakers, beyond),
        "names": {one.id: one.name or one.label for one in speakers},
        "shown_ids": {one.id for one in segments},
        "rows": len(segments),
        "listed": ListPage(request, first, rows, MOST),
        "more": more,
        "before": before,
    }


def _strip(session: Session, episode_id: int) -> list[StripPart]:
    """The strip of the whole episode."""
    times = episode_pages.segment_times(session, episode_id)
    return speaker_strip(times, episode_pages.speakers_of_episode(session, episode_id))


@router.get("/appearances/{appearance_id}")
def appearance(request: Request, appearance_id: Id, find: Find = "") -> RedirectResponse:
    """The permanent link of a segment, whichever part of its transcript it is in."""
    with snapshot() as session:
        place = episode_pages.position_of_appearance(session, appearance_id)
        if place is None:
            raise HTTPException(404)
        begin = _begin(session, place)
    address = request.url.replace(path=f"/episodes/{place.episode_id}", query="")
    shown = with_query(address, begin=begin or None, find=find)
    return RedirectResponse(f"{shown}#s-{appearance_id}")


def _begin(session: Session, place: episode_pages.AppearancePosition) -> int:
    """Where the part with a segment begins: with the episode, or a little before the segment."""
    first = episode_pages.segments(session, place.episode_id, 0, LONGEST_PART)
    if place.before < fitting(first):
        return 0
    return episode_pages.position_after(session, place.episode_id, place.before - BESIDE)
