"""Adding a podcast says which of its transcripts will not be fetched, because of settings."""

from tests.integration.commands import Run, run
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

__all__ = ["run"]

ITEM = (
    "<item><title>One</title><guid>{number}</guid>"
    '<enclosure url="https://media.example/{number}.mp3" type="audio/mpeg" length="1"/>'
    '<podcast:transcript url="{at}/{number}.vtt" type="text/vtt"/></item>'
)
FEED = (
    '<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel>'
    "<title>The Lamp Room</title>{items}</channel></rss>"
)


def added(run: Run, publisher: FaultServer, *origins: str) -> str:
    items = "".join(ITEM.format(number=n, at=at) for n, at in enumerate(origins))
    headers = {"Content-Type": "application/rss+xml"}
    feed = publisher.serve("/feed", Answer(body=FEED.format(items=items).encode(), headers=headers))
    ended = run("podcasts", "add", feed)
    assert ended.code == 0, ended.printed
    assert ended.out.startswith("added")
    return ended.printed


def test_podcasts_add_names_transcripts_at_refused_address(
    run: Run, publisher: FaultServer
) -> None:
    printed = added(run, publisher, "http://10.0.0.5:8080", "http://10.0.0.5:8080")
    assert "2 transcripts at 10.0.0.5:8080 will not be fetched: 10.0.0.5 is" in printed
    assert "set OVERHEARD_ALLOWED_NETWORKS" in printed


def test_podcasts_add_names_transcripts_at_refused_port(run: Run, publisher: FaultServer) -> None:
    printed = added(run, publisher, "http://8.8.8.8:9000")
    assert "1 transcript at 8.8.8.8:9000 will not be fetched: port 9000" in printed
    assert "OVERHEARD_ALLOWED_PORTS" in printed


def test_podcasts_add_names_a_setting_that_workers_need(run: Run, publisher: FaultServer) -> None:
    at = publisher.url("/").removesuffix("/")
    printed = added(run, publisher, at, "https://user:secret@media.example")
    host = at.removeprefix("http://")
    assert (
        f"Transcripts at {host} are fetched only by workers that have OVERHEARD_ALLOWED_NETWORKS"
    ) in printed
    assert "secret" not in printed


def test_podcasts_add_public_transcripts_says_nothing(run: Run, publisher: FaultServer) -> None:
    printed = added(run, publisher, "https://media.example", "https://user:secret@media.example")
    assert "2 episodes" in printed
    assert "fetched" not in printed
