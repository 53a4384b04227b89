"""No URL and no secret of a private podcast leaves by any route, but to operators.

The routes are the application's own: one that is added later is requested too, and the test fails
if it does not know a value for one of its parameters.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import httpx
import pytest
import structlog

from models.database import in_transaction
from models.queries.sitemap import SitemapKind
from tasks.blog.publish import publish_due
from tasks.podcasts.store.merge import merge_podcasts, unmerge_podcast
from tests.factories import add_podcast, execute, one
from tests.integration.commands import Run, run
from tests.integration.web.accounts import add_accounts, enter
from tests.integration.web.private_world import (
    MARK,
    OTHER_SLUG,
    PLAIN_URL,
    SECRET_URL,
    SLUG,
    TOPIC,
    PlantedUrl,
    PrivateWorld,
    private_world,
    run_jobs,
)
from tests.integration.web.routes import AppRoute, all_routes
from tests.integration.web.searched import Indexed, indexed
from tests.servers.fault_server import FaultServer
from web.presenters.transcript_files import TranscriptFormat
from workers.celery_app import app as celery_app

__all__ = ["indexed", "run"]

pytestmark = pytest.mark.slow

# A secret, or the host of the URLs in the feed, with what is around it.
LEAK = re.compile(rf".{{0,60}}({MARK}|media\.example).{{0,60}}", re.IGNORECASE)
# Queries without which a route has nothing to answer, and those that choose what it answers.
QUERIES: dict[str, tuple[str, ...]] = {
    "/api/v1/search": ("?q=ferry", f"?q={MARK}", "?q=token&order=date"),
    "/api/v1/suggest": ("?q=ida", "?q=ferr"),
    "/search": ("?q=ferry", "?q=ferry&year=2026", "?q=ida", f"?q={MARK}", "?q=*"),
    "/search/suggest": ("?q=ida", "?q=ferr"),
    "/charts": ("?of=podcasts", "?of=topics", "?of=people", "?of=mentioned&year=2026"),
    "/people": ("?sort=name", "?name=s3"),
    "/people/{slug}": ("?unit=hours&show=50",),
    "/episodes/{episode_id}": ("?find=ferry&show=50", f"?find={MARK}"),
    "/operate/feeds": ("?everything=true", "?reason=http_404"),
    "/operate/jobs": ("?state=waiting", "?state=done", "?state=dead"),
}


@pytest.fixture(params=[SECRET_URL, PLAIN_URL], ids=["secret-url", "operators-word"])
def planted(
    request: pytest.FixtureRequest,
    publisher: FaultServer,
    broker: object,
    broker_url: str,
    indexed: Indexed,
) -> Iterator[PrivateWorld]:
    """A private podcast, and a check that no log line has a secret."""
    del broker
    celery_app.conf.broker_url = broker_url
    url: PlantedUrl = request.param
    with structlog.testing.capture_logs() as events:
        add_accounts()
        world = private_world(publisher, url)
        publish_due(everything=True)
        indexed()
        yield world
    assert [event for event in events if MARK in repr(event).lower()] == []


def values(world: PrivateWorld, path: str) -> dict[str, list[object]]:
    """A value for each parameter of a path, which is of the private podcast."""
    request_id = one("SELECT coalesce(max(id), '0') FROM reingest_request")
    return {
        "podcast_id": [world.podcast_id],
        "episode_id": [world.episode_id, world.episode_id - 1],
        "appearance_id": [world.appearance_id],
        "slug": [TOPIC] if "/topics/" in path else ["a-post"] if "/posts/" in path else [SLUG],
        "second": [OTHER_SLUG],
        "of": ["people", "podcasts", "topics"],
        "what": ["appearances", "episodes", "people", "podcasts"],
        "request_id": [request_id],
        "session_id": [1],
        "number": [1],
        "digest": ["0" * 32],
        "name": ["2026-w02", "2026"] if path.startswith("/blog") else ["parse"],
        "section": ["most_heard", "quotes", "longest", "topics"],
        "rank": [1],
        "kind": list(SitemapKind),
        "form": list(TranscriptFormat),
        "token": ["x" * 30],
        "prefix": ["none"],
    }


def addresses(world: PrivateWorld, route: AppRoute) -> Iterator[str]:
    """The addresses of a route; fails at a parameter without a value."""
    names = re.findall(r"\{(\w+)\}", route.path)
    known = values(world, route.path)
    assert set(names) <= known.keys(), f"{route.path} has a parameter without a value: add one"
    for chosen in product(*(known[name] for name in names)):
        path = route.path
        for name, value in zip(names, chosen, strict=True):
            path = path.replace(f"{{{name}}}", str(value))
        for query in ("", *QUERIES.get(route.path, ())):
            yield path + query


def all_leaks(client: httpx.Client, world: PrivateWorld, form_token: str = "") -> list[str]:
    """The addresses whose answers have a secret."""
    found, reached = [], set[str]()
    for route in all_routes():
        for address in addresses(world, route):
            if route.path in {"/sign-out", "/sign-in", "/account/sessions/end"}:
                continue  # they would end the session; their answers are redirects
            sent = {"form_token": form_token} if route.method == "POST" else None
            answer = client.request(route.method, address, data=sent)
            assert answer.status_code < 500, (address, answer.text)
            if answer.status_code == 200:
                reached.add(route.path)
            # What was searched for is shown again, as it was typed.
            text = answer.text.replace(MARK, "") if MARK in address else answer.text
            if leak := LEAK.search(f"{answer.headers} {text}"):
                found.append(f"{route.method} {address}: {leak[0]}")
    must = {route.path for route in all_routes() if route.method == "GET"}
    assert must - reached <= _NOT_FOR_READERS, must - reached - _NOT_FOR_READERS
    return found


# Routes that a reader gets no page of: redirects, and what is for operators, accounts and hubs.
_NOT_FOR_READERS = {
    # With a setting only: what they show is the operator's plans and the list of a store.
    "/api/v1/usage",
    "/charts/store",
    "/pricing",
    "/account",
    "/blog/posts/{slug}",
    "/add",
    "/add/progress",
    "/appearances/{appearance_id}",
    "/artwork/episodes/{episode_id}",
    "/artwork/podcasts/{podcast_id}",
    "/first-account",  # there are accounts
    "/operate",
    "/operate/accounts",
    "/operate/first-steps",
    "/operate/feeds",
    "/operate/jobs",
    "/operate/people",
    "/operate/people/audit",
    "/operate/people/review",
    "/operate/podcasts",
    "/operate/podcasts/{podcast_id}",
    "/operate/reingest",
    "/operate/reingest/{request_id}",
    "/operate/speech",
    "/sign-in",
    "/websub/{token}",
    # Its words are published again for operators only.
    "/api/v1/episodes/{episode_id}/transcript",
    "/episodes/{episode_id}/transcript.{form}",
    "/podcasts/{podcast_id}/transcripts.xml",
    "/quotes/{appearance_id}",
    "/quotes/{appearance_id}/card.png",
    "/quotes/{appearance_id}/embed",
}


@pytest.mark.parametrize("name", ["", "Rita"], ids=["anonymous", "reader"])
def test_no_route_shows_a_secret_of_a_private_podcast(
    client: httpx.Client, planted: PrivateWorld, name: str
) -> None:
    form_token = enter(client, name) if name else ""
    assert all_leaks(client, planted, form_token) == []


def test_operators_see_the_urls_of_a_private_podcast(
    client: httpx.Client, planted: PrivateWorld
) -> None:
    enter(client)
    assert planted.feed_url in client.get(f"/podcasts/{planted.podcast_id}").text
    assert "media.example" in client.get(f"/episodes/{planted.episode_id}").text


def test_an_operators_word_hides_and_shows_a_podcast_at_once(
    client: httpx.Client, planted: PrivateWorld, run: Run, indexed: Indexed
) -> None:
    assert run("podcasts", "public", planted.podcast_id).code == 0
    run_jobs()
    execute("DELETE FROM blog_issue")
    publish_due(everything=True)
    indexed()
    assert "media.example" in client.get("/blog/2026-w02").text
    assert "media.example" in client.get(f"/api/v1/episodes/{planted.episode_id}").text
    assert run("podcasts", "private", planted.podcast_id).code == 0
    assert all_leaks(client, planted) == []
    run_jobs()
    indexed()
    assert all_leaks(client, planted) == []


@pytest.mark.parametrize(
    ("planted", "word"),
    [(SECRET_URL, "declared_public"), (PLAIN_URL, "public")],
    indirect=["planted"],
    ids=["secret-url-declared_public", "operators-word-public"],
)
def test_no_route_shows_a_secret_after_merges_and_unmerges(
    client: httpx.Client, planted: PrivateWorld, indexed: Indexed, word: str
) -> None:
    other = in_transaction(add_podcast)
    execute("UPDATE podcast SET privacy = :word WHERE id = :id", word=word, id=other)
    private = planted.podcast_id
    in_transaction(merge_podcasts, duplicate_id=private, survivor_id=other)
    indexed()
    assert one("SELECT podcast_id FROM episode WHERE id = :id", id=planted.episode_id) == other
    assert all_leaks(client, replace(planted, podcast_id=other)) == []
    assert client.get(f"/quotes/{planted.appearance_id}").status_code == 404
    assert in_transaction(unmerge_podcast, private)
    indexed()
    assert all_leaks(client, planted) == []
    in_transaction(merge_podcasts, duplicate_id=other, survivor_id=private)
    indexed()
    assert all_leaks(client, planted) == []
