"""Spoken names: in self-introductions, in welcomes, or only mentioned."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.speakers.evidence.introductions import names_in, read_introductions
from tasks.speakers.values import Introduction


def introductions(*turns: tuple[str, str]) -> dict[str, Introduction]:
    return {one.name: one for one in read_introductions(turns)}


def test_speaker_introduces_themselves() -> None:
    for text in (
        "Hi, I'm Jane Doe.",
        "My name is Jane Doe, and I'm a cook.",
        "Hello, this is Jane Doe from Oslo.",
        "I am your host, Jane Doe.",
        "Jane Doe here.",
    ):
        assert introductions(("S1", text))["Jane Doe"].is_self, text
        assert introductions(("S1", text))["Jane Doe"].label == "S1"


def test_this_is_introduces_oneself_only_in_the_first_words() -> None:
    assert not introductions(("S1", "Hello."), ("S2", "Hi."), ("S1", "And this is Jane Doe."))[
        "Jane Doe"
    ].is_self


def test_first_name_alone_counts_only_in_self_introductions() -> None:
    assert introductions(("S1", "I'm Jane. Bo is here with us."))["Jane"].is_self
    assert "Bo" not in introductions(("S1", "I'm Jane. Bo is here with us."))


def test_welcomed_guest_may_be_the_next_speaker() -> None:
    found = introductions(
        ("S1", "Today we're joined by Jane Doe and Bo Van Roe."), ("S2", "Hey!"), ("S1", "So.")
    )
    assert all(found[one].welcomed for one in ("Jane Doe", "Bo Van Roe"))
    assert found["Jane Doe"].guest
    assert found["Bo Van Roe"].label == "S2"


def test_mentioned_name_is_about_the_next_speaker_with_that_label() -> None:
    turns = ("S1", "I liked the one with Jane Doe."), ("S2", "Me too."), ("Jane", "You have to.")
    assert introductions(("S2", "Hi."), *turns)["Jane Doe"].label == "Jane"
    assert (
        introductions(("S2", "Hi."), turns[0], ("Bo", "So?"), turns[2])["Jane Doe"].label == "Jane"
    )
    assert introductions(*turns[:2], ("S1", "Yes."))["Jane Doe"].label == "S2"


def test_names_are_joined_across_captions_not_sentences() -> None:
    found = introductions(("S1", "Today we sat down with Jane"), ("S1", "Doe Thanks for coming"))
    assert "Jane Doe" in found
    assert list(names_in("Hi Jane Doe. And NASA and JSON APIs.")) == [("Jane Doe", 3)]


@given(st.lists(st.tuples(st.sampled_from(["A", "B", ""]), st.text(max_size=200)), max_size=6))
def test_introductions_can_be_read_from_any_text(turns: list[tuple[str, str]]) -> None:
    assert all(one.name for one in read_introductions(turns))


def test_speakers_say_who_they_are_in_several_languages() -> None:
    for text in (
        "Guten Tag, ich bin Jane Doe.",
        "Mein Name ist, äh, Jane Doe.",
        "Bonjour, je suis Jane Doe.",
        "Hola, soy Jane Doe.",
        "Olá, o meu nome é Jane Doe.",
        "Ciao, mi chiamo Jane Doe.",
        "Um, I'm, uh, Jane Doe.",
    ):
        assert introductions(("S1", text))["Jane Doe"].says_so, text


def test_quoted_and_presented_names_are_not_the_speakers() -> None:
    for text in (
        "And a man walks in and says, I'm Jane Doe.",
        "She wrote: 'hello'. He said I am Jane Doe.",
        "And now, here's your host, Jane Doe.",
        "From the harbor, it's Minerals, with your host, Jane Doe.",
    ):
        assert not introductions(("S1", "Well."), ("S2", text))["Jane Doe"].is_self, text


def test_host_who_goes_on_introduces_themselves() -> None:
    text = "Welcome to Minerals, with your host, Jane Doe. Today: salt."
    assert introductions(("S1", text))["Jane Doe"].is_self
