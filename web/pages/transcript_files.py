"""The transcript of an episode as a file, and a feed that offers these files to podcast apps."""

from email.utils import format_datetime

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from models.queries import podcast_pages
from models.queries.shown import is_withheld
from models.queries.transcript_feed import episodes_with_transcripts
from web.auth.permissions import is_operator
from web.pages.podcasts import Id
from web.presenters.transcript_files import MEDIA_TYPES, TIMED, TimesMissing, TranscriptFormat
from web.presenters.transcript_segments import transcript_text
from web.read_transaction import snapshot
from web.rendering import base_url, render_template

router = APIRouter(include_in_schema=False)
_FEED_EPISODES = 300


@router.get("/episodes/{episode_id}/transcript.{form}")
def transcript_file(request: Request, episode_id: Id, form: TranscriptFormat) -> Response:
    """The transcript in a format; 404 without one, 409 if the format needs times that it lacks."""
    try:
        text = transcript_text(episode_id, form, revealing=is_operator(request))
    except TimesMissing:
        raise HTTPException(409) from None
    if text is None:
        raise HTTPException(404)
    named = f'inline; filename="episode-{episode_id}.{form}"'
    return Response(
        text.encode("utf-8", "replace"),
        media_type=MEDIA_TYPES[form],
        headers={"content-disposition": named},
    )


@router.get("/podcasts/{podcast_id}/transcripts.xml")
def transcript_feed(request: Request, podcast_id: Id) -> Response:
    """A podcast's newest episodes, each with its transcripts (podcast:transcript)."""
    with snapshot(revealing=is_operator(request)) as session:
        about = podcast_pages.podcast(session, podcast_id)
        if about is None or about.state == "removed" or is_withheld(session, podcast_id):
            raise HTTPException(404)
        episodes = episodes_with_transcripts(session, podcast_id, _FEED_EPISODES)
    text = render_template(
        "transcripts.xml",
        podcast=about,
        episodes=episodes,
        base=base_url(request),
        forms={form: MEDIA_TYPES[form].partition(";")[0] for form in TranscriptFormat},
        timed=TIMED,
        rfc_822=format_datetime,
    )
    return Response(text.encode("utf-8", "replace"), media_type="application/rss+xml")
