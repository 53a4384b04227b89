"""`overheard search`: what it finds, what it refuses."""

import pytest

from models.database import in_transaction
from tests.factories import new_episode, one, spoken, store
from tests.integration.commands import Run, run
from tests.integration.web.searched import Indexed, indexed

__all__ = ["indexed", "run"]


@pytest.fixture
def talks(database: str, indexed: Indexed) -> None:
    """Ann and Bob say "ferry", in an episode each."""
    del database
    for turns in (
        ("Ann Smith: The last ferry leaves.", "Bob Jones: I missed it."),
        ("Bob Jones: No ferry today.",),
    ):
        in_transaction(store, new_episode(title="Harbor"), spoken(*turns))
    indexed()


@pytest.mark.usefixtures("talks")
def test_search_prints_who_speaks_where(run: Run) -> None:
    found = run("search", "ferry")
    assert found.code == 0
    assert "Ann Smith, " in found.printed
    assert "The last ferry leaves." in found.printed
    assert "2 of 2 appearances" in found.printed


@pytest.mark.usefixtures("talks")
@pytest.mark.parametrize(
    ("words", "texts"),
    [
        (("ferry", "--person", "Ann Smith"), ["The last ferry leaves."]),
        (("last ferry", "OR", "missed"), ["The last ferry leaves.", "I missed it."]),
        (('"ferry today"',), ["No ferry today."]),
        (("ferry", "-today"), ["The last ferry leaves."]),
        (("ferry", "--until", "1999-12-31"), []),
    ],
)
def test_search_as_json_has_what_fits(run: Run, words: tuple[str, ...], texts: list[str]) -> None:
    options = [word for word in words if word.startswith("--")]
    separated = words if options else ("--", *words)
    found = run("search", "--json", *separated).json
    assert sorted(row["text"] for row in found) == sorted(texts)


@pytest.mark.usefixtures("talks")
def test_search_in_one_podcast(run: Run) -> None:
    podcast = one("SELECT min(id) FROM podcast")
    (row,) = run("search", "ferry", "--podcast", podcast, "--json").json
    assert (row["podcast_id"], row["slug"]) == (podcast, "ann-smith")


@pytest.mark.usefixtures("talks")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("(ferry",), "invalid search"),
        (("ferry", "--person", "Nobody Known"), "no such person: Nobody Known"),
        (("ferry", "--podcast", "999999999"), "no such podcast"),
    ],
)
def test_search_that_makes_no_sense_is_refused(
    run: Run, words: tuple[str, ...], message: str
) -> None:
    refused = run("search", *words)
    assert refused.code == 1
    assert message in refused.printed


def test_search_without_an_index_says_how_to_get_one(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("OVERHEARD_SEARCH_INDEX", str(tmp_path_factory.mktemp("none")))
    assert "no search index yet" in run("search", "ferry").printed


@pytest.mark.usefixtures("talks")
def test_search_that_finds_nothing_says_so(run: Run) -> None:
    found = run("search", "submarine")
    assert (found.code, found.out.strip()) == (0, "nothing found")
