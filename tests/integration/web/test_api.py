"""The API: the same figures as the rows, pages that stay right, errors that can be read."""

import json
import threading
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from models import PodcastState, get_settings
from models.database import database_time, in_transaction
from models.queries.changes import begin_epoch
from tasks.auth.store.api_keys import create_key, revoke_key
from tests.factories import (
    add_episode,
    add_podcast,
    execute,
    new_episode,
    one,
    rows,
    set_podcast_state,
    spoken,
    store,
)
from tests.integration.waiting import until_all_changes_are_shown
from tests.integration.web.searched import Indexed, indexed

pytestmark = pytest.mark.slow

__all__ = ["indexed"]

API = "/api/v1"
TALK = ("Ann Smith: Hello there.", "Bob Jones: Hello.", "Ann Smith: Well.", "Speaker 2: Hm.")


def heard(*turns: str, **more: Any) -> int:
    episode = new_episode(**more)
    in_transaction(store, episode, spoken(*turns))
    return episode


def get(client: httpx.Client, path: str, **params: Any) -> Any:
    answer = client.get(f"{API}{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def pages(client: httpx.Client, path: str, **params: Any) -> Iterator[list[Any]]:
    while True:
        page = get(client, path, **params)
        yield page["items"]
        if page["next"] is None:
            return
        params["cursor"] = page["next"]


def every(client: httpx.Client, path: str, **params: Any) -> list[Any]:
    return [item for page in pages(client, path, **params) for item in page]


def test_a_person_has_the_figures_of_the_rows(client: httpx.Client) -> None:
    heard(*TALK, stats_date=date(2026, 1, 5))
    heard(*TALK[:2], stats_date=date(2026, 2, 5))
    person = get(client, "/people/ann-smith")
    assert (person["appearances"], person["episodes"], person["podcasts"]) == (3, 2, 2)
    assert person["seconds"] == 30
    assert sum(podcast["appearances"] for podcast in person["by_podcast"]) == 3
    assert person["names"][0]["method"] == "full_name"
    assert {podcast["role"] for podcast in person["by_podcast"]} == {"guest"}
    assert (person["mentioned_in"], person["mentioned_silent"]) == (0, 0)
    bars = get(client, "/people/ann-smith/timeline", by="month")["items"]
    assert [(bar["start"], bar["appearances"]) for bar in bars] == [
        ("2026-01-01", 2),
        ("2026-02-01", 1),
    ]


def test_everything_is_listed_page_by_page_as_the_rows_have_it(client: httpx.Client) -> None:
    episodes = [heard(*TALK, stats_date=date(2026, 1, day)) for day in (1, 2, 3)]
    items = every(client, "/appearances", limit=5)
    assert [one["id"] for one in items] == [
        row["id"] for row in rows("SELECT id FROM appearance ORDER BY id")
    ]
    assert {one["label"]: one["person_slug"] for one in items} == {
        "Ann Smith": "ann-smith",
        "Bob Jones": "bob-jones",
        "Speaker 2": None,
    }
    hers = every(client, "/people/ann-smith/appearances", limit=2)
    assert [one["date"] for one in hers] == sorted((one["date"] for one in hers), reverse=True)
    assert len({one["id"] for one in hers}) == len(hers) == 6
    assert {one["label"] for one in hers} == {"Ann Smith"}
    transcript = every(client, f"/episodes/{episodes[0]}/appearances", limit=3)
    assert [f"{one['label']}: {one['text']}" for one in transcript] == list(TALK)
    assert [one["id"] for one in every(client, "/episodes", limit=2)] == episodes
    assert len(every(client, "/podcasts", limit=1)) == 3
    for order in ("appearances", "new", "name"):
        assert {one["slug"] for one in every(client, "/people", order=order, limit=1)} == {
            "ann-smith",
            "bob-jones",
        }


def test_episode_has_its_speakers_and_a_chart_its_ranks(
    client: httpx.Client,
) -> None:
    episode = heard(*TALK)
    details = get(client, f"/episodes/{episode}")
    assert {one["label"]: one["reason"] for one in details["speakers"]}[
        "Speaker 2"
    ] == "not_a_person"
    assert details["appearances"] == 4
    podcast = get(client, f"/podcasts/{details['podcast_id']}")
    assert (podcast["episodes"], podcast["appearances"]) == (1, 4)
    for about in (details, podcast):
        assert (about["unknown"], about["quarantined"]) == (1, 0)
    chart = get(client, "/charts/people", days="all")["items"]
    assert [(one["slug"], one["appearances"], one["rank"]) for one in chart] == [
        ("ann-smith", 2, 1),
        ("bob-jones", 1, 2),
    ]


def test_topics_have_the_sums_of_the_rows(client: httpx.Client) -> None:
    episodes = [heard(*TALK), heard(*TALK[:2])]
    execute("INSERT INTO topic (id, slug, name) VALUES (1, 'stars', 'Stars'), (2, 'art', 'Art')")
    execute("INSERT INTO episode_topic (topic_id, episode_id) SELECT 1, id FROM episode")
    execute("INSERT INTO episode_topic (topic_id, episode_id) VALUES (2, :id)", id=episodes[0])
    assert [(one["slug"], one["episodes"]) for one in every(client, "/topics", limit=1)] == [
        ("art", 1),
        ("stars", 2),
    ]
    stars = get(client, "/topics/stars")
    assert (stars["episodes"], stars["podcasts"], stars["appearances"]) == (2, 2, 6)
    assert sum(one["appearances"] for one in stars["by_podcast"]) == 6
    assert {one["slug"]: one["appearances"] for one in stars["by_person"]} == {
        "ann-smith": 3,
        "bob-jones": 2,
    }
    assert client.get(f"{API}/topics/nothing").status_code == 404


def test_cursors_yield_each_row_once_while_rows_arrive(
    client: httpx.Client,
) -> None:
    """Smaller than the benchmark's 100,000, and with real transactions in between."""
    for number in range(6):
        heard(*(f"Ann Smith: {number} {n}" for n in range(20)))
    ended = threading.Event()
    of = {
        "/appearances": "SELECT id FROM appearance",
        "/people/ann-smith/appearances": """
            SELECT a.id FROM appearance a JOIN speaker s ON s.id = a.speaker_id
            JOIN person p ON p.id = s.person_id WHERE p.slug = 'ann-smith'""",
    }

    def arriving() -> None:
        number = 0
        while not ended.is_set() and number < 200:
            heard(*(f"Ann Smith: new {number} {n}" for n in range(3)))
            number += 1

    thread = threading.Thread(target=arriving)
    thread.start()
    try:
        for path, query in of.items():
            there = {row["id"] for row in rows(query)}
            seen = list[int]()
            for page in pages(client, path, limit=17):
                seen += [one["id"] for one in page]
                if there <= set(seen):
                    break  # what arrives may arrive for ever
            assert len(seen) == len(set(seen))
            assert there <= set(seen)
    finally:
        ended.set()
        thread.join()


def test_a_search_is_answered_with_marks_neighbours_and_counts(
    client: httpx.Client, indexed: Indexed
) -> None:
    heard(*TALK)
    indexed()
    found = get(client, "/search", q="hello", order="date", limit=1)
    assert (found["total"], found["behind"], found["counted_among"]) == (2, 0, 2)
    (match,) = found["items"]
    assert [piece["text"] for piece in match["pieces"] if piece["highlighted"]] == ["Hello"]
    assert (match["before"], match["behind"]["text"]) == (None, "Hello.")
    assert {one["slug"]: one["matches"] for one in found["by_person"]} == {
        "ann-smith": 1,
        "bob-jones": 1,
    }
    assert len(every(client, "/search", q="hello", order="date", limit=1)) == 2
    assert len(every(client, "/search", q="hello", limit=1)) == 2
    assert get(client, "/search", q="hello", person="bob-jones")["total"] == 1
    wrong = client.get(f"{API}/search", params={"q": "(hello"})
    assert (wrong.status_code, wrong.json()["position"]) == (422, 1)
    assert get(client, "/suggest", q="jon")["items"][0]["slug"] == "bob-jones"


def test_changes_tell_what_is_new_other_and_gone_since(client: httpx.Client) -> None:
    podcast = in_transaction(add_podcast)
    episode = in_transaction(add_episode, podcast)
    in_transaction(store, episode, spoken(*TALK))
    until_all_changes_are_shown()
    first = get(client, "/changes")
    assert {(one["kind"], one["removed"]) for one in first["items"]} == {
        ("episode", False),
        ("person", False),
        ("podcast", False),
    }
    assert get(client, "/changes", since=first["next"])["items"] == []
    now = get(client, "/changes", since="now")
    assert now["items"] == []
    in_transaction(set_podcast_state, podcast, PodcastState.removed)
    until_all_changes_are_shown()
    gone = get(client, "/changes", since=now["next"])["items"]
    assert {(one["kind"], one["removed"], one["path"]) for one in gone} == {
        ("episode", True, None),
        ("person", True, None),
        ("podcast", True, None),
    }
    assert len(get(client, "/changes", since=now["next"], kind="episode")["items"]) == 1
    in_transaction(begin_epoch)
    assert client.get(f"{API}/changes", params={"since": now["next"]}).status_code == 410


def test_an_export_is_a_line_for_each_row(client: httpx.Client) -> None:
    heard(*TALK)
    for what, count in (("appearances", 4), ("episodes", 1), ("podcasts", 1), ("people", 2)):
        answer = client.get(f"{API}/export/{what}")
        assert answer.headers["content-type"] == "application/x-ndjson"
        lines = [json.loads(line) for line in answer.text.splitlines()]
        assert len(lines) == count
    assert [line["appearances"] for line in lines] == [2, 1]


def test_what_is_known_already_is_not_sent_again(client: httpx.Client) -> None:
    heard(*TALK)
    first = client.get(f"{API}/people/ann-smith")
    named = {"if-none-match": f'"other", W/{first.headers["etag"]}'}
    again = client.get(f"{API}/people/ann-smith", headers=named)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    heard(*TALK)
    assert client.get(f"{API}/people/ann-smith", headers=named).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/people/nobody", 404),
        ("GET", "/people/a%00b", 422),
        ("GET", "/episodes/99999999", 404),
        ("GET", "/episodes/x", 422),
        ("POST", "/people", 405),
        ("GET", "/people?limit=0", 422),
        ("GET", "/people?cursor=nonsense", 422),
        ("GET", "/appearances?cursor=WyJlcGlzb2RlcyIsMV0", 422),
        ("GET", "/appearances?cursor=WyJhcHBlYXJhbmNlcyIsMWU5OTld", 422),
        ("GET", "/search?q=-a", 422),
        ("GET", "/search?q=%00", 422),
        ("GET", "/search", 422),
        ("GET", "/changes?since=WyJjaGFuZ2VzIiwxXQ", 422),
    ],
)
def test_every_error_is_a_problem(
    client: httpx.Client, indexed: Indexed, method: str, path: str, status: int
) -> None:
    indexed()
    answer = client.request(method, f"{API}{path}")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"]


