"""A limit that an episode reaches is in the row of its job, with its reason code."""

import pytest

from models import Stage
from tests.factories import execute, new_episode, rows
from tests.integration.tasks.budgets.test_naming import PART_OF_A_NAME
from tests.integration.tasks.ingest.test_episode import request, run
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

pytestmark = pytest.mark.usefixtures("database")


def test_limit_that_an_episode_reaches_is_in_its_row(publisher: FaultServer) -> None:
    url = publisher.serve("/1.vtt", Answer(body=PART_OF_A_NAME))
    episode = new_episode(transcripts=[url])
    execute("UPDATE episode SET description = repeat('x', 20001)")
    job = run(request(episode))
    assert (job["state"], job["reason"]) == ("done", "long_description")
    assert job["figures"]["limits"] == ["long_description"]
    assert rows("SELECT label FROM speaker WHERE episode_id = :id", id=episode)


def test_limit_stays_in_the_row_when_speakers_are_resolved_again(publisher: FaultServer) -> None:
    url = publisher.serve("/1.vtt", Answer(body=PART_OF_A_NAME))
    episode = new_episode(transcripts=[url])
    execute("UPDATE episode SET description = repeat('x', 20001)")
    run(request(episode))
    job = run(request(episode, stage=Stage.people, force=True))
    assert (job["reason"], job["figures"]["limits"]) == ("unchanged", ["long_description"])
