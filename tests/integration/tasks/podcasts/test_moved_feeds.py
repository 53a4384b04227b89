"""Whose feed is it: no document speaks for a podcast that it is not, and genuine moves merge."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from models.database import database_time, in_transaction
from models.queries.identity import suggestions
from tasks.feeds.opml import parse_opml
from tasks.identity.review import accept
from tasks.podcasts.store.add import add_by_url
from tasks.podcasts.store.merge import merge_podcasts, unmerge_podcast
from tasks.podcasts.store.notifications import apply_notifications
from tests.factories import NOW, differences, execute, figures, one, rows, spoken, store
from tests.integration.tasks.podcasts.test_relocation import age_redirects, crawl_row
from tests.integration.tasks.polling.test_polling import followed, poll
from tests.servers.answers import Answer, redirect
from tests.servers.fault_server import FaultServer

pytestmark = pytest.mark.usefixtures("database")

OWN = ("1", "2", "3", "4", "5")
INVENTED = ("90", "91")
NAMESPACES = (
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:podcast="https://podcastindex.org/namespace/1.0" '
    'xmlns:atom="http://www.w3.org/2005/Atom"'
)


@pytest.fixture(autouse=True)
def _counts_are_exact() -> Iterator[None]:
    yield
    assert differences() == 0


def document(
    guids: Sequence[str],
    *,
    audio: str = "https://audio.example/",
    transcripts: str = "https://text.example/",
    head: str = "",
) -> Answer:
    items = "".join(
        f"<item><guid>{guid}</guid><title>Episode {guid}</title>"
        f'<enclosure url="{audio}{guid}.mp3" type="audio/mpeg" length="1"/>'
        f'<podcast:transcript url="{transcripts}{guid}.vtt" type="text/vtt"/></item>'
        for guid in guids
    )
    channel = f"<channel><title>A podcast</title>{head}{items}</channel>"
    body = f'<?xml version="1.0"?><rss version="2.0" {NAMESPACES}>{channel}</rss>'
    return Answer(body=body.encode(), headers={"Content-Type": "application/rss+xml"})


def moved_to(url: str) -> str:
    return f"<itunes:new-feed-url>{url}</itunes:new-feed-url>"


def episodes(podcast: int) -> dict[str, int]:
    found = rows(
        "SELECT guid, id FROM episode WHERE coalesce(origin_podcast_id, podcast_id) = :id",
        id=podcast,
    )
    return {row["guid"]: row["id"] for row in found}


def read(podcast: int, name: str, guids: Sequence[str] = ()) -> None:
    """Let a name speak in the episodes of a podcast."""
    for guid, episode in episodes(podcast).items():
        if not guids or guid in guids:
            in_transaction(store, episode, spoken(f"{name}: a", f"{name}: b", "Jo Berg: c"))


def shown_of(podcast: int) -> object:
    """All that is listed and counted under a podcast."""
    return (
        rows(
            "SELECT e.id, e.guid, e.title, e.duplicate_of FROM episode e WHERE podcast_id = :id "
            "ORDER BY id",
            id=podcast,
        ),
        rows(
            "SELECT person_id, appearances, episodes FROM person_podcast WHERE podcast_id = :id "
            "ORDER BY 1",
            id=podcast,
        ),
        rows(
            "SELECT t.episode_id, t.url, t.is_listed FROM transcript t JOIN episode e "
            "ON e.id = t.episode_id WHERE e.podcast_id = :id ORDER BY t.id",
            id=podcast,
        ),
        rows("SELECT title, feed_url, state FROM podcast WHERE id = :id", id=podcast),
    )


def poll_for_days(podcast: int, times: int = 5) -> None:
    for _ in range(times):
        if crawl_row(podcast)["state"] != "duplicate":
            poll(podcast)
            age_redirects()


@pytest.fixture
def victim(publisher: FaultServer) -> int:
    """A podcast whose last episode is not read yet."""
    podcast = followed(publisher.serve("/victim", document(OWN)))
    poll(podcast)
    read(podcast, "Ida Holt", OWN[:-1])
    return podcast


Takeover = Callable[[FaultServer, str], int]


def _attacker(publisher: FaultServer, guids: Sequence[str], *answers: Answer, head: str) -> int:
    listed = document(guids, transcripts="https://evil.example/", head=head)
    podcast = followed(publisher.serve("/evil", listed, *answers))
    poll(podcast)
    read(podcast, "Eve Mallory")
    return podcast


def by_new_feed_url(publisher: FaultServer, url: str) -> int:
    return _attacker(publisher, INVENTED, Answer(410), head=moved_to(url))


def by_copies_beside_inventions(publisher: FaultServer, url: str) -> int:
    return _attacker(publisher, (*OWN, *INVENTED), Answer(410), head=moved_to(url))


def by_permanent_redirect(publisher: FaultServer, url: str) -> int:
    return _attacker(publisher, (*OWN, *INVENTED), redirect(url, 301), head="")


def by_podcast_guid(publisher: FaultServer, url: str) -> int:
    head = "<podcast:guid>917393e3-1b1e-5cef-ace4-edaa54e1f810</podcast:guid>" + moved_to(url)
    execute("UPDATE podcast SET podcast_guid = '917393e3-1b1e-5cef-ace4-edaa54e1f810'")
    return _attacker(publisher, (OWN[0], *INVENTED), Answer(410), head=head)


def by_rel_self(publisher: FaultServer, url: str) -> int:
    head = f'<atom:link rel="self" href="{url}"/><atom:link rel="hub" href="https://hub.example/"/>'
    return _attacker(publisher, (*OWN, *INVENTED), head=head)


def by_podping(publisher: FaultServer, url: str) -> int:
    podcast = _attacker(publisher, (*OWN, *INVENTED), head="")
    in_transaction(lambda s: apply_notifications(s, [url], "podping", database_time(s)))
    return podcast


def by_opml(publisher: FaultServer, url: str) -> int:
    podcast = _attacker(publisher, (*OWN, *INVENTED), head="")
    opml = f'<opml><body><outline text="Mine" title="Mine" xmlUrl="{url}"/></body></opml>'
    for entry in parse_opml(opml.encode()):
        assert in_transaction(add_by_url, entry.feed_url).result == "already"
    return podcast


TAKEOVERS: dict[str, Takeover] = {
    name: function for name, function in globals().items() if name.startswith("by_")
}


@pytest.mark.parametrize("way", TAKEOVERS)
def test_takeover_leaves_nothing_under_the_victim(
    publisher: FaultServer, victim: int, way: str
) -> None:
    before = shown_of(victim)
    attacker = TAKEOVERS[way](publisher, publisher.url("/victim"))
    invented = figures()["Eve Mallory"][0]
    poll_for_days(attacker)
    assert shown_of(victim) == before
    assert invented > 0
    assert one("SELECT count(*) FROM episode WHERE origin_podcast_id IS NOT NULL") == 0
    poll(victim)
    assert shown_of(victim) == before


def test_moved_feed_that_lists_half_is_only_suggested(publisher: FaultServer, victim: int) -> None:
    url = publisher.url("/victim")
    podcast = _attacker(publisher, ("1", "2", *INVENTED), Answer(410), head=moved_to(url))
    poll(podcast)
    poll(podcast)
    assert crawl_row(podcast)["state"] == "gone"
    (suggested,) = in_transaction(suggestions)
    assert (suggested.kind, suggested.podcast_id) == ("merge_podcasts", podcast)
    assert suggested.target_podcast_id == victim
    assert suggested.evidence == {"episodes": 4, "listed_there": 2, "left": 4}


def test_copied_guid_without_its_enclosure_confirms_nothing(
    publisher: FaultServer, victim: int
) -> None:
    url = publisher.url("/victim")
    feed = document(OWN, audio="https://audio.example/other/", head=moved_to(url))
    podcast = followed(publisher.serve("/evil", feed, Answer(410)))
    poll_for_days(podcast)
    assert crawl_row(podcast)["state"] == "gone"
    assert crawl_row(victim)["state"] == "active"


def test_what_a_person_unmerged_no_machine_merges_again(
    publisher: FaultServer, victim: int
) -> None:
    url = publisher.url("/victim")
    podcast = _attacker(publisher, OWN, Answer(410), head=moved_to(url))
    poll_for_days(podcast)
    assert crawl_row(podcast)["state"] == "duplicate"
    assert in_transaction(unmerge_podcast, podcast)
    poll_for_days(podcast)
    assert crawl_row(podcast)["state"] == "gone"
    in_transaction(merge_podcasts, duplicate_id=podcast, survivor_id=victim)
    assert crawl_row(podcast)["state"] == "duplicate"


def test_what_is_left_counts_where_it_was_until_it_is_accepted(
    publisher: FaultServer, victim: int
) -> None:
    url = publisher.url("/victim")
    podcast = _attacker(publisher, (*OWN, "0"), Answer(410), head=moved_to(url))
    poll_for_days(podcast)
    by_podcast = "SELECT podcast_id, c.episodes FROM person_podcast c JOIN person p "
    by_podcast += "ON p.id = c.person_id WHERE name = 'Eve Mallory' ORDER BY 1"
    # Episode 5 is read only there, and the older one is not listed by the survivor.
    assert rows(by_podcast) == [{"podcast_id": podcast, "episodes": 2}]
    (suggested,) = in_transaction(suggestions)
    assert suggested.evidence == {"episodes": 6, "listed_there": 5, "left": 1}
    in_transaction(accept, "ann", "the same show", suggestion_id=suggested.id, now=NOW)
    assert rows(by_podcast) == [{"podcast_id": victim, "episodes": 2}]
    assert in_transaction(suggestions) == []
    assert in_transaction(unmerge_podcast, podcast)
    assert figures()["Eve Mallory"][1] == 6


def test_feed_that_names_a_former_url_speaks_for_nobody(
    publisher: FaultServer, victim: int
) -> None:
    former = publisher.url("/former")
    execute(
        "INSERT INTO feed_url_history (podcast_id, url_key, feed_url, left_at, why) "
        "VALUES (:id, :key, :url, now(), 'moved_for_days')",
        id=victim,
        key=former.partition("://")[2],
        url=former,
    )
    podcast = _attacker(publisher, INVENTED, Answer(410), head=moved_to(former))
    poll_for_days(podcast)
    assert crawl_row(podcast)["url"] == publisher.url("/evil")


# Genuine moves: how the old feed announces it, and what the new one has.
ANNOUNCED: dict[str, Callable[[str], tuple[str, Answer]]] = {
    "301": lambda url: ("", redirect(url, 301)),
    "308": lambda url: ("", redirect(url, 308)),
    "404": lambda url: (moved_to(url), Answer(404)),
    "410": lambda url: (moved_to(url), Answer(410)),
}
NEW_DOCUMENTS: dict[str, dict[str, Any]] = {
    "same": {"guids": OWN},
    "new_host": {"guids": OWN, "audio": "https://cdn.new-host.example/"},
    "counted_downloads": {"guids": OWN, "audio": "https://op3.dev/e/audio.example/"},
    "newer_episode": {"guids": ("6", *OWN)},
    "older_dropped": {"guids": OWN[:4]},
}


def test_move_to_a_feed_that_was_not_read_yet_waits_for_it(publisher: FaultServer) -> None:
    survivor = followed(publisher.serve("/new", document(OWN)))
    feed = document(OWN, head=moved_to(publisher.url("/new")))
    podcast = followed(publisher.serve("/old", feed, Answer(410)))
    poll_for_days(podcast, 3)
    assert (crawl_row(podcast)["state"], in_transaction(suggestions)) == ("gone", [])
    poll(survivor)
    poll(podcast)
    assert crawl_row(podcast)["state"] == "duplicate"


def test_merge_by_an_operator_closes_the_suggestion(publisher: FaultServer, victim: int) -> None:
    url = publisher.url("/victim")
    podcast = _attacker(publisher, (*OWN, "0"), Answer(410), head=moved_to(url))
    poll_for_days(podcast)
    assert len(in_transaction(suggestions)) == 1
    in_transaction(merge_podcasts, duplicate_id=podcast, survivor_id=victim)
    assert in_transaction(suggestions) == []
    assert one("SELECT count(*) FROM episode WHERE podcast_id = :id AND guid = '0'", id=victim) == 1


@pytest.mark.parametrize("new", NEW_DOCUMENTS)
@pytest.mark.parametrize("how", ANNOUNCED)
def test_genuine_move_merges_by_itself(publisher: FaultServer, how: str, new: str) -> None:
    survivor = followed(publisher.serve("/new", document(**NEW_DOCUMENTS[new])))
    poll(survivor)
    read(survivor, "Ida Holt")
    head, answer = ANNOUNCED[how](publisher.url("/new"))
    podcast = followed(publisher.serve("/old", document(OWN, head=head), answer))
    poll(podcast)
    read(podcast, "Ida Holt")
    poll_for_days(podcast)
    row = crawl_row(podcast)
    assert row["state"] == "duplicate"
    assert one("SELECT duplicate_of FROM podcast WHERE id = :id", id=podcast) == survivor
    counted = {*OWN, *NEW_DOCUMENTS[new]["guids"]}
    assert figures()["Ida Holt"][:2] == (2 * len(counted), len(counted))
    assert len(in_transaction(suggestions)) == (new == "older_dropped")
