"""The matcher: a label gets the name of the only candidate that fits, or none."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.speakers.evidence.direct_address import read_direct_address
from tasks.speakers.evidence.introductions import read_introductions
from tasks.speakers.match import match
from tasks.speakers.names.names import read_name
from tasks.speakers.values import Candidate, EpisodeContext, Name, RecurringSpeaker, SpeakerMatch


def name(text: str) -> Name:
    parsed = read_name(text)
    assert parsed is not None
    return parsed


def tagged(text: str, role: str = "guest", *, here: bool = True) -> Candidate:
    return Candidate(name(text), "in a person tag of the episode", here, role)


def recurring_speaker(
    text: str, *, spoken: int = 10, frequent: bool = True
) -> dict[str, RecurringSpeaker]:
    return {name(text).key: RecurringSpeaker(name(text), spoken=spoken, frequent=frequent)}


def episode(
    *labels: str,
    tags: tuple[str, ...] = (),
    recurring: tuple[str, ...] = (),
    turns: tuple[tuple[str, str], ...] = (),
) -> EpisodeContext:
    known: dict[str, RecurringSpeaker] = {}
    for name_ in recurring:
        known |= recurring_speaker(name_)
    return EpisodeContext(
        segment_counts=dict.fromkeys(labels, 20),
        tags=tuple(map(tagged, tags)),
        recurring=known,
        introductions=read_introductions(turns),
        direct_addresses=read_direct_address(turns),
    )


def who(context: EpisodeContext, label: str) -> str:
    found = match(context)[label]
    return found.name.display if found.name else found.reason


@pytest.mark.parametrize(
    ("label", "candidate", "method"),
    [
        ("Jane", "Jane Doe", "first_name"),
        ("Doe", "Jane Doe", "surname"),
        ("JD", "Jane Doe", "initials"),
        ("J. Doe", "Jane Doe", "initials"),
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
def test_part_of_a_name_matches_the_only_candidate_that_fits(
    label: str, candidate: str, method: str
) -> None:
    found = match(episode(label, tags=(candidate, "Ursula Quux")))[label]
    assert found.name == name(candidate)
    assert (found.method, found.reason, found.role) == (method, "unique_match", "guest")
    assert 0.5 < found.confidence < 0.9
    assert candidate in found.evidence


@pytest.mark.parametrize("label", ["Jane", "JD", "J", "Jan", "Ja", "Jana"])
def test_label_is_unknown_when_no_or_two_candidates_fit(label: str) -> None:
    assert match(episode(label, tags=("Jane Doe", "Jane Dee")))[label].name is None
    assert match(episode(label))[label].name is None


def test_first_name_beside_the_same_with_initial_is_ambiguous() -> None:
    context = episode("Jane", "Jane C", "Jane O'B", tags=("Jane O'Brannigan",))
    assert who(context, "Jane") == "ambiguous"
    assert who(context, "Jane O'B") == "Jane O'Brannigan"


def test_initials_match_the_full_name_of_another_label() -> None:
    assert who(episode("JD", "Jane Doe"), "JD") == "Jane Doe"
    assert who(episode("JX", "Jane Doe (JX)"), "JX") == "Jane Doe"
    assert who(episode("Z9", "Zorro9 (Z9)", tags=("Zorro9",)), "Z9") == "Zorro9"


def test_first_name_matches_only_a_frequent_recurring_speaker() -> None:
    often = EpisodeContext({"Jane": 20}, recurring=recurring_speaker("Jane Doe"))
    seldom = replace(often, recurring=recurring_speaker("Jane Doe", spoken=2, frequent=False))
    assert who(often, "Jane") == "Jane Doe"
    assert who(seldom, "Jane") == "one_word_name"


def test_name_of_this_episode_wins_over_a_recurring_speaker() -> None:
    assert who(episode("Dan", tags=("Dan Sample",), recurring=("Dan Otter",)), "Dan") == (
        "Dan Sample"
    )
    assert who(episode("Dan", recurring=("Dan Otter",)), "Dan") == "Dan Otter"


def test_nickname_gives_way_to_a_better_label_of_the_episode() -> None:
    assert who(episode("Tony", tags=("Anthony Poe",)), "Tony") == "Anthony Poe"
    context = episode("Tony", "Anthony", tags=("Anthony Poe",))
    assert who(context, "Anthony") == "Anthony Poe"
    assert who(context, "Tony") == "ambiguous"


def test_name_that_is_spoken_twice_is_no_evidence() -> None:
    turns = (
        ("Jane", "So it went."),
        ("Bob", "I read a book by Jane Doe, and then a second one by Jane Doe."),
        ("Jane", "Right."),
    )
    assert who(episode("Jane", "Bob", turns=turns), "Jane") == "one_word_name"


def test_misspelt_label_matches_but_similar_names_stay_apart() -> None:
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


def test_two_spellings_in_an_episode_or_known_are_two_people() -> None:
    assert who(
        episode("Jane Rowlend", "Jane Rowland", recurring=("Jane Rowland",)), "Jane Rowlend"
    ) == ("Jane Rowlend")
    both = episode("Jane Rowlend", recurring=("Jane Rowland", "Jane Rowlend"))
    assert who(both, "Jane Rowlend") == "Jane Rowlend"


def test_longer_form_matches_the_known_shorter_name() -> None:
    for label in ("Jane B. Doe, Psy.D", "Jane Doe Mena"):
        found = match(episode(label, recurring=("Jane Doe", label)))[label]
        assert (found.method, found.name) == ("variant", name("Jane Doe"))
        assert found.variant == name(label)
        assert match(episode(label))[label].name == name(label)


def test_family_name_first_matches_the_known_name() -> None:
    found = match(episode("Doe Jane", tags=("Jane Doe",)))["Doe Jane"]
    assert (found.method, found.name) == ("variant", name("Jane Doe"))
    assert found.variant is None
    assert who(episode("Doe Jane"), "Doe Jane") == "Doe Jane"
    assert who(episode("Doe Jane", "Jane Doe", tags=("Jane Doe",)), "Doe Jane") == "Doe Jane"
    assert who(episode("Doe Jane", tags=("Jane Doe", "Doe Jane")), "Doe Jane") == "Doe Jane"
    assert who(episode("Doe, Jane"), "Doe, Jane") == "multiple_people"
    assert who(episode("Doe, Bo", tags=("Jane Doe", "Bo Roe")), "Doe, Bo") == "multiple_people"


def test_self_introduction_with_full_name_matches() -> None:
    turns = (("Jane", "Hi, I'm Jane Doe, and I write code."), ("Jo", "We talked to Jane Roe."))
    assert who(episode("Jane", "Jo", turns=turns), "Jane") == "Jane Doe"


def test_welcomed_name_is_a_candidate_but_a_mentioned_one_not() -> None:
    welcome = (("Bo", "Today we're joined by Jane Doe."), ("Jane", "Hello."))
    passing = (("Bo", "Well."), ("Jane", "Hello."), ("Bo", "I once read Jane Austen on a train."))
    assert who(episode("Bo", "Jane", turns=welcome), "Jane") == "Jane Doe"
    assert who(episode("Bo", "Jane", turns=passing), "Jane") == "one_word_name"


def test_misheard_name_matches_the_known_candidate() -> None:
    turns = (("NV", "And I am Nikki Vazquelle."),)
    assert who(episode("NV", recurring=("Niki Vazquelle",), turns=turns), "NV") == "Niki Vazquelle"


def test_diarized_speakers_match_by_words_and_elimination() -> None:
    turns = (("Speaker 1", "Hi, my name is Jane."), ("Speaker 2", "Hello."))
    numbered = episode("Speaker 1", "Speaker 2", tags=("Jane Doe", "Bo Roe"), turns=turns)
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
    ids=["two speakers", "two candidates", "unlabelled speech", "another unknown"],
)
def test_elimination_needs_one_speaker_and_one_candidate(context: EpisodeContext) -> None:
    assert match(context)["Speaker 1"].name is None


def addressed(*names: str, times: int = 3) -> tuple[tuple[str, str], ...]:
    """Speaker 1 addresses each of these names, and the next speakers answer in order."""
    turns: list[tuple[str, str]] = []
    for _ in range(times):
        for number, text in enumerate(names, 2):
            turns += [("Speaker 1", f"So {text}, what is fog?"), (f"Speaker {number}", "Water.")]
    return tuple(turns)


def test_diarized_speakers_match_by_direct_address() -> None:
    turns = addressed("Jane", "Bo")
    context = episode(
        "Speaker 1", "Speaker 2", "Speaker 3", tags=("Jane Doe", "Bo Roe"), turns=turns
    )
    matches = match(context)
    assert [matches[f"Speaker {number}"].name for number in (2, 3)] == [
        name("Jane Doe"),
        name("Bo Roe"),
    ]
    assert matches["Speaker 2"].method == "called"
    assert "answers to Jane Doe, 3 times" in matches["Speaker 2"].evidence
    assert matches["Speaker 1"].name is None


@pytest.mark.parametrize(
    "turns",
    [
        addressed("Jane", times=1),
        (*addressed("Jane"), ("Speaker 2", "Well, Jane?"), ("Speaker 1", "Yes.")),
        addressed("Jane") + 3 * (("Speaker 1", "Jane, you?"), ("Speaker 3", "Me.")),
        (*addressed("Jane"), ("Speaker 1", "I once read Jane Austen on a train.")),
        addressed("Ursula"),
    ],
    ids=["too seldom", "it addresses itself", "two answer", "a namesake", "no candidate"],
)
def test_direct_address_needs_one_candidate_and_one_answerer(
    turns: tuple[tuple[str, str], ...],
) -> None:
    context = episode("Speaker 1", "Speaker 2", "Speaker 3", tags=("Jane Doe",), turns=turns)
    assert match(context)["Speaker 2"].name is None


def test_label_is_the_person_that_it_is_in_other_episodes() -> None:
    context = replace(episode("Jane", "Bo Roe"), in_show={"jane": name("Jane Doe")})
    assert match(context)["Jane"].method == "in_show"
    assert who(context, "Jane") == "Jane Doe"
    rival = replace(context, tags=(tagged("Jane Poe"),))
    assert who(rival, "Jane") == "Jane Poe"
    present = replace(episode("Jane", "Jane Doe", tags=("Jane Poe",)), in_show=context.in_show)
    assert match(present)["Jane"].name is None
    assert who(replace(context, segment_counts={"Speaker 1": 9}), "Speaker 1") == "not_a_person"


def test_of_two_speakers_the_welcoming_one_is_the_usual_host() -> None:
    turns = (("Speaker 1", "Today we're joined by Jane Doe."), ("Speaker 2", "Hello."))
    usual = recurring_speaker("Bo Roe")["bo roe"]._replace(usual=True)
    context = replace(
        episode("Speaker 1", "Speaker 2", tags=("Jane Doe",), turns=turns),
        recurring={"bo roe": usual},
    )
    assert who(context, "Speaker 2") == "Jane Doe"
    assert who(context, "Speaker 1") == "Bo Roe"
    seldom = replace(context, recurring=recurring_speaker("Bo Roe"))
    assert match(seldom)["Speaker 1"].name is None


def test_podcast_tags_alone_do_not_match_the_last_speaker() -> None:
    hosts = tuple(tagged(one, "host", here=False) for one in ("Jane Doe", "Bo Roe"))
    context = replace(episode("Jane Doe", "Speaker 2"), tags=hosts)
    assert match(context)["Speaker 2"].name is None


def test_spoken_first_name_may_be_a_namesake_and_stays_unknown() -> None:
    turns = (("Bo Roe", "Here is Jane Poe."), ("Speaker 2", "Hi, I'm Jane."))
    context = episode("Bo Roe", "Speaker 2", recurring=("Jane Doe",), turns=turns)
    assert match(context)["Speaker 2"].name is None


def test_elimination_never_contradicts_the_label() -> None:
    assert match(episode("Kevin", tags=("Jane Doe",)))["Kevin"].name is None
    assert match(episode("XY", tags=("Jane Doe",)))["XY"].name is None
    assert match(episode("roastbeef", tags=("Jane Doe",)))["roastbeef"].name == name("Jane Doe")
    assert match(episode("Audience Member", tags=("Jane Doe",)))["Audience Member"].name is None


def test_candidate_without_a_speaker_is_not_matched() -> None:
    assert match(episode("Jane Doe", tags=("Bo Roe",), recurring=("Al Poe",)))["Jane Doe"].name == (
        name("Jane Doe")
    )
    assert match(episode(tags=("Bo Roe",))) == {}


def test_role_of_a_tag_wins_over_that_of_the_label() -> None:
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
def test_order_of_labels_tags_and_recurring_does_not_matter(
    spoken: list[str], tags: list[str], recurring: list[str]
) -> None:
    one = episode(*spoken, tags=tuple(tags), recurring=tuple(recurring))
    other = EpisodeContext(
        segment_counts=dict(reversed(one.segment_counts.items())),
        tags=tuple(sorted(one.tags, key=lambda tag: tag.name.key)),
        recurring=dict(reversed(one.recurring.items())),
    )
    matches: dict[str, SpeakerMatch] = match(replace(one, tags=other.tags))
    assert matches == match(other)
    assert all(one.reason for one in matches.values())


def mentioned(text: str, times: int = 1) -> Candidate:
    return Candidate(name(text), "named in the description", in_episode=True, times=times)


def test_first_name_matches_a_host_in_the_podcasts_description() -> None:
    hosts = (Candidate(name("Lucía Barrantes"), "in the podcast's description"),)
    here = replace(episode("Lucía"), named_by_podcast=hosts)
    assert who(here, "Lucía") == "Lucía Barrantes"
    namesake = replace(here, named=(mentioned("Lucía Ferrolán"),))
    assert who(namesake, "Lucía") == "ambiguous"


def test_surname_and_initials_need_a_name_that_a_text_has_twice() -> None:
    for label in ("Farrant-Skye", "OF"):
        once, twice = (
            replace(episode(label), named=(mentioned("Odile Farrant-Skye", times),))
            for times in (1, 2)
        )
        assert who(once, label) in ("one_word_name", "initials")
        assert who(twice, label) == "Odile Farrant-Skye"


def test_surname_with_particles_matches_and_alone_names_nobody() -> None:
    assert who(episode("von Bora"), "von Bora") == "one_word_name"
    assert who(episode("von Bora", tags=("Katharina von Bora",)), "von Bora") == (
        "Katharina von Bora"
    )


def test_name_without_the_accents_of_the_feed_is_shown_with_them() -> None:
    named = (mentioned("Νίκος Βαρελόπετρος"),)
    here = replace(episode("ΝΙΚΟΣ ΒΑΡΕΛΟΠΕΤΡΟΣ"), named=named)
    assert who(here, "ΝΙΚΟΣ ΒΑΡΕΛΟΠΕΤΡΟΣ") == "Νίκος Βαρελόπετρος"


def test_spelling_that_sounds_alike_is_a_slip_and_another_letter_is_not() -> None:
    here = episode("Silas Merrowby", "Silas Merowby", tags=("Silas Merrowby",))
    assert who(here, "Silas Merowby") == "Silas Merrowby"
    here = episode("Katharina Roe", "Katarina Roe", tags=("Katharina Roe",))
    assert who(here, "Katarina Roe") == "Katharina Roe"
    siblings = episode("Daniel Rowby", "Daniela Rowby", tags=("Daniel Rowby",))
    counts = {"Daniel Rowby": 7, "Daniela Rowby": 3}
    assert who(replace(siblings, segment_counts=counts), "Daniela Rowby") == "Daniela Rowby"


def test_role_label_is_the_only_tagged_person_of_the_role() -> None:
    here = episode("Moderator", "Sprecherin", "Ada Quist")
    host = tagged("Jonah Pell", "host", here=False)
    assert who(replace(here, tags=(host,)), "Moderator") == "Jonah Pell"
    once = replace(here, tags=(tagged("Jonah Pell", "host"),))
    assert who(once, "Moderator") == "not_a_person"  # a tag without a role is a host's
    two = (host, tagged("Nia Cole", "host", here=False))
    assert who(replace(here, tags=two), "Moderator") == "not_a_person"
    taken = replace(episode("Moderator", "Jonah Pell", "Voice"), tags=(host,))
    assert who(taken, "Moderator") == "not_a_person"
    hosts = replace(episode("Moderator", "Host", "Voice"), tags=(host,))
    assert who(hosts, "Moderator") == "not_a_person"


def test_surname_without_spaces_is_the_tagged_person() -> None:
    here = episode("小野寺", "森田", tags=("小野寺みなみ", "森田健吾郎"))
    assert who(here, "小野寺") == "小野寺みなみ"
    assert who(here, "森田") == "森田健吾郎"
    two = episode("森田", tags=("森田さくら子", "森田健吾郎"))
    assert who(two, "森田") == "ambiguous"


def test_credited_name_is_no_speaker() -> None:
    credit = replace(mentioned("Otis Lamplough"), is_credit=True)
    assert who(replace(episode("Otis"), named=(credit,)), "Otis") == "one_word_name"
    assert who(replace(episode("Otis"), named=(mentioned("Otis Lamplough"),)), "Otis") == (
        "Otis Lamplough"
    )


def test_one_of_two_speakers_who_is_greeted_is_the_person_of_the_feed() -> None:
    two = replace(
        episode("Speaker 1", "Speaker 2"),
        greeted=frozenset({("Speaker 2", "farida")}),
        named=(mentioned("Farida Castellon"),),
    )
    assert who(two, "Speaker 2") == "Farida Castellon"
    assert who(two, "Speaker 1") == "not_a_person"
    namesakes = (mentioned("Farida Castellon"), mentioned("Farida Quist"))
    assert who(replace(two, named=namesakes), "Speaker 2") == "not_a_person"
    three = replace(two, segment_counts=two.segment_counts | {"Speaker 3": 20})
    assert who(three, "Speaker 2") == "not_a_person"
    both = replace(two, greeted=two.greeted | {("Speaker 1", "farida")})
    assert who(both, "Speaker 2") == "not_a_person"


def test_short_name_and_initials_match_where_the_text_has_them_too() -> None:
    for label, full in (("Inma", "Inmaculada Ferrolán"), ("JP", "Jacinta Prowle")):
        here = replace(episode(label), named=(mentioned(full),))
        assert match(here)[label].name is None
        called = replace(here, labels_in_text=frozenset({label}))
        assert who(called, label) == full
