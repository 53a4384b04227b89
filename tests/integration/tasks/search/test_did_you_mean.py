"""A misspelt search is set right from the words of the index."""

from collections.abc import Callable
from pathlib import Path

import pytest

from models.database import in_transaction
from tasks.search.did_you_mean import as_meant
from tasks.search.index_directory import reader_of
from tasks.search.query_compiler import scope_of
from tests.factories import new_episode, spoken, store

LINES = ("quantum computing is hard", "the lighthouse keeper", "docker and policies", "Jerod Santo")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("quantom computing", "quantum computing"),
        ("uqantum", "quantum"),  # the first two letters exchanged
        ("lighthuose", "lighthouse"),
        ("Jerad santo", "Jerod santo"),
        ("policy", None),  # known in another form
        ("dokcer OR lighthose*", "docker OR lighthose*"),
        ('"quantom computing" -dokcer', '"quantum computing" -dokcer'),
        ("zzyzx", None),
        ("AND (", None),
        ("quantum", None),
    ],
)
def test_misspelt_words_become_frequent_ones_of_the_index(
    root: Path, index_all: Callable[[], None], typed: str, meant: str | None
) -> None:
    turns = [f"Ann Smith: {words} {number}." for words in LINES for number in range(5)]
    in_transaction(store, new_episode(), spoken(*turns))
    index_all()
    assert as_meant(typed, scope_of(reader_of(root).searcher())) == meant


def test_rare_word_is_not_replaced_by_one_as_rare(
    root: Path, index_all: Callable[[], None]
) -> None:
    turns = ["Ann Smith: quantum.", *(f"Ann Smith: quantom {n}." for n in range(3))]
    in_transaction(store, new_episode(), spoken(*turns))
    index_all()
    assert as_meant("quantum", scope_of(reader_of(root).searcher())) is None
