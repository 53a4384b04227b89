"""What can be done for podcasts whose feeds list no transcripts."""

from collections.abc import Collection

from models import SpeechMode, get_settings
from models.database import Session
from tasks.speech.advice import advice_without_transcripts
from tasks.speech.store.choices import speech_modes


def advice_by_podcast(
    session: Session, podcast_ids: Collection[int], *, for_operators: bool
) -> dict[int, str]:
    """What speech to text does for each podcast, or how it is turned on, in a sentence."""
    settings = get_settings()
    modes = speech_modes(session, podcast_ids, SpeechMode(settings.speech_mode))
    return {
        podcast_id: advice_without_transcripts(settings, mode, for_operators=for_operators)
        for podcast_id, mode in modes.items()
    }
