"""Names that are spoken are a speaker's where signs of two speakers agree."""

from collections import Counter

import pytest

from tasks.speakers.facts import EpisodeFacts, ShowFacts, StoredTag, Turn
from tasks.speakers.naming import read_naming

HOST, GUEST, THIRD = "Speaker 1", "Speaker 2", "Speaker 3"
OPENING = (HOST, "This is The Lamp Room, I'm Ada Example, and my guest is Bo Sample.")


def names(*turns: Turn, tags: tuple[StoredTag, ...] = (), description: str = "") -> dict[str, str]:
    facts = EpisodeFacts(
        segment_counts=tuple(sorted(Counter(label for label, _ in turns).items())),
        title="Lamps",
        description=description,
        author="",
        podcast_author="",
        tags=tags,
        own_tags=bool(tags),
        show=ShowFacts(),
        turns=turns,
    )
    matches = read_naming(facts).matches
    return {label: one.name.display for label, one in matches.items() if one.name}


def test_presented_guest_who_is_addressed_is_named() -> None:
    turns = (
        (HOST, "This is The Lamp Room, I'm Ada Example, and with me is Bo Sample."),
        (GUEST, "Hello."),
        (HOST, "How old is it?"),
        (GUEST, "Very. Ask me another."),
    )
    thanks = (HOST, "That was it. Thank you, Bo."), (GUEST, "Bye.")
    assert names(*turns) == {HOST: "Ada Example"}
    assert names(*turns, *thanks) == {HOST: "Ada Example", GUEST: "Bo Sample"}


def test_own_name_counts_where_another_addresses_it() -> None:
    turns = (
        (HOST, "Who is there?"),
        (GUEST, "For the tape, I'm Bo Sample, and this is a lamp."),
        (HOST, "It is."),
    )
    assert names(*turns) == {}
    assert names(*turns, (HOST, "Thank you, Bo."), (GUEST, "Bye.")) == {GUEST: "Bo Sample"}


@pytest.mark.parametrize(
    "words",
    [
        'She wrote a card: "I am so sorry. I\'m Ada Example." Lovely.',
        "She wrote a card: I'm Ada Example and I have seen the sea.",
        "My uncle says I'm Ada Example when he forgets.",
    ],
)
def test_quoted_name_is_nobodys(words: str) -> None:
    assert names((HOST, words), (GUEST, "Good for Ada, I say."), (HOST, "Yes.")) == {}


def test_two_own_names_are_no_evidence() -> None:
    turns = (HOST, "I'm Ada Example."), (GUEST, "No."), (HOST, "I'm Bo Sample, then. Hello, Cy.")
    assert names(*turns, (GUEST, "Hello, Ada.")) == {}


def test_speaker_who_addresses_a_name_does_not_bear_it() -> None:
    turns = OPENING, (GUEST, "Bo Sample could not come. Bo, we miss you."), (HOST, "Thanks, Bo.")
    assert GUEST not in names(*turns, (GUEST, "He is asleep."))


def test_speaker_greeted_by_another_name_is_not_the_tagged_guest() -> None:
    tags = StoredTag("Ada Example", "host"), StoredTag("Bo Sample", "guest")
    turns = OPENING, (GUEST, "He is up a tree."), (HOST, "So who are you?"), (GUEST, "I carry it.")
    assert names(*turns, tags=tags)[GUEST] == "Bo Sample"
    welcome = (HOST, "Welcome, Eddie."), (GUEST, "Thanks.")
    assert names(*turns, *welcome, tags=tags) == {HOST: "Ada Example"}


def test_name_beside_a_missing_tagged_guest_may_be_misheard() -> None:
    turns = (
        (HOST, "I'm Ada Example, with me is Katrina Nevrin."),
        (GUEST, "Hello, Ada."),
        (HOST, "Thanks, Katrina."),
        (GUEST, "Bye."),
    )
    assert names(*turns) == {HOST: "Ada Example", GUEST: "Katrina Nevrin"}
    tags = (StoredTag("Caitríona Ní Bhriain", "guest"),)
    assert GUEST not in names(*turns, tags=tags)


def test_joke_of_a_third_speaker_is_no_name() -> None:
    turns = (
        (HOST, "Welcome back, I'm Ada Example."),
        (GUEST, "And I'm Dolly Someone."),
        (THIRD, "You are not."),
        (HOST, "She teaches geometry."),
    )
    assert names(*turns) == {HOST: "Ada Example"}
