"""What a podcast without transcripts is shown with, by what speech to text does here."""

import pytest

from models import SpeechMode
from models.settings import Settings
from tasks.speech.advice import advice_without_transcripts


@pytest.mark.parametrize(
    ("on", "mode", "says"),
    [
        (True, SpeechMode.if_missing, "those of the last 30 days, are transcribed"),
        (True, SpeechMode.always, "those of the last 30 days, are transcribed"),
        (True, SpeechMode.publisher_only, "on here, but not for this podcast"),
        (False, SpeechMode.if_missing, "is off here: the operator of this service can turn it on"),
    ],
)
@pytest.mark.parametrize("for_operators", [True, False])
def test_advice_says_what_speech_to_text_does_here(
    on: bool, mode: SpeechMode, says: str, for_operators: bool
) -> None:
    advice = advice_without_transcripts(Settings(speech=on), mode, for_operators=for_operators)
    assert says in advice
    assert advice.endswith(".")
    names_a_way = "OVERHEARD_SPEECH" in advice or "--mode" in advice
    assert names_a_way == (for_operators and "can turn it on" in says + advice)
