"""Every page and every API route answers over a store in which something is missing."""

import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from models import PodcastState
from models.database import in_transaction
from tasks.identity import decisions
from tests.factories import (
    NOW,
    add_podcast,
    new_episode,
    one,
    rows,
    set_podcast_state,
    spoken,
    store,
)
from tests.integration.web.accounts import add_accounts, enter
from tests.integration.web.reading import Page
from tests.integration.web.searched import Indexed, indexed
from web.api.app import create_api
from web.app import create_app
from workers.celery_app import app as celery_app

pytestmark = pytest.mark.slow

__all__ = ["indexed"]

# Values of the parameters in paths; rows of the store are added to them.
_FIXED = {
    "of": ["people", "podcasts", "topics"],
    "form": ["vtt", "srt", "json", "txt"],
    "kind": ["people", "podcasts", "episodes"],
    "number": ["0", "1"],
    "what": ["appearances", "episodes", "people", "podcasts"],
}
_QUERIES = {
    "slug": "SELECT slug FROM person UNION SELECT slug FROM topic",
    "podcast_id": "SELECT id FROM podcast",
    "episode_id": "SELECT id FROM episode",
    "appearance_id": "SELECT id FROM appearance",
    "request_id": "SELECT id FROM reingest_request",
}
# Queries beside the plain path: each order of a list, each kind of chart, a search.
_VARIANTS = {
    "/people": ["?sort=new", "?sort=name", "?sort=trending", "?letter=a"],
    "/podcasts": ["?sort=appearances", "?sort=latest"],
    "/podcasts/{podcast_id}": ["?unit=hours&show=50"],
    "/people/{slug}": ["?unit=hours&show=50", "?q=hello", "?year=1990&unit=episodes"],
    "/topics/{slug}": ["?unit=hours&show=50"],
    "/episodes/{episode_id}": ["?find=hello&show=50", "?find=nowhere&begin=1"],
    "/topics": ["?sort=name"],
    "/charts": [
        "?of=podcasts",
        "?of=topics&days=7",
        "?of=trending",
        "?of=mentioned&year=2020",
        "?days=all",
    ],
    "/search": ["?q=hello", "?q=hello&person=1&podcast=1"],
    "/search/suggest": ["?q=a"],
    "/operate/feeds": ["?everything=true"],
    "/operate/jobs": ["?state=done"],
    "/add/progress": ["?ids=1.9999"],
    "/api/v1/people": ["?order=new", "?order=name"],
    "/api/v1/search": ["?q=hello"],
    "/api/v1/suggest": ["?q=a"],
}


def _no_podcasts() -> None:
    pass


def _no_episodes() -> None:
    in_transaction(add_podcast)


def _no_transcript() -> None:
    new_episode()


def _no_speakers() -> None:
    in_transaction(store, new_episode(transcripts=["https://example.com/empty.vtt"]), [])


def _nobody_named() -> None:
    in_transaction(store, new_episode(), spoken("Music: La.", "Speaker 2: Hello.", "No label."))


def _named() -> int:
    in_transaction(store, new_episode(), spoken("Ann Smith: Hello.", "Music: La."))
    return int(one("SELECT id FROM person"))


def _only_quarantined() -> None:
    person_id = _named()
    in_transaction(decisions.decide, "quarantine", "ada", "a robot", person_id=person_id, now=NOW)


def _only_removed() -> None:
    _named()
    in_transaction(set_podcast_state, one("SELECT id FROM podcast"), PodcastState.removed)


def _only_pending() -> None:
    in_transaction(lambda session: add_podcast(session, state=PodcastState.pending))


CASES = (
    _no_podcasts,
    _no_episodes,
    _no_transcript,
    _no_speakers,
    _nobody_named,
    _only_quarantined,
    _only_removed,
    _only_pending,
)


def _page_paths() -> list[str]:
    return [
        route.path
        for included in create_app().routes
        for route in getattr(included, "original_router", APIRouter()).routes
        if isinstance(route, APIRoute) and "GET" in (route.methods or ())
    ]


def _paths() -> list[str]:
    return [*_page_paths(), *(f"/api/v1{path}" for path in create_api().openapi()["paths"])]


def _filled(path: str) -> Iterator[str]:
    """The path with each value that its parameters have in the store, and with unknown ones."""
    names = re.findall(r"\{(\w+)\}", path)
    if not names:
        yield path
        return
    name = names[0]
    found = rows(_QUERIES[name]) if name in _QUERIES else []
    stored = [str(value) for row in found for value in row.values()]
    values = _FIXED.get(name) or [*stored, "9999"]
    for value in values:
        yield from _filled(path.replace(f"{{{name}}}", value))


def _dead_ends(address: str, answer: httpx.Response) -> list[str]:
    """What a page calls empty, or an error, without a link or a command for what to do next."""
    if not answer.headers.get("content-type", "").startswith("text/html"):
        return []
    if "<main" not in answer.text:  # a quote in a frame of others
        return []
    page = Page(address, answer)
    empty = page.root.xpath("//main//*[contains(concat(' ', @class, ' '), ' empty ')]")
    if answer.status_code >= 400:
        empty = page.root.xpath("//main//p[@id='next']") or [page.root]
        assert len(page.texts("//main//h1")) == 1, address
    found = [one for one in empty if not one.xpath(".//a[@href] | .//code")]
    return [f"{address}: {' '.join(one.text_content().split())}" for one in found]


def test_route_list_names_pages_operator_pages_and_api() -> None:
    assert {"/", "/podcasts/{podcast_id}", "/operate/feeds", "/api/v1/changes"} <= set(_paths())


@pytest.mark.parametrize("prepare", CASES, ids=lambda case: case.__name__.strip("_"))
@pytest.mark.usefixtures("broker")
def test_every_route_answers_when_something_is_missing(
    client: httpx.Client, indexed: Indexed, broker_url: str, prepare: Callable[[], None]
) -> None:
    celery_app.conf.broker_url = broker_url
    add_accounts()
    prepare()
    indexed()
    enter(client)
    addresses = [
        filled + variant
        for path in _paths()
        for filled in _filled(path)
        for variant in ("", *_VARIANTS.get(path, ()))
    ]
    answers = {address: client.get(address) for address in addresses}
    statuses = {address: answer.status_code for address, answer in answers.items()}
    assert {address: status for address, status in statuses.items() if status >= 500} == {}
    assert [one for address, answer in answers.items() for one in _dead_ends(address, answer)] == []
    heads = {address: client.head(address) for address in addresses}
    assert {address: head.status_code for address, head in heads.items()} == statuses
    assert [address for address, head in heads.items() if head.content] == []
    assert statuses["/"] == statuses["/operate"] == statuses["/api/v1/podcasts"] == 200
