"""What `podcasts add` says of transcripts that will not be fetched because of settings."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import urlsplit

from models.database import Session
from models.reasons import reason_advice
from models.settings import get_settings
from tasks.http.known_refusals import known_refusal, needs_allowed_network
from tasks.http.settings import guard
from tasks.http.ssrf_guard import Guard
from tasks.podcasts.store.transcript_origins import TranscriptOrigin, transcript_origins
from workers.words import count


def transcript_advice(session: Session, podcast_ids: Collection[int]) -> dict[int, str]:
    """A sentence for each podcast whose transcripts settings concern; by its id.

    This process has fetched the feed, others fetch the transcripts, and their settings are not
    known here: what is refused here is refused there unless they differ, and what only a setting
    allows here needs it there, too.
    """
    by_podcast: defaultdict[int, list[TranscriptOrigin]] = defaultdict(list)
    for one in transcript_origins(session, podcast_ids):
        by_podcast[one.podcast_id].append(one)
    allowed = guard(get_settings())
    advice = {podcast: " ".join(_sentences(of, allowed)) for podcast, of in by_podcast.items()}
    return {podcast: text for podcast, text in advice.items() if text}


def _sentences(origins: Sequence[TranscriptOrigin], allowed: Guard) -> Iterator[str]:
    for one in origins:
        if refused := known_refusal(one.origin, allowed):
            number = count(one.transcripts, "transcript")
            how = reason_advice(refused.reason)
            yield f"{number} at {_host(one)} will not be fetched: {refused.message}. {how}"
            return
    if here := [one for one in origins if needs_allowed_network(one.origin, allowed)]:
        yield (
            f"Transcripts at {_host(here[0])} are fetched only by workers that have "
            "OVERHEARD_ALLOWED_NETWORKS, too."
        )


def _host(origin: TranscriptOrigin) -> str:
    return urlsplit(origin.origin).netloc
