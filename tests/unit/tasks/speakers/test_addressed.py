"""Unnamed speakers are named by how others call them, and by what only hosts or guests say."""

from collections import Counter

import pytest

from tasks.speakers.facts import EpisodeFacts, ShowFacts, StoredTag, Turn
from tasks.speakers.naming import read_naming

ONE, TWO, THREE = "SPEAKER_00", "SPEAKER_01", "SPEAKER_02"
HOSTS = "Two friends and a club. With Callum Dray and Nell Okon-Hart."


def names(
    *turns: Turn,
    tags: tuple[str, ...] = (),
    about: str = "",
    podcast: str = "",
    podcast_title: str = "",
) -> dict[str, str]:
    facts = EpisodeFacts(
        segment_counts=tuple(sorted(Counter(label for label, _ in turns).items())),
        title="Boots",
        description=about,
        author="",
        podcast_author="",
        tags=tuple(StoredTag(tag, "guest") for tag in tags),
        own_tags=bool(tags),
        show=ShowFacts(),
        turns=turns,
        podcast_title=podcast_title,
        podcast_description=podcast,
    )
    matches = read_naming(facts).matches
    return {label: one.name.display for label, one in matches.items() if one.name}


def test_two_who_call_each_other_by_names_of_the_feed_are_named() -> None:
    turns = (
        (ONE, "Morning, Callum."),
        (TWO, "Morning, Nell. Is it mud?"),
        (ONE, "It is always mud, I think."),
        (TWO, "Then we agree."),
    )
    assert names(*turns, podcast=HOSTS) == {ONE: "Nell Okon-Hart", TWO: "Callum Dray"}
    assert names(*turns) == {}
    assert names((ONE, "You cheered, Callum."), (TWO, "Did I?"), podcast=HOSTS) == {}


def test_one_of_two_whom_the_named_other_calls_by_a_name_of_the_feed_is_named() -> None:
    turns = (
        ("Host", "I'm Ada Exmoor, on a boat. Winslow, how many is this?"),
        ("Guest", "Sixty-four."),
        ("Host", "Who taught you?"),
        ("Guest", "A seal."),
    )
    about = "Every buoy has been painted by Winslow Tack at least twice."
    assert names(*turns, about=about) == {"Host": "Ada Exmoor", "Guest": "Winslow Tack"}
    assert names(*turns) == {"Host": "Ada Exmoor"}


def test_label_with_two_letters_swapped_is_a_slip() -> None:
    turns = ("Paloma", "Hola."), ("Bo Roe", "Sí."), ("Palmoa", "No."), ("Paloma", "Ya.")
    assert names(*turns, tags=("Paloma Quir",))["Palmoa"] == "Paloma Quir"
    others = ("Marta", "Hola."), ("Bo Roe", "Sí."), ("Maria", "No."), ("Marta", "Ya.")
    assert "Maria" not in names(*others, tags=("Marta Quir",))


def test_host_of_the_podcasts_description_says_a_first_name() -> None:
    turns = (ONE, "Hello, I'm Callum."), (TWO, "And I'm Nell."), (ONE, "Still mud?"), (TWO, "Yes.")
    assert names(*turns, podcast=HOSTS) == {ONE: "Callum Dray", TWO: "Nell Okon-Hart"}


def test_greeting_within_a_quotation_greets_nobody() -> None:
    turns = (
        (ONE, "What does she say?"),
        (TWO, 'She said "Hey, Nell, I have mud in my ear" and left.'),
        (ONE, "Did she?"),
        (TWO, "She did, and slammed the door."),
    )
    assert names(*turns, tags=("Nell Okon-Hart", "Callum Dray")) == {}


