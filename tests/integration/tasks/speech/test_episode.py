"""An episode without a transcript, from the poll of its feed to the person page's rows."""

from pathlib import Path
from typing import Any

import pytest

from models import get_settings
from models.database import database_time, in_transaction
from tasks.ingest.episode import ingest_episode
from tasks.speech.episode import transcribe_episode
from tasks.speech.store.due import request_due
from tests.factories import differences, figures, one, rows
from tests.integration.tasks.ingest.test_episode import run
from tests.integration.tasks.polling.test_polling import followed, poll
from tests.integration.tasks.speech.weights import telephone_talk
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

pytestmark = pytest.mark.slow


def feed(publisher: FaultServer, audio: str, *people: str, transcript: str = "") -> str:
    """Serve a feed with one episode; returns its URL."""
    tags = "".join(f"<podcast:person>{name}</podcast:person>" for name in people)
    link = f'<podcast:transcript url="{transcript}" type="text/vtt"/>' if transcript else ""
    body = (
        '<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0">'
        "<channel><title>A podcast</title><language>en-us</language>"
        "<item><guid>1</guid><title>On the telephone</title>"
        f'<enclosure url="{audio}" type="audio/wav" length="1"/>{tags}{link}</item>'
        "</channel></rss>"
    )
    return publisher.serve("/feed", Answer(body=body.encode()))


def request_transcriptions() -> int:
    def request(session: Any) -> int:
        return request_due(session, get_settings(), database_time(session))

    return in_transaction(request)


def job(kind: str) -> int:
    """The latest job of a kind."""
    found = one("SELECT max(id) FROM job WHERE kind = :kind", kind=kind)
    assert found is not None
    return int(found)


def heard() -> list[tuple[str, str]]:
    """Who says what, by the name of the person where one is known."""
    query = """
        SELECT coalesce(p.name, s.label) AS who, a.text FROM appearance a
        JOIN speaker s ON s.id = a.speaker_id LEFT JOIN person p ON p.id = s.person_id
        ORDER BY a.position
    """
    return [(row["who"], row["text"]) for row in rows(query)]


def test_audio_without_transcript_names_both_speakers(publisher: FaultServer, speech: Path) -> None:
    audio = publisher.serve("/1.wav", Answer(body=telephone_talk().read_bytes()))
    poll(followed(feed(publisher, audio, "Diane Weber", "Sheila Novak")))
    assert request_transcriptions() == 1
    transcribed = run(job("transcribe"), transcribe_episode)
    assert (transcribed["state"], transcribed["outcome"]) == ("done", "ran"), transcribed
    parsed = run(job("parse"), ingest_episode)
    assert parsed["outcome"] == "ran"
    assert set(figures()) == {"Diane Weber", "Sheila Novak"}
    # Processors differ in "there is" and "there's", for weights are quantized.
    turns = [(who, text.replace("there's", "there is")) for who, text in heard()]
    assert turns[-4:-2] == [
        ("Sheila Novak", "Well, there is not much difference."),
        ("Sheila Novak", "At least, you know, they all call me a Yankee down here."),
    ]
    assert one("SELECT source FROM transcript WHERE is_selected") == "asr"
    assert not list(speech.iterdir())
    assert differences() == 0
