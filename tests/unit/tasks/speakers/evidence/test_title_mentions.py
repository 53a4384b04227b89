"""Names in titles and descriptions: candidates and mentions."""

import pytest

from tasks.speakers.evidence.ner import people_in
from tasks.speakers.evidence.title_mentions import names_in_text

recogniser = pytest.mark.skipif(
    not people_in("Barack Obama met Angela Merkel in Berlin."),
    reason="spaCy and its small English model are not installed (extra ner)",
)


def cues(title: str, description: str = "") -> dict[str, bool]:
    return {one.name.display: one.by_cue for one in names_in_text(title, description)}


@pytest.mark.parametrize(
    "text",
    [
        "Fog, with Jane Doe",
        "Fog (feat. Jane Doe)",
        "Guest: Jane Doe",
        "Bo talks to our guest Jane Doe about fog",
        "Jane Doe joins us from the lighthouse",
        "Jane Doe, keeper of the lighthouse, explains fog",
        "An interview with Jane Doe",
    ],
)
def test_phrase_around_a_name_is_a_cue(text: str) -> None:
    assert cues("", text) == {"Jane Doe": True}


def test_cue_applies_to_both_names_in_a_row() -> None:
    assert cues("Fog with Jane Doe and Bo Roe") == {"Jane Doe": True, "Bo Roe": True}


def test_name_without_a_cue_is_only_mentioned() -> None:
    assert cues("The theorem of Emmy Noether") == {"Emmy Noether": False}


def test_mentions_are_counted_by_source() -> None:
    named = list(names_in_text("Jane Doe", "Jane Doe on fog. More of Jane Doe."))
    assert [(one.source, one.times) for one in named] == [("title", 1), ("description", 2)]


def test_cue_alone_makes_no_candidate() -> None:
    for one in names_in_text("", "Fog with Ulrikke Skarnvik"):
        assert one.is_candidate == one.recognised


@recogniser
def test_cue_and_recogniser_together_make_a_candidate() -> None:
    found = {
        one.name.display: one for one in names_in_text("", "A conversation with Angela Merkel.")
    }
    assert found["Angela Merkel"].is_candidate


@pytest.mark.parametrize(
    ("text", "credited"),
    [
        ("Fog with Bo Roe. Produced by Jane Doe and Ida Brandt. Music by Max Poe.", "jim"),
        ("Redaktion: Jane Doe", "j"),
        ("Edited and mixed by Jane Doe.", "j"),
        ("Jane Doe reads letters. Edited by Jane Doe.", ""),
        ("Hosted and produced by Jane Doe.", ""),
        ("A talk with Jane Doe", ""),
    ],
)
def test_name_behind_a_credit_only_is_credited(text: str, credited: str) -> None:
    found = {one.name.display[0].lower() for one in names_in_text("", text) if one.is_credit}
    assert found == set(credited)
