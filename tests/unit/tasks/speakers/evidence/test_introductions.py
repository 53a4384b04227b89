"""Names that are said: of oneself, in a welcome, or just so."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.speakers.evidence.introductions import names_in, read_introductions
from tasks.speakers.values import Introduction


def said(*turns: tuple[str, str]) -> dict[str, Introduction]:
    return {one.name: one for one in read_introductions(turns)}


def test_a_voice_names_itself() -> None:
    for words in (
        "Hi, I'm Jane Doe.",
        "My name is Jane Doe, and I'm a cook.",
        "Hello, this is Jane Doe from Oslo.",
        "I am your host, Jane Doe.",
        "Jane Doe here.",
    ):
        assert said(("S1", words))["Jane Doe"].own, words
        assert said(("S1", words))["Jane Doe"].label == "S1"


def test_this_is_means_oneself_only_in_the_first_words() -> None:
    assert not said(("S1", "Hello."), ("S2", "Hi."), ("S1", "And this is Jane Doe."))[
        "Jane Doe"
    ].own


def test_a_first_name_alone_is_kept_only_of_oneself() -> None:
    assert said(("S1", "I'm Jane. Bo is here with us."))["Jane"].own
    assert "Bo" not in said(("S1", "I'm Jane. Bo is here with us."))


def test_guests_are_welcomed_and_the_next_voice_may_be_theirs() -> None:
    found = said(
        ("S1", "Today we're joined by Jane Doe and Bo Van Roe."), ("S2", "Hey!"), ("S1", "So.")
    )
    assert all(found[one].welcomed for one in ("Jane Doe", "Bo Van Roe"))
    assert found["Jane Doe"].guest
    assert found["Bo Van Roe"].label == "S2"


def test_captions_cut_names_in_two_and_sentences_do_not_run_into_them() -> None:
    found = said(("S1", "Today we sat down with Jane"), ("S1", "Doe Thanks for coming"))
    assert "Jane Doe" in found
    assert list(names_in("Hi Jane Doe. And NASA and JSON APIs.")) == [("Jane Doe", 3)]


@given(st.lists(st.tuples(st.sampled_from(["A", "B", ""]), st.text(max_size=200)), max_size=6))
def test_any_words_can_be_read(turns: list[tuple[str, str]]) -> None:
    assert all(one.name for one in read_introductions(turns))
