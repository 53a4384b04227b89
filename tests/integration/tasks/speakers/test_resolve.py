"""Re-resolving an episode: from all evidence, in any order, writing only what changed."""

from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models.database import in_transaction
from models.queries import coverage, person, roles
from tasks.speakers.resolve import resolve_episode
from tasks.transcripts.store import lock_episode
from tests.factories import (
    add_episode,
    add_podcast,
    differences,
    execute,
    figures,
    one,
    rows,
    spoken,
    store,
    writes,
)

pytestmark = pytest.mark.usefixtures("database")

TAG = '[{"name": "%s", "role": "guest", "group": "cast"}]'


def podcast() -> int:
    return in_transaction(add_podcast)


def episode(podcast_id: int, *turns: str, tag: str = "", **more: Any) -> int:
    """Add an episode with this transcript, stored as a parse job stores it."""

    def added(session: Session) -> int:
        episode_id = add_episode(session, podcast_id, **more)
        if tag:
            params = {"id": episode_id, "tag": TAG % tag}
            statement = text("UPDATE episode SET persons = CAST(:tag AS jsonb) WHERE id = :id")
            session.connection().execute(statement, params)
        store(session, episode_id, spoken(*turns))
        return episode_id

    return in_transaction(added)


def resolve(*episode_ids: int) -> None:
    def resolved(session: Session, episode_id: int) -> None:
        assert lock_episode(session, episode_id)
        resolve_episode(session, episode_id)

    for episode_id in episode_ids:
        in_transaction(resolved, episode_id)


def who(episode_id: int) -> dict[str, str]:
    query = """
        SELECT s.label, coalesce(p.name, s.reason) AS who FROM speaker s
        LEFT JOIN person p ON p.id = s.person_id WHERE s.episode_id = :id
    """
    return {row["label"]: row["who"] for row in rows(query, id=episode_id)}


def test_first_name_resolves_with_recurring_speakers() -> None:
    show = podcast()
    first = episode(show, "Jane: Hello.", "Bo Roe: Hi.")
    assert who(first)["Jane"] == "one_word_name"
    for _ in range(2):
        episode(show, "Jane Doe: Hello.", "Bo Roe: Hi.")
    resolve(first)
    assert who(first) == {"Jane": "Jane Doe", "Bo Roe": "Bo Roe"}
    assert figures()["Jane Doe"][:3] == (3, 3, 1)
    assert differences() == 0


def test_resolving_unchanged_episode_writes_nothing() -> None:
    show = podcast()
    ids = [
        episode(show, "Jane: Hello.", "JD: Hi.", "Jane Doe: I'm Jane Doe.", title="With Bo Roe")
        for _ in range(3)
    ]
    resolve(*ids)

    def again(session: Session) -> dict[str, tuple[int, int, int]]:
        with writes(session) as written:
            lock_episode(session, ids[0])
            change = resolve_episode(session, ids[0])
        assert (change.matches, change.attributions) == (0, 0)
        return written

    assert in_transaction(again) == {}


def test_resolution_does_not_depend_on_episode_order() -> None:
    scripts = [
        ("Jane: Hello.", "Bo Roe: Hi."),
        ("Jane Doe: Hello.", "Bo Roe: Hi."),
        ("Jane Doe: Hello.", "JD: Well.", "Bo: Hi."),
        ("Jane B. Doe: Hello.", "Bo Roe: Hi."),
    ]
    outcomes = []
    for number, order in enumerate(list(permutations(range(4)))[::5]):
        show = podcast()
        ids = {which: episode(show, *scripts[which], guid=f"{number}-{which}") for which in order}
        resolve(*ids.values())
        outcomes.append([who(ids[which]) for which in range(4)])
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert outcomes[0][0]["Jane"] == outcomes[0][3]["Jane B. Doe"] == "Jane Doe"
    assert differences() == 0


def test_name_of_one_word_is_a_person_of_its_podcast_only() -> None:
    here = episode(podcast(), "Zorro: Hello.", "Bo Roe: Hi.", tag="Zorro")
    there = episode(podcast(), "Zorro: Hello.", "Bo Roe: Hi.", tag="Zorro")
    assert who(here)["Zorro"] == who(there)["Zorro"] == "Zorro"
    assert one("SELECT count(DISTINCT person_id) FROM speaker WHERE label = 'Zorro'") == 2


def test_narrower_scope_of_a_name_wins() -> None:
    shows = [podcast(), podcast()]
    first, second = (episode(show, "Jane Doe: Hello.") for show in shows)
    execute("INSERT INTO person (name, slug, state) VALUES ('Another', 'another', 'active')")
    execute(
        "INSERT INTO person_name (key, scope, podcast_id, person_id, source) "
        "SELECT 'jane doe', 'podcast', :show, id, 'ledger' FROM person WHERE slug = 'another'",
        show=shows[1],
    )
    resolve(first, second)
    assert (
        one(
            "SELECT slug FROM person p JOIN speaker s ON s.person_id = p.id "
            "WHERE s.episode_id = :id",
            id=second,
        )
        == "another"
    )
    assert who(first) == {"Jane Doe": "Jane Doe"}
    assert differences() == 0