def test_speakers_who_are_called_in_one_by_one_are_named() -> None:
    turns = (
        (ONE, "Let's start with intros. And the man of the hour, Bo Samphill."),
        (TWO, "Hey all, glad to dig."),
        (ONE, "Great. Ada?"),
        (THREE, "Hi everyone, I carry the lamp."),
    )
    tags = ("Bo Sample", "Ada Exmoor", "Cy Roe")
    assert names(*turns, tags=tags) == {TWO: "Bo Sample", THREE: "Ada Exmoor", ONE: "Cy Roe"}
    listed = (ONE, "We have Ada Exmoor and Bo Sample."), (TWO, "Hi."), (ONE, "So."), (THREE, "Hi.")
    assert names(*listed, tags=tags) == {}


def test_who_speaks_as_a_guest_is_the_only_guest() -> None:
    turns = (
        (ONE, "Welcome to the show. It is so good to have you."),
        (TWO, "Thanks for having me."),
        (ONE, "What is a lamp?"),
        (TWO, "A wire that is sorry."),
    )
    assert names(*turns, tags=("Ada Exmoor",)) == {TWO: "Ada Exmoor"}
    assert names(*turns, tags=("Ada Exmoor", "Bo Sample")) == {}
    both = (*turns, (ONE, "And thanks for having me."))
    assert names(*both, tags=("Ada Exmoor",)) == {}


def test_one_who_says_my_name_is_needs_no_second_sign() -> None:
    turns = (ONE, "Who is at the door?"), (TWO, "My name is Tomas Wieland, I drive the truck.")
    assert names(*turns, (ONE, "Sit.")) == {TWO: "Tomas Wieland"}
    joke = (ONE, "Who is at the door?"), (TWO, "I'm Tomas Wieland, and I am a teapot.")
    assert names(*joke, (ONE, "Sit.")) == {}


def test_last_words_of_a_programme_name_its_speaker() -> None:
    turns = (ONE, "It's six."), (TWO, "The key was in a pie."), (ONE, "Rain. I'm Percy Hallam.")
    assert names(*turns) == {ONE: "Percy Hallam"}


def test_one_who_calls_others_by_a_name_does_not_have_it() -> None:
    turns = (
        (ONE, "Guess who is back? It's Suz Hint! Suz, welcome."),
        (TWO, "Hello."),
        (ONE, "You were first. Suz?"),
        (THREE, "Wait."),
        (ONE, "Hop in. Suz?"),
        (TWO, "Yes."),
        (ONE, "And you, Suz?"),
        (THREE, "No."),
    )
    assert ONE not in names(*turns, tags=("Suz Hinton", "Bo Sample"))


def test_title_of_the_podcast_is_no_person() -> None:
    turns = ("VET", "Let's hear the first one."), ("ANNOUNCER", "You're hearing The Daily Vet.")
    assert names(*turns, *turns, podcast_title="The Daily Vet") == {}


@pytest.mark.parametrize("label", ["Murch", "roasbeef", "M-Erha"])
def test_last_label_is_a_pseudonym_of_the_last_tagged_person(label: str) -> None:
    turns = ("Stephan Roe", "So?"), (label, "A gossip network."), ("Stephan Roe", "Ah.")
    assert names(*turns, (label, "Yes."), tags=("Mark Erhardt", "Stephan Roe"))[label] == (
        "Mark Erhardt"
    )


def test_answers_after_a_talk_are_the_tagged_speakers() -> None:
    turns = (
        ("", "The lock has three parts."),
        ("Q", "Why?"),
        ("A", "Because of rain."),
        ("Q", "Oh."),
    )
    assert names(*turns, tags=("Alex Bosmere",)) == {"A": "Alex Bosmere"}
    assert names(*turns, tags=("Alex Bosmere", "Bo Sample")) == {}


def test_initials_of_a_named_speaker_do_not_leave_that_person_over() -> None:
    turns = (ONE, "AJ, welcome."), ("AJ Towns", "Thanks."), (ONE, "So?"), ("AJ Towns", "Yes.")
    assert names(*turns, tags=("Anthony Towns",)) == {"AJ Towns": "AJ Towns"}
