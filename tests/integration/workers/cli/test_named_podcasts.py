"""Podcasts by title in commands: found, several of them, or none, with suggestions."""

import pytest

from models import Podcast, PodcastState
from models.database import Session, in_transaction
from tests.factories import add_episode, add_podcast, one, spoken, store
from tests.integration.commands import Run, run

__all__ = ["run"]

TITLE = "The Lamp Room"


def add_titled(title: str, state: PodcastState = PodcastState.active) -> int:
    def add(session: Session) -> int:
        podcast_id = add_podcast(session, state=state)
        session.get_one(Podcast, podcast_id).title = title
        return podcast_id

    return in_transaction(add)


@pytest.fixture
def podcast(database: str) -> int:
    del database
    podcast = add_titled(TITLE)
    in_transaction(store, in_transaction(add_episode, podcast), spoken("Ann Smith: Hello."))
    add_titled("Open Harbor")
    return podcast


@pytest.mark.parametrize("name", [TITLE, "the  lamp room "])
def test_podcasts_show_by_title_finds_it(run: Run, podcast: int, name: str) -> None:
    assert run("podcasts", "show", name, "--json").json["id"] == podcast


@pytest.mark.parametrize(
    "words",
    [
        ("feeds", "show", TITLE),
        ("people", "list", "--podcast", TITLE),
        ("episodes", "list", "--podcast", TITLE),
        ("search", "hello", "--podcast", TITLE),
        ("speech", "set", TITLE, "--mode", "always"),
        ("explain", TITLE),
        ("explain", f"podcast:{TITLE}"),
        ("reingest", f"podcast:{TITLE}", "--stage", "parse", "--dry-run"),
        ("podcasts", "poll", TITLE),
        ("podcasts", "pause", TITLE),
    ],
)
def test_commands_take_a_title(run: Run, podcast: int, words: tuple[str, ...]) -> None:
    del podcast
    ended = run(*words)
    assert "no such podcast" not in ended.err
    assert "not found" not in ended.err
    assert ended.code == 0 or words[0] == "search"  # there is no index


def test_podcasts_show_unknown_title_suggests(run: Run, podcast: int) -> None:
    expected = f"no such podcast: lamp rooms; did you mean {TITLE} ({podcast})?\n"
    assert run("podcasts", "show", "lamp rooms").err == expected
    assert "title, feed URL or id" in run("podcasts", "show", "Zzyzx").err
    assert f"did you mean {TITLE}" in run("explain", "podcast:lamp").err


def test_podcasts_change_unknown_title_goes_on(run: Run, podcast: int) -> None:
    ended = run("podcasts", "pause", "Lamp", TITLE)
    assert ended.code == 1
    assert f"did you mean {TITLE} ({podcast})" in ended.err
    assert ended.out.startswith("paused")
    assert one("SELECT state FROM podcast WHERE id = :id", id=podcast) == "paused"


def test_podcasts_show_several_titles_names_ids(run: Run, podcast: int) -> None:
    other = add_titled(TITLE.upper())
    ended = run("podcasts", "remove", TITLE)
    assert ended.code == 1
    assert f"2 podcasts are called {TITLE}: {podcast} (" in ended.printed
    assert f"{other} (" in ended.printed
    assert one("SELECT count(*) FROM podcast WHERE state = 'removed'") == 0


def test_podcasts_show_title_prefers_who_remains(run: Run, podcast: int) -> None:
    duplicate = add_titled(TITLE)
    assert run("podcasts", "merge", duplicate, podcast).code == 0
    assert run("podcasts", "show", TITLE, "--json").json["id"] == podcast


def test_podcasts_show_number_is_an_id(run: Run, podcast: int) -> None:
    del podcast
    numbered = add_titled("1865")
    assert f"did you mean 1865 ({numbered})" in run("podcasts", "show", "1865").err


def test_podcasts_show_removed_title_is_unknown(run: Run, podcast: int) -> None:
    del podcast
    add_titled("Gone Fishing", PodcastState.removed)
    assert run("podcasts", "show", "Gone Fishing").code == 1