def test_a_missing_index_is_a_problem_that_passes(
    client: httpx.Client, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_SEARCH_INDEX", str(tmp_path))
    get_settings.cache_clear()
    answer = client.get(f"{API}/search", params={"q": "hello"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


@pytest.fixture
def limited(broker: object, monkeypatch: pytest.MonkeyPatch) -> None:
    del broker
    monkeypatch.setenv("OVERHEARD_API_RATE_PER_MINUTE", "5")
    get_settings.cache_clear()


def key(*scopes: str) -> str:
    return in_transaction(
        lambda session: create_key(session, "a test", scopes or ("read",), database_time(session))
    )


@pytest.mark.usefixtures("limited")
def test_rate_limit_applies_per_ip_and_per_api_key(
    client: httpx.Client,
) -> None:
    answers = [client.get(f"{API}/people") for _ in range(13)]  # a minute may turn within
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert {answer.status_code for answer in answers} == {200, 429}
    assert answers[0].headers["ratelimit-limit"] == "5"
    assert 0 < int(refused[0].headers["retry-after"]) <= 60
    assert refused[0].json()["status"] == 429
    with_key = client.get(f"{API}/people", headers={"authorization": f"Bearer {key()}"})
    assert with_key.status_code == 200


@pytest.mark.parametrize("broker_url", ["amqp://127.0.0.1:1//", "redis://127.0.0.1:1/0"])
def test_rate_limit_applies_without_redis(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, broker_url: str
) -> None:
    monkeypatch.setenv("OVERHEARD_BROKER_URL", broker_url)
    monkeypatch.setenv("OVERHEARD_API_RATE_PER_MINUTE", "5")
    get_settings.cache_clear()
    statuses = {client.get(f"{API}/people").status_code for _ in range(13)}
    assert statuses == {200, 429}


@pytest.mark.usefixtures("limited")
def test_guessing_keys_is_slowed(client: httpx.Client) -> None:
    statuses = [
        client.get(f"{API}/people", headers={"x-api-key": f"ohk_00000000_{n}"}).status_code
        for n in range(25)
    ]
    assert set(statuses) == {401, 429}


def test_where_reading_is_not_public_a_key_is_needed_that_holds(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_PUBLIC_READING", "false")
    get_settings.cache_clear()
    assert client.get(f"{API}/people").status_code == 401
    mine = key("read")
    headers = {"authorization": f"Bearer {mine}"}
    assert client.get(f"{API}/people", headers=headers).status_code == 200
    assert one("SELECT last_used_at IS NOT NULL FROM api_key")
    wrong = {"authorization": f"Bearer {mine}x"}
    assert client.get(f"{API}/people", headers=wrong).status_code == 401
    prefix = mine.split("_")[1]
    assert in_transaction(lambda s: revoke_key(s, prefix, database_time(s)))
    assert one("SELECT revoked_at IS NOT NULL FROM api_key")


def test_hostile_text_is_returned_unchanged_as_json(client: httpx.Client) -> None:
    hostile = "<script>alert(1)</script>\u202e \\u0000 }] \u2028"
    episode = heard(f"Ann Smith: {hostile}")
    execute("UPDATE episode SET title = :t", t="x" * 10_000_000)
    answer = client.get(f"{API}/episodes/{episode}/appearances")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<script>" in answer.json()["items"][0]["text"]
