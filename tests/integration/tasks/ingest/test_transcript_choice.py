"""Which of several listed transcripts is read, and that reading again writes nothing."""

import json

import pytest

from models import Stage
from models.database import in_transaction
from tests.factories import (
    add_episode,
    differences,
    execute,
    figures,
    one,
    rows,
    transcript_of,
)
from tests.integration.tasks.ingest.test_episode import parsed, request, run
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

pytestmark = pytest.mark.usefixtures("database")

TURNS = [("Ida Brandt", "Is the lamp on?"), ("Bo Lindt", "Not yet."), ("Ida Brandt", "Why?")]
IDS = {"Ida Brandt": "SPEAKER_00", "Bo Lindt": "SPEAKER_01"}
VTT = "WEBVTT\n\n" + "\n".join(
    f"00:0{n}.000 --> 00:0{n}.900\n<v {name}>{text}\n" for n, (name, text) in enumerate(TURNS)
)
NUMBERED = json.dumps(
    {"segments": [{"speaker": IDS[n], "startTime": i, "body": t} for i, (n, t) in enumerate(TURNS)]}
)
UNLABELLED = "WEBVTT\n\n" + "\n".join(
    f"00:0{n}.000 --> 00:0{n}.900\n{text}\n" for n, (_, text) in enumerate(TURNS)
)
TABLES = ("appearance", "speaker", "person", "person_name", "transcript", "raw_body", "episode")


def serve(publisher: FaultServer, path: str, body: str, *then: Answer) -> str:
    return publisher.serve(path, Answer(body=body.encode()), *then)


def versions() -> dict[str, list[dict[str, object]]]:
    return {table: rows(f"SELECT xmin::text, ctid::text FROM {table}") for table in TABLES}  # noqa: S608


def test_named_transcript_is_read_after_a_numbered_one(publisher: FaultServer) -> None:
    urls = [serve(publisher, "/1.json", NUMBERED), serve(publisher, "/1.vtt", VTT)]
    episode, job = parsed(urls)
    assert (job["outcome"], job["reason"], job["figures"]["format"]) == ("ran", "", "webvtt")
    assert transcript_of(episode) == TURNS
    assert {name: count for name, (count, *_) in figures().items()} == {
        "Ida Brandt": 2,
        "Bo Lindt": 1,
    }
    assert one("SELECT url FROM transcript WHERE is_selected") == urls[1]
    assert differences() == 0


def test_second_ingest_after_a_choice_writes_nothing(publisher: FaultServer) -> None:
    episode, _ = parsed([serve(publisher, "/1.json", NUMBERED), serve(publisher, "/1.vtt", VTT)])
    before = versions()
    assert run(request(episode))["reason"] == "unchanged"
    for stage in (Stage.fetch, Stage.parse, Stage.people):
        run(request(episode, stage=stage, force=True))
    assert versions() == before
    assert len(publisher.seen("/1.json")) == 3  # the stages parse and people fetch nothing


def test_second_url_is_not_fetched_when_the_first_names_people(publisher: FaultServer) -> None:
    named = NUMBERED.replace("SPEAKER_00", "Ida").replace("SPEAKER_01", "Bo Lindt")
    parsed([serve(publisher, "/1.json", named), serve(publisher, "/1.vtt", VTT)])
    assert publisher.seen("/1.vtt") == []


def test_numbered_transcript_beats_one_without_speakers(publisher: FaultServer) -> None:
    srt = "1\n00:00:00,000 --> 00:00:01,000\nSpeaker 1: Is it on?\n"
    srt += "\n2\n00:00:01,000 --> 00:00:02,000\nSpeaker 2: No.\n"
    srt += "\n3\n00:00:02,000 --> 00:00:03,000\nSpeaker 1: Why?\n"
    urls = [serve(publisher, "/1.vtt", UNLABELLED), serve(publisher, "/1.srt", srt)]
    episode, _ = parsed(urls)
    assert transcript_of(episode)[0] == ("Speaker 1", "Is it on?")
    before = versions()
    assert run(request(episode))["reason"] == "unchanged"
    assert versions() == before


