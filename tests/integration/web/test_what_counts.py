"""Every surface shows the same counts, over a store with everything that does not count."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from models import PodcastState
from models.database import database_time, in_transaction
from models.queries.feeds import feeds
from models.queries.jobs import Status, status
from models.queries.people import people
from models.queries.podcasts import episodes, podcasts
from tasks.counts.store.recount import recount
from tasks.identity import decisions
from tasks.podcasts.store.merge import merge_podcasts
from tasks.speakers.store.attribution import check_attributions
from tests.factories import (
    NOW,
    add_episode,
    add_podcast,
    execute,
    one,
    set_podcast_state,
    spoken,
    store,
)
from tests.integration.web.accounts import add_accounts, enter
from tests.integration.web.reading import Page, number
from tests.integration.web.searched import Indexed, indexed
from workers.celery_app import app as celery_app

pytestmark = pytest.mark.slow

__all__ = ["indexed"]

TALK = (
    "Ann Smith: Hello.",
    "Bob Jones: Hello.",
    "Cy Young: Hello.",
    "Dee Park: Hello.",
    "Music: Hello.",
)
# The podcasts that are followed, and what counts of each: two episodes, of which three people's
# segments of five are attributed.
LISTED = ("active", "paused", "gone")
EPISODES = 2 * len(LISTED)
SEGMENTS = EPISODES * len(TALK)
ATTRIBUTED = EPISODES * 2
FAILING = ("active", "gone", "pending")


@dataclass(frozen=True)
class Store:
    """Podcasts by the case that each represents."""

    podcasts: dict[str, int]


def _podcast(state: PodcastState, episodes_: int = 2) -> int:
    podcast = in_transaction(lambda session: add_podcast(session, state=PodcastState.active))
    for number_ in range(episodes_):
        guid = f"{state}-{number_}"
        episode = in_transaction(add_episode, podcast, guid=guid, title=guid)
        in_transaction(store, episode, spoken(*TALK))
    in_transaction(set_podcast_state, podcast, state)
    return podcast


def _person(slug: str) -> int:
    return int(one("SELECT id FROM person WHERE slug = :slug", slug=slug))


@pytest.fixture
def everything(client: httpx.Client, indexed: Indexed, broker: object, broker_url: str) -> Store:
    """A store with each kind of podcast, episode and person that does not count."""
    del broker
    celery_app.conf.broker_url = broker_url
    found = {
        state.value: _podcast(state)
        for state in (PodcastState.active, PodcastState.paused, PodcastState.gone)
    }
    found["removed"] = _podcast(PodcastState.removed)
    found["pending"] = in_transaction(
        lambda session: add_podcast(session, state=PodcastState.pending)
    )
    found["duplicate"] = in_transaction(add_podcast)
    duplicate = in_transaction(add_episode, found["duplicate"], guid="active-0", title="active-0")
    in_transaction(store, duplicate, spoken(*TALK))
    in_transaction(merge_podcasts, duplicate_id=found["duplicate"], survivor_id=found["active"])
    about: dict[str, Any] = {"now": NOW}
    in_transaction(
        decisions.decide,
        "merge",
        "ada",
        "",
        person_id=_person("bob-jones"),
        target_person_id=_person("ann-smith"),
        **about,
    )
    in_transaction(decisions.decide, "suppress", "ada", "", person_id=_person("cy-young"), **about)
    in_transaction(
        decisions.decide, "quarantine", "ada", "", person_id=_person("dee-park"), **about
    )
    execute(
        "UPDATE crawl SET error_count = 3, failing_since = now(), last_error_reason = 'timeout'"
    )
    indexed()
    add_accounts()
    enter(client)
    return Store(found)


def _page(client: httpx.Client, path: str) -> Page:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return Page(path, answer)


def _api(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1{path}", params={"limit": 500})
    assert answer.status_code == 200, path
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def _export(client: httpx.Client, what: str) -> list[str]:
    return client.get(f"/api/v1/export/{what}").text.splitlines()


def _metrics(client: httpx.Client) -> dict[str, float]:
    text = client.get("/metrics").text
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.labels
    }


def _status() -> Status:
    return in_transaction(lambda session: status(session, database_time(session)))


def _failing() -> list[int]:
    found = in_transaction(lambda s: feeds(s, database_time(s), failing=True))
    return [feed.id for feed in found]


def _episode_counts(client: httpx.Client) -> Iterator[tuple[str, int]]:
    home = _page(client, "/").figures
    yield "status", _status().episodes
    yield "home", number(home["episodes"])
    yield "operate", number(_page(client, "/operate").figures["episodes"])
    yield "command episodes", len(in_transaction(episodes))
    yield "command podcasts", sum(row.episodes for row in in_transaction(podcasts))
    yield "API episodes", len(_api(client, "/episodes"))
    yield "API podcasts", sum(row["episodes"] for row in _api(client, "/podcasts"))
    yield "export", len(_export(client, "episodes"))


def _segment_counts(client: httpx.Client, store_: Store) -> Iterator[tuple[str, int]]:
    yield "status", _status().appearances
    yield "operate", number(_page(client, "/operate").figures["appearances"])
    yield "command podcasts", sum(row.appearances for row in in_transaction(podcasts))
    yield "command episodes", sum(row.appearances for row in in_transaction(episodes))
    yield "API appearances", len(_api(client, "/appearances"))
    yield "API podcasts", sum(row["appearances"] for row in _api(client, "/podcasts"))
    yield "API episodes", sum(row["appearances"] for row in _api(client, "/episodes"))
    yield "export", len(_export(client, "appearances"))
    yield "search", client.get("/api/v1/search", params={"q": "hello"}).json()["total"]
    chart = client.get("/api/v1/charts/podcasts", params={"days": "all"}).json()["items"]
    yield "chart", sum(row["appearances"] for row in chart)
    yield "pages", sum(_podcast_page(client, store_.podcasts[state]) for state in LISTED)


def _podcast_page(client: httpx.Client, podcast_id: int) -> int:
    figures = _page(client, f"/podcasts/{podcast_id}").figures
    return next(number(value) for unit, value in figures.items() if "appearance" in unit)


def _attributed_counts(client: httpx.Client) -> Iterator[tuple[str, int]]:
    yield "home", number(_page(client, "/").figures["attributed appearances"])
    yield "command people", sum(row.appearances for row in in_transaction(people))
    yield "API people", sum(row["appearances"] for row in _api(client, "/people"))
    person = client.get("/api/v1/people/ann-smith").json()
    yield "API person", person["appearances"]
    yield "API by podcast", sum(row["appearances"] for row in person["by_podcast"])
    bars = client.get("/api/v1/people/ann-smith/timeline").json()["items"]
    yield "API timeline", sum(bar["appearances"] for bar in bars)
    yield "API labels", sum(name["appearances"] for name in person["names"])
    yield "API segments", len(_api(client, "/people/ann-smith/appearances"))
    yield "page", number(_page(client, "/people/ann-smith").figures["total appearances"])
    yield "file", len(client.get("/people/ann-smith/appearances.csv").text.splitlines()) - 1
    chart = client.get("/api/v1/charts/people", params={"days": "all"}).json()["items"]
    yield "chart", sum(row["appearances"] for row in chart)
    yield (
        "unknown",
        SEGMENTS
        - sum(
            client.get(f"/api/v1/podcasts/{row['id']}").json()["unknown"]
            for row in _api(client, "/podcasts")
        ),
    )


def _podcast_counts(client: httpx.Client) -> Iterator[tuple[str, int]]:
    yield "status", _status().podcasts
    yield "home", number(_page(client, "/").figures["podcasts"])
    yield "operate", number(_page(client, "/operate").figures["podcasts"])
    yield "command", len(in_transaction(podcasts))
    yield "API", len(_api(client, "/podcasts"))
    yield "export", len(_export(client, "podcasts"))
    yield (
        "page",
        len(_page(client, "/podcasts").root.xpath("//li[contains(@class, 'podcast-card')]")),
    )


def _people_counts(client: httpx.Client) -> Iterator[tuple[str, int]]:
    yield "status", _status().people
    yield "home", number(_page(client, "/").figures["people"])
    yield "command", len(in_transaction(people))
    yield "API", len(_api(client, "/people"))
    yield "export", len(_export(client, "people"))


def _failing_counts(client: httpx.Client) -> Iterator[tuple[str, int]]:
    yield "status", _status().feeds_failing
    yield "command", len(_failing())
    yield "metric", int(_metrics(client)["overheard_feeds_failing"])
    yield "polled", int(_metrics(client)["overheard_feeds_followed"])
    yield "operate", number(_page(client, "/operate").figures["feeds failing"])
    yield "operate feeds", len(_page(client, "/operate/feeds").root.xpath("//tbody/tr"))


def test_every_surface_shows_the_same_counts(client: httpx.Client, everything: Store) -> None:
    """Removed, duplicate, suppressed and quarantined speech counts nowhere, and once if merged."""
    expected = {
        "podcasts": (_podcast_counts(client), len(LISTED)),
        "episodes": (_episode_counts(client), EPISODES),
        "segments": (_segment_counts(client, everything), SEGMENTS),
        "attributed": (_attributed_counts(client), ATTRIBUTED),
        "people": (_people_counts(client), 1),
        "failing feeds": (_failing_counts(client), len(FAILING)),
    }
    different = {
        f"{what}, {surface}: {count} instead of {right}"
        for what, (counts, right) in expected.items()
        for surface, count in counts
        if count != right
    }
    assert different == set()
    assert sorted(_failing()) == sorted(everything.podcasts[state] for state in FAILING)
    assert in_transaction(recount, check_attributions).changed == 0
