"""Names that are words, and headings; with the word lists and without them."""

from collections.abc import Iterator

import pytest

from tasks.transcripts.labels import non_person, validity
from tests.paths import DATA
from tests.unit.tasks.transcripts.labels.documents import is_label, is_no_speaker

NAMES = (DATA / "labels" / "names.txt").read_text("utf-8").splitlines()
HEADINGS = (DATA / "labels" / "headings.txt").read_text("utf-8").splitlines()
_LISTS = [
    (validity, "SENTENCE_WORDS"),
    (validity, "BEGINS_REMARK"),
    (non_person, "_SOUND_WORDS"),
    (non_person, "_NON_NAMES"),
    (non_person, "_ALLOWED"),
    (non_person, "_ENDS_A_RECORDING"),
    (non_person, "_ENDS_A_LONG_TITLE"),
]


def share(right: list[bool]) -> float:
    return sum(right) / len(right)


def names_and_headings() -> tuple[float, float]:
    return share([is_label(name) for name in NAMES]), share([is_no_speaker(h) for h in HEADINGS])


def clear_caches() -> None:
    for cached in (validity.name_form, non_person.is_non_person, non_person.is_sound):
        cached.cache_clear()


@pytest.fixture
def without_word_lists(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module, name in _LISTS:
        monkeypatch.setattr(module, name, frozenset())
    clear_caches()
    yield
    monkeypatch.undo()
    clear_caches()


def test_names_are_labels_and_headings_are_none() -> None:
    names, headings = names_and_headings()
    print([n for n in NAMES if not is_label(n)], [h for h in HEADINGS if not is_no_speaker(h)])
    assert names >= 0.98
    assert headings >= 0.98


@pytest.mark.usefixtures("without_word_lists")
def test_word_lists_decide_at_most_two_points() -> None:
    names, headings = names_and_headings()
    assert names >= 0.96
    assert headings >= 0.96