def test_first_of_equal_transcripts_is_read(publisher: FaultServer) -> None:
    other = UNLABELLED.replace("Why?", "Why not?")
    episode, job = parsed(
        [serve(publisher, "/1.vtt", UNLABELLED), serve(publisher, "/2.vtt", other)]
    )
    assert transcript_of(episode)[-1] == ("", "Why?")
    assert job["reason"] == "no_speakers"


def test_translation_is_not_read_for_its_names(publisher: FaultServer) -> None:
    urls = [serve(publisher, "/1.json", NUMBERED), serve(publisher, "/1.vtt", VTT)]
    episode, _ = parsed(urls)
    execute("UPDATE transcript SET language = 'en' WHERE url = :url", url=urls[0])
    execute("UPDATE transcript SET language = 'fr' WHERE url = :url", url=urls[1])
    run(request(episode))
    assert transcript_of(episode)[0] == ("SPEAKER_00", "Is the lamp on?")


def test_stored_names_stay_while_their_transcript_fails(publisher: FaultServer) -> None:
    urls = [
        serve(publisher, "/1.json", NUMBERED),
        serve(publisher, "/1.vtt", VTT, Answer(404)),
    ]
    episode, _ = parsed(urls)
    before = versions()
    job = run(request(episode))
    assert (job["state"], job["reason"]) == ("waiting", "http_404")
    assert versions() == before


def test_failed_alternative_of_an_unnamed_one_degrades(publisher: FaultServer) -> None:
    gone = publisher.serve("/1.srt", Answer(404))
    episode, job = parsed([serve(publisher, "/1.json", NUMBERED), gone])
    assert (job["outcome"], job["reason"]) == ("degraded", "http_404")
    assert transcript_of(episode)[0] == ("SPEAKER_00", "Is the lamp on?")


def test_legacy_charset_is_that_of_the_podcasts_language(publisher: FaultServer) -> None:
    text = "Łucja Wróbel: Gdzie są światła?\n\nJan Źródło: Tu.\n\nŁucja Wróbel: Tak.\n"
    episode, _ = parsed([publisher.serve("/1.txt", Answer(body=text.encode("cp1250")))])
    execute("UPDATE podcast SET language = 'pl'")
    run(request(episode, force=True))
    assert [label for label, _ in transcript_of(episode)] == [
        "Łucja Wróbel",
        "Jan Źródło",
        "Łucja Wróbel",
    ]


ONCE = "\n\n".join([*(f"{who}: {text} {n}" for n in range(6) for who, text in TURNS), "{}: Ha."])
FEED_NAMES = {
    "tags of the episode": """UPDATE episode SET persons = '[{"name": "Zip Tie"}]'""",
    "tags of the podcast": """UPDATE podcast SET persons = '[{"name": "Zip Tie"}]'""",
    "description": "UPDATE episode SET description = 'A talk, with special guest Zip Tie.'",
}


@pytest.mark.parametrize("where", FEED_NAMES)
def test_label_that_occurs_once_is_known_to_the_feed(where: str, publisher: FaultServer) -> None:
    episode, _ = parsed([serve(publisher, "/1.txt", ONCE.format("Zip Tie"))])
    assert transcript_of(episode)[-1] == ("", "Zip Tie: Ha.")
    execute(FEED_NAMES[where])
    run(request(episode, force=True))
    assert transcript_of(episode)[-1] == ("Zip Tie", "Ha.")


def test_what_is_read_does_not_depend_on_other_episodes(publisher: FaultServer) -> None:
    episode, _ = parsed([serve(publisher, "/1.txt", ONCE.format("Zip Tie"))])
    often = serve(publisher, "/2.txt", "\n\n".join([ONCE.format("Zip Tie")] * 5))
    podcast = one("SELECT podcast_id FROM episode WHERE id = :id", id=episode)
    other = in_transaction(lambda session: add_episode(session, podcast, transcripts=[often]))
    run(request(other))
    before = transcript_of(episode)
    run(request(episode, force=True))
    assert transcript_of(episode) == before
    assert differences() == 0
