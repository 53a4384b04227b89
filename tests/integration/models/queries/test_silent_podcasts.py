"""Podcasts whose episodes have no transcript are named."""

import pytest

from models.database import in_transaction
from models.queries.silent_podcasts import SilentPodcast, silent_podcasts
from tests.factories import add_episode, add_podcast


@pytest.mark.usefixtures("database")
def test_podcasts_without_a_transcript_are_named() -> None:
    silent, heard, empty = (in_transaction(add_podcast, url=f"https://{n}.example/") for n in "abc")
    for _ in range(2):
        in_transaction(add_episode, silent)
        in_transaction(add_episode, heard, transcripts=[f"https://b.example/{_}.vtt"])
    found = in_transaction(silent_podcasts, [silent, heard, empty])
    assert found == [SilentPodcast(silent, "https://a.example/", 2)]
    assert in_transaction(silent_podcasts, [heard]) == []
