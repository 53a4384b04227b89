"""Transcripts as files, from the pages and from the API, and the feed that offers them."""

import httpx
import pytest
from lxml import etree

from models import PodcastState
from models.database import in_transaction
from tasks.feeds.parser.parse import parse_feed
from tests.factories import (
    add_episode,
    add_podcast,
    execute,
    one,
    set_podcast_state,
    spoken,
    store,
)
from tests.integration.web.accounts import READER, add_accounts, enter

TURNS = ("Ann Smith: Hello & welcome.", "no label here", "Ann Smith: Bye.")


@pytest.fixture
def talk(database: str) -> int:
    """An episode with three segments of ten seconds; one has no speaker."""
    del database
    podcast = in_transaction(add_podcast)
    episode = in_transaction(lambda session: add_episode(session, podcast, title="A talk"))
    in_transaction(store, episode, spoken(*TURNS))
    return episode


@pytest.mark.parametrize(
    ("form", "media_type", "begins"),
    [
        ("vtt", "text/vtt", "WEBVTT\n\n00:00:00.000 --> 00:00:10.000\n<v Ann Smith>Hello &amp; w"),
        ("srt", "application/x-subrip", "1\n00:00:00,000 --> 00:00:10,000\nAnn Smith: Hello & w"),
        ("json", "application/json", '{"version": "1.0.0", "segments": [{"speaker": "Ann Smi'),
        ("txt", "text/plain", "Ann Smith: Hello & welcome.\n\nUnknown: no label here\n"),
    ],
)
def test_transcript_is_offered_in_each_format(
    client: httpx.Client, talk: int, form: str, media_type: str, begins: str
) -> None:
    page = client.get(f"/episodes/{talk}/transcript.{form}")
    api = client.get(f"/api/v1/episodes/{talk}/transcript", params={"format": form})
    assert page.headers["content-type"].startswith(media_type)
    assert page.text.startswith(begins)
    assert (api.status_code, api.text) == (200, page.text)


def test_transcript_without_times_is_refused_as_captions(client: httpx.Client, talk: int) -> None:
    execute("UPDATE appearance SET start_ms = NULL, end_ms = NULL")
    assert client.get(f"/episodes/{talk}/transcript.vtt").status_code == 409
    refused = client.get(f"/api/v1/episodes/{talk}/transcript")
    assert refused.status_code == 409
    assert refused.json()["detail"] == "this transcript has no times: request txt or json"
    assert client.get(f"/episodes/{talk}/transcript.txt").status_code == 200


def test_transcript_of_a_removed_podcast_is_gone(client: httpx.Client, talk: int) -> None:
    podcast = one("SELECT id FROM podcast")
    in_transaction(set_podcast_state, podcast, PodcastState.removed)
    assert client.get(f"/episodes/{talk}/transcript.txt").status_code == 404
    assert client.get(f"/podcasts/{podcast}/transcripts.xml").status_code == 404


@pytest.mark.usefixtures("talk")
def test_feed_offers_the_transcripts_to_podcast_apps(client: httpx.Client) -> None:
    execute("UPDATE episode SET audio_url = 'https://audio.example/1.mp3', audio_length = 9")
    podcast = one("SELECT id FROM podcast")
    answer = client.get(f"/podcasts/{podcast}/transcripts.xml")
    assert etree.fromstring(answer.content).tag == "rss"
    (item,) = parse_feed(answer.content, url="https://overheard.example/").items
    assert item.title == "A talk"
    offered = {each.url.rpartition(".")[2]: each.type for each in item.transcripts}
    assert offered == {
        "vtt": "text/vtt",
        "srt": "application/x-subrip",
        "json": "application/json",
        "txt": "text/plain",
    }
    for transcript in item.transcripts:
        assert httpx.get(transcript.url, trust_env=False).status_code == 200


def test_transcript_of_a_private_podcast_is_for_operators(client: httpx.Client, talk: int) -> None:
    execute("UPDATE podcast SET privacy = 'declared_private'")
    podcast = one("SELECT id FROM podcast")
    paths = (
        f"/episodes/{talk}/transcript.txt",
        f"/api/v1/episodes/{talk}/transcript",
        f"/podcasts/{podcast}/transcripts.xml",
    )
    downloads = f"/episodes/{talk}/transcript.vtt"
    assert {client.get(path).status_code for path in paths} == {404}
    assert downloads not in client.get(f"/episodes/{talk}").text
    add_accounts()
    enter(client, READER)
    assert {client.get(path).status_code for path in paths} == {404}
    client.cookies.clear()  # another browser
    enter(client)
    assert {client.get(path).status_code for path in paths} == {200}
    assert downloads in client.get(f"/episodes/{talk}").text
