"""What can be done for a podcast whose feed lists no transcripts. Pure."""

from models.settings import Settings
from models.tables.speech import SpeechMode


def advice_without_transcripts(settings: Settings, mode: SpeechMode, *, for_operators: bool) -> str:
    """What speech to text does for a podcast, or who can turn it on, and how, in a sentence."""
    if not settings.speech:
        how = " (OVERHEARD_SPEECH=true: see docs/speech.md)" if for_operators else ""
        return (
            "Speech to text, which makes transcripts from audio, is off here: the operator of this "
            f"service can turn it on{how}."
        )
    if mode is SpeechMode.publisher_only:
        how = " (overheard speech set PODCAST --mode if_missing)" if for_operators else ""
        return (
            "Speech to text is on here, but not for this podcast: the operator of this service can "
            f"turn it on{how}."
        )
    return (
        "Speech to text is on here: new episodes, and those of the last "
        f"{settings.speech_backlog_days:,} days, are transcribed from their audio."
    )
