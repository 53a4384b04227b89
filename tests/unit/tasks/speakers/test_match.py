"""The decision who speaks on an episode: whoever alone fits, else nobody."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.speakers.evidence.direct_address import read_direct_address
from tasks.speakers.evidence.introductions import read_introductions
from tasks.speakers.match import match
from tasks.speakers.names.names import read_name
from tasks.speakers.values import Candidate, Decision, EpisodeContext, Name, RecurringSpeaker


def name(text: str) -> Name:
    read = read_name(text)
    assert read is not None
    return read


def tagged(text: str, role: str = "guest", *, here: bool = True) -> Candidate:
    return Candidate(name(text), "in a person tag of the episode", here, role)


def regular(text: str, *, spoken: int = 10, frequent: bool = True) -> dict[str, RecurringSpeaker]:
    return {name(text).key: RecurringSpeaker(name(text), spoken=spoken, frequent=frequent)}


def episode(
    *labels: str,
    tags: tuple[str, ...] = (),
    recurring: tuple[str, ...] = (),
    said: tuple[tuple[str, str], ...] = (),
) -> EpisodeContext:
    known: dict[str, RecurringSpeaker] = {}
    for one in recurring:
        known |= regular(one)
    return EpisodeContext(
        voices=dict.fromkeys(labels, 20),
        tags=tuple(map(tagged, tags)),
        recurring=known,
        introductions=read_introductions(said),
        addressed=read_direct_address(said),
    )


def who(context: EpisodeContext, label: str) -> str:
    decision = match(context)[label]
    return decision.name.display if decision.name else decision.reason


@pytest.mark.parametrize(
    ("label", "candidate", "method"),
    [
        ("Jane", "Jane Doe", "first_name"),
        ("Doe", "Jane Doe", "surname"),
        ("JD", "Jane Doe", "initials"),
        ("JvdB", "Jan van den Berg", "initials"),
        ("JB", "Jan van den Berg", "initials"),
        ("JM", "Jane Maria Doe", "initials"),
        ("Debra-Kaye", "Debra-Kaye Ellis", "first_name"),
        ("Doe, Jane", "Jane Doe", "same_name"),
        ("Jane D", "Jane Doe", "part_of_name"),
        ("Jane O'B", "Jane O'Brannigan", "part_of_name"),
        ("Tony", "Anthony Poe", "nickname"),
        ("Christain", "Christian Poe", "misspelt"),
        ("Zorro", "Zorro", "same_name"),
        ("zorro99", "Zorro99", "same_name"),
    ],
)
def test_part_of_a_name_is_the_only_candidate_that_it_fits(
    label: str, candidate: str, method: str
) -> None:
    decision = match(episode(label, tags=(candidate, "Ursula Quux")))[label]
    assert decision.name == name(candidate)
    assert (decision.method, decision.reason, decision.role) == (method, "unique_match", "guest")
    assert 0.5 < decision.confidence < 0.9
    assert candidate in decision.evidence


@pytest.mark.parametrize("label", ["Jane", "JD", "J", "Jan", "Ja", "Jana"])
def test_nobody_is_named_when_two_fit_or_none(label: str) -> None:
    assert match(episode(label, tags=("Jane Doe", "Jane Dee")))[label].name is None
    assert match(episode(label))[label].name is None


def test_a_first_name_beside_the_same_with_an_initial_is_nobody() -> None:
    context = episode("Jane", "Jane C", "Jane O'B", tags=("Jane O'Brannigan",))
    assert who(context, "Jane") == "ambiguous"
    assert who(context, "Jane O'B") == "Jane O'Brannigan"


def test_initials_mean_the_full_name_beside_them_or_the_label_that_says_so() -> None:
    assert who(episode("JD", "Jane Doe"), "JD") == "Jane Doe"
    assert who(episode("JX", "Jane Doe (JX)"), "JX") == "Jane Doe"
    assert who(episode("Z9", "Zorro9 (Z9)", tags=("Zorro9",)), "Z9") == "Zorro9"


def test_a_regular_is_meant_by_a_first_name_only_when_often_heard() -> None:
    often = EpisodeContext({"Jane": 20}, recurring=regular("Jane Doe"))
    seldom = replace(often, recurring=regular("Jane Doe", spoken=2, frequent=False))
    assert who(often, "Jane") == "Jane Doe"
    assert who(seldom, "Jane") == "one_word_name"


def test_a_misspelt_label_is_the_regular_and_other_peoples_near_names_stay_apart() -> None:
    assert who(
        episode("Gehard Lindqvale", recurring=("Gerhard Lindqvale",)), "Gehard Lindqvale"
    ) == ("Gerhard Lindqvale")
    for label, other in [
        ("Danny Thompson", "Daniel Thompson"),
        ("Ann Erikson", "Ann Ericksen"),
        ("Ann Hansen", "Ann Hanson"),
        ("Jon Evans", "Ron Evans"),
        ("Jonathan Turner", "Jonathan Carter"),
        ("Mike Smith", "Mick Smith"),
        ("Michael Gearon", "Michael Geers"),
    ]:
        assert who(episode(label, recurring=(other,), tags=(other,)), label) == label


def test_two_spellings_in_one_episode_or_both_known_are_two_people() -> None:
    assert who(
        episode("Jane Rowlend", "Jane Rowland", recurring=("Jane Rowland",)), "Jane Rowlend"
    ) == ("Jane Rowlend")
    both = episode("Jane Rowlend", recurring=("Jane Rowland", "Jane Rowlend"))
    assert who(both, "Jane Rowlend") == "Jane Rowlend"


def test_a_middle_initial_or_second_surname_is_the_same_person_where_the_shorter_is_known() -> None:
    for label in ("Jane B. Doe, Psy.D", "Jane Doe Mena"):
        decision = match(episode(label, recurring=("Jane Doe", label)))[label]
        assert (decision.method, decision.name) == ("variant", name("Jane Doe"))
        assert decision.other_form == name(label)
        assert match(episode(label))[label].name == name(label)


def test_a_family_name_may_come_first_where_the_name_is_known_the_other_way() -> None:
    decision = match(episode("Doe Jane", tags=("Jane Doe",)))["Doe Jane"]
    assert (decision.method, decision.name) == ("variant", name("Jane Doe"))
    assert decision.other_form is None
    assert who(episode("Doe Jane"), "Doe Jane") == "Doe Jane"
    assert who(episode("Doe Jane", "Jane Doe", tags=("Jane Doe",)), "Doe Jane") == "Doe Jane"
    assert who(episode("Doe Jane", tags=("Jane Doe", "Doe Jane")), "Doe Jane") == "Doe Jane"
    assert who(episode("Doe, Jane"), "Doe, Jane") == "multiple_people"
    assert who(episode("Doe, Bo", tags=("Jane Doe", "Bo Roe")), "Doe, Bo") == "multiple_people"


def test_a_voice_that_says_its_whole_name_is_that_person() -> None:
    said = (("Jane", "Hi, I'm Jane Doe, and I write code."), ("Jo", "We talked to Jane Roe."))
    assert who(episode("Jane", "Jo", said=said), "Jane") == "Jane Doe"


def test_a_name_in_a_welcome_is_a_candidate_and_one_in_passing_is_none() -> None:
    welcome = (("Bo", "Today we're joined by Jane Doe."), ("Jane", "Hello."))
    passing = (("Bo", "Well."), ("Jane", "Hello."), ("Bo", "I once read Jane Austen on a train."))
    assert who(episode("Bo", "Jane", said=welcome), "Jane") == "Jane Doe"
    assert who(episode("Bo", "Jane", said=passing), "Jane") == "one_word_name"


def test_a_name_that_was_misheard_is_the_candidate_and_not_a_second_person() -> None:
    said = (("NV", "And I am Nikki Vazquelle."),)
    assert who(episode("NV", recurring=("Niki Vazquelle",), said=said), "NV") == "Niki Vazquelle"


def test_a_numbered_voice_is_who_it_says_or_the_last_one_that_remains() -> None:
    said = (("Speaker 1", "Hi, my name is Jane."), ("Speaker 2", "Hello."))
    numbered = episode("Speaker 1", "Speaker 2", tags=("Jane Doe", "Bo Roe"), said=said)
    assert match(numbered)["Speaker 1"].method == "own_words"
    assert who(numbered, "Speaker 1") == "Jane Doe"
    assert match(numbered)["Speaker 2"].method == "last_voice"
    assert who(numbered, "Speaker 2") == "Bo Roe"


@pytest.mark.parametrize(
    "context",
    [
        episode("Speaker 1", "Speaker 2", tags=("Jane Doe",)),
        episode("Speaker 1", tags=("Jane Doe", "Bo Roe")),
        episode("Speaker 1", "", tags=("Jane Doe",)),
        episode("Speaker 1", "Kim", tags=("Jane Doe",)),
    ],
    ids=["two voices", "two candidates", "unlabelled speech", "another unknown"],
)
def test_elimination_needs_exactly_one_voice_and_one_candidate(context: EpisodeContext) -> None:
    assert match(context)["Speaker 1"].name is None


def called(*names: str, of: int = 3) -> tuple[tuple[str, str], ...]:
    """Speaker 1 calls each of these, and the next voices answer in their order."""
    turns: list[tuple[str, str]] = []
    for _ in range(of):
        for number, one in enumerate(names, 2):
            turns += [("Speaker 1", f"So {one}, what is fog?"), (f"Speaker {number}", "Water.")]
    return tuple(turns)


def test_a_numbered_voice_is_who_answers_when_one_candidate_is_called() -> None:
    said = called("Jane", "Bo")
    context = episode("Speaker 1", "Speaker 2", "Speaker 3", tags=("Jane Doe", "Bo Roe"), said=said)
    decided = match(context)
    assert [decided[f"Speaker {number}"].name for number in (2, 3)] == [
        name("Jane Doe"),
        name("Bo Roe"),
    ]
    assert decided["Speaker 2"].method == "called"
    assert "answers to Jane Doe, 3 times" in decided["Speaker 2"].evidence
    assert decided["Speaker 1"].name is None


@pytest.mark.parametrize(
    "said",
    [
        called("Jane", of=2),
        (*called("Jane"), ("Speaker 2", "Well, Jane?"), ("Speaker 1", "Yes.")),
        called("Jane") + 3 * (("Speaker 1", "Jane, you?"), ("Speaker 3", "Me.")),
        (*called("Jane"), ("Speaker 1", "I once read Jane Austen on a train.")),
        called("Ursula"),
    ],
    ids=["too seldom", "it calls so itself", "two answer", "a namesake", "no candidate"],
)
def test_who_is_called_must_be_one_candidate_and_who_answers_one_voice(
    said: tuple[tuple[str, str], ...],
) -> None:
    context = episode("Speaker 1", "Speaker 2", "Speaker 3", tags=("Jane Doe",), said=said)
    assert match(context)["Speaker 2"].name is None


def test_of_two_voices_one_that_welcomes_the_tagged_guest_is_the_usual_host() -> None:
    said = (("Speaker 1", "Today we're joined by Jane Doe."), ("Speaker 2", "Hello."))
    usual = regular("Bo Roe")["bo roe"]._replace(usual=True)
    context = replace(
        episode("Speaker 1", "Speaker 2", tags=("Jane Doe",), said=said),
        recurring={"bo roe": usual},
    )
    assert who(context, "Speaker 2") == "Jane Doe"
    assert who(context, "Speaker 1") == "Bo Roe"
    seldom = replace(context, recurring=regular("Bo Roe"))
    assert match(seldom)["Speaker 1"].name is None


def test_the_tags_of_a_podcast_alone_do_not_tell_who_the_last_voice_is() -> None:
    hosts = tuple(tagged(one, "host", here=False) for one in ("Jane Doe", "Bo Roe"))
    context = replace(episode("Jane Doe", "Speaker 2"), tags=hosts)
    assert match(context)["Speaker 2"].name is None


def test_a_first_name_that_a_voice_says_of_itself_may_be_a_namesake_of_the_regular() -> None:
    said = (("Bo Roe", "Here is Jane Poe."), ("Speaker 2", "Hi, I'm Jane."))
    context = episode("Bo Roe", "Speaker 2", recurring=("Jane Doe",), said=said)
    assert match(context)["Speaker 2"].name is None


def test_elimination_gives_nobody_a_name_that_contradicts_the_label() -> None:
    assert match(episode("Kevin", tags=("Jane Doe",)))["Kevin"].name is None
    assert match(episode("XY", tags=("Jane Doe",)))["XY"].name is None
    assert match(episode("roastbeef", tags=("Jane Doe",)))["roastbeef"].name == name("Jane Doe")
    assert match(episode("Audience Member", tags=("Jane Doe",)))["Audience Member"].name is None


def test_a_candidate_without_a_voice_is_nobodys_name() -> None:
    assert match(episode("Jane Doe", tags=("Bo Roe",), recurring=("Al Poe",)))["Jane Doe"].name == (
        name("Jane Doe")
    )
    assert match(episode(tags=("Bo Roe",))) == {}


def test_the_role_of_a_tag_wins_over_that_of_the_label() -> None:
    context = EpisodeContext({"Guest: Jane Doe": 3}, (tagged("Jane Doe", "host"),))
    assert match(context)["Guest: Jane Doe"].role == "host"
    assert match(replace(context, tags=()))["Guest: Jane Doe"].role == "guest"


labels = st.sampled_from(
    [
        "Jane",
        "Jane Doe",
        "JD",
        "J. Doe",
        "Speaker 1",
        "Speaker 2",
        "",
        "Doe",
        "jd99",
        "Jane D",
        "Bo",
    ]
)
names = st.sampled_from(["Jane Doe", "Janet Doe", "John Doe", "Bo Roe", "Zorro", "Jane Doe Mena"])


@given(st.lists(labels, unique=True), st.lists(names, unique=True), st.lists(names, unique=True))
def test_the_order_of_labels_tags_and_regulars_does_not_matter(
    spoken: list[str], tags: list[str], recurring: list[str]
) -> None:
    one = episode(*spoken, tags=tuple(tags), recurring=tuple(recurring))
    other = EpisodeContext(
        voices=dict(reversed(one.voices.items())),
        tags=tuple(sorted(one.tags, key=lambda tag: tag.name.key)),
        recurring=dict(reversed(one.recurring.items())),
    )
    said: dict[str, Decision] = match(replace(one, tags=other.tags))
    assert said == match(other)
    assert all(decision.reason for decision in said.values())