def test_variant_is_the_same_person_in_every_podcast() -> None:
    elsewhere = episode(podcast(), "Jane B. Doe: Hello.")
    show = podcast()
    ids = [episode(show, "Jane Doe: Hello."), episode(show, "Jane Doe: Hello.")]
    ids.append(episode(show, "Jane B. Doe: Hello."))
    waiting = "SELECT subject FROM job WHERE stage = 'people' AND state = 'waiting'"
    assert [row["subject"] for row in rows(waiting)] == [elsewhere]
    resolve(elsewhere, *ids)
    assert one("SELECT count(DISTINCT person_id) FROM speaker") == 1
    assert differences() == 0


def test_mentions_are_stored_and_count_for_nobody() -> None:
    spoke = episode(podcast(), "Jane Doe: Hello.", title="Fog, with Jane Doe")
    other = episode(podcast(), "Bo Roe: Hello.", title="What Jane Doe said")
    jane = one("SELECT id FROM person WHERE slug = 'jane-doe'")
    mentions = rows("SELECT episode_id, by_cue FROM mention ORDER BY episode_id")
    assert {row["episode_id"]: row["by_cue"] for row in mentions} == {spoke: True, other: False}
    assert in_transaction(person.mentioned_in, jane) == person.MentionCounts(episodes=2, silent=1)
    assert figures()["Jane Doe"][0] == 1
    execute("UPDATE episode SET title = 'Fog' WHERE id = :id", id=spoke)
    resolve(spoke, other)
    assert in_transaction(person.mentioned_in, jane) == person.MentionCounts(episodes=1, silent=1)


def test_backchannel_segments_are_marked_and_counted() -> None:
    turns = ("Yeah, exactly.", "Mm-hmm.", "That's right!", "Right, so the fog came in.", "No.")
    episode(podcast(), *(f"Jane Doe: {words}" for words in turns))
    jane = one("SELECT id FROM person")
    assert in_transaction(person.backchannel_of, jane) == person.BackchannelCounts(5, 3)
    assert figures()["Jane Doe"][0] == 5


def test_roles_come_from_tags_and_from_speech() -> None:
    show = podcast()
    talk = ("Jane Doe: Hello.", "Bo Roe: Hi.", "Al Poe: Well.")
    tagged = episode(show, *talk, tag="Al Poe")
    for _ in range(3):
        episode(show, "Jane Doe: Hello.", "Jane Doe: So.")
    of_tagged = {row.name: row.role for row in in_transaction(roles.roles_in_episode, tagged)}
    assert of_tagged == {"Jane Doe": "host", "Bo Roe": "guest", "Al Poe": "guest"}
    for slug, role in (("jane-doe", "host"), ("al-poe", "guest")):
        person = one("SELECT id FROM person WHERE slug = :slug", slug=slug)
        assert in_transaction(roles.roles_of_person, person) == {show: role}


def roles_at(episode_id: int) -> dict[str, str]:
    return {row.name: row.role for row in in_transaction(roles.roles_in_episode, episode_id)}


def role_of(slug: str) -> list[str]:
    person = one("SELECT id FROM person WHERE slug = :slug", slug=slug)
    return list(in_transaction(roles.roles_of_person, person).values())


def test_host_for_a_time_is_no_guest_of_a_long_running_show() -> None:
    show, talk = podcast(), "Jane Doe: Hello."
    first = [episode(show, talk, *["Bo Roe: Hi."] * (n % 4 == 0)) for n in range(17)]
    later = [episode(show, talk, *["Al Poe: Hi."] * (n % 5 == 0)) for n in range(21)]
    assert [roles_at(first[0])[name] for name in ("Jane Doe", "Bo Roe")] == ["host", "host"]
    assert roles_at(later[0])["Al Poe"] == "guest"
    assert [role_of(slug) for slug in ("bo-roe", "al-poe")] == [["host"], ["guest"]]


def test_tag_makes_no_guest_of_one_who_speaks_in_most_episodes() -> None:
    show = podcast()
    talk = "Jane Doe: Hello.", "Bo Roe: Hi."
    tagged = [episode(show, *talk[: 1 + (n < 4)], tag="Jane Doe") for n in range(5)]
    execute("UPDATE speaker SET role = 'guest'")
    assert roles_at(tagged[0]) == {"Jane Doe": "host", "Bo Roe": "guest"}
    assert [role_of(slug) for slug in ("jane-doe", "bo-roe")] == [["host"], ["guest"]]


def test_hosts_of_a_podcast_of_two_episodes_are_in_both() -> None:
    show = podcast()
    two = [episode(show, "Jane Doe: Hello.", f"{guest}: Hi.") for guest in ("Bo Roe", "Al Poe")]
    assert roles_at(two[0]) == {"Jane Doe": "host", "Bo Roe": "guest"}


def test_unknown_speech_is_shown_by_podcast_and_episode() -> None:
    show = podcast()
    one_episode = episode(show, "Jane Doe: Hello.", "Kim: Hi.", "Kim: And so on.")
    (of_podcast,) = in_transaction(coverage.unknown_by_podcast, show)
    (of_episode,) = in_transaction(coverage.unknown_by_episode, show)
    assert (of_podcast.appearances, of_podcast.unknown) == (3, 2)
    assert (of_episode.id, of_episode.unknown_ms) == (one_episode, 20_000)
    assert in_transaction(coverage.speech_of_episode, one_episode) == of_episode
    assert in_transaction(coverage.unknown_by_podcast, podcast()) == []
