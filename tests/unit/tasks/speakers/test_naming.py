"""Naming: what the feed says about an episode becomes evidence for its labels."""

from dataclasses import replace

import pytest

from tasks.speakers.evidence.in_show import METHODS
from tasks.speakers.facts import EpisodeFacts, ShowFacts
from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.names.vocabulary import ROLES
from tasks.speakers.naming import read_naming


def facts(
    *labels: str, title: str = "", description: str = "", podcast_author: str = ""
) -> EpisodeFacts:
    """Facts of an episode with these labels, and what its feed says."""
    return EpisodeFacts(
        segment_counts=tuple((label, 5) for label in sorted(labels)),
        title=title,
        description=description,
        author="",
        podcast_author=podcast_author,
        tags=(),
        own_tags=False,
        show=ShowFacts(),
    )


def who(feed: EpisodeFacts, label: str) -> str:
    """The name that a label is matched to, or ''."""
    found = read_naming(feed).matches[label].name
    return found.display if found else ""


@pytest.mark.parametrize(
    "authors",
    [
        "Tuva Granlycke & Alva Brenning",
        "Tuva Granlycke, Alva Brenning",
        "Tuva Granlycke och Alva Brenning",
        "Brenning Media; Tuva Granlycke / Alva Brenning",
    ],
)
def test_each_of_several_authors_may_speak(authors: str) -> None:
    feed = facts("Tuva", "AB", podcast_author=authors)
    assert who(feed, "Tuva") == "Tuva Granlycke"
    assert who(feed, "AB") == "Alva Brenning"


def test_author_with_a_degree_is_one_person() -> None:
    assert who(facts("Renata", podcast_author="Renata Hollowell, LMFT"), "Renata") == (
        "Renata Hollowell"
    )


def test_particles_do_not_make_a_name_in_a_text_too_long() -> None:
    text = "Avec Gaspard de La Thibaudière, et Trijntje Hoekema-de Boer."
    feed = facts("Gaspard", "Trijntje", "Jane", description=f"{text} Jane Doe Mends Nets")
    assert who(feed, "Gaspard") == "Gaspard de La Thibaudière"
    assert who(feed, "Trijntje") == "Trijntje Hoekema-de Boer"
    assert who(feed, "Jane") == ""


def test_names_with_marks_that_spell_vowels_are_read_whole() -> None:
    guest = "ضيفة الحلقة: د. نهى الشمّاسي، رسّامة خرائط."
    assert who(facts("نهى", description=guest), "نهى") == "نهى الشمّاسي"
    assert who(facts("मीरा", description="मेहमान: मीरा कुलकर्णी।"), "मीरा") == "मीरा कुलकर्णी"


def test_arabic_title_before_one_word_is_no_full_name() -> None:
    feed = replace(facts("سلمى", "نهى"), turns=(("سلمى", "دكتورة نهى، هل؟"), ("نهى", "نعم.")))
    assert who(feed, "نهى") == ""
    assert who(facts("دكتورة نهى"), "دكتورة نهى") == ""


def test_host_label_is_the_author_whom_the_podcast_describes() -> None:
    feed = facts("HOST", "Ada Quist", podcast_author="Jonah Pell")
    assert who(feed, "HOST") == ""
    described = replace(feed, podcast_description="Jonah Pell talks to people about fog.")
    assert who(described, "HOST") == "Jonah Pell"
    credited = replace(feed, podcast_description="Fog. Produced by Jonah Pell")
    assert who(credited, "HOST") == ""
    two = replace(described, podcast_author="Jonah Pell & Nia Cole")
    assert who(two, "HOST") == "Jonah Pell"
    both = replace(two, podcast_description="Jonah Pell and Nia Cole talk about fog.")
    assert who(both, "HOST") == ""


@pytest.mark.parametrize(
    "text",
    [
        "With Dr. Ada Quist, on fog.",
        "On fog. With Ada Quist",
        "A conversation with Ada Quist",
        "Guest: Dr. Ada Quist. Emmy Noether found the theorem.",
        "My guest, Ada Quist, keeps a lighthouse.",
        "Zu Gast: Prof. Dr. Ada Quist",
        "Gość: Ada Quist",
        "Über Nebel. Mit Ada Quist",
    ],
)
def test_guest_label_is_the_only_person_called_a_guest(text: str) -> None:
    assert who(facts("Jonah Pell", "Guest", description=text), "Guest") == "Ada Quist"
    two = f"{text}. With Nia Cole"
    assert who(facts("Jonah Pell", "Guest", description=two), "Guest") == ""
    other = facts("Guest", description=text, podcast_author="Ada Quist")
    assert who(other, "Guest") == ""


@pytest.mark.parametrize(
    "text",
    [
        "The theorem of Emmy Noether",
        "My years with Emmy Noether",
        "On her interview with Emmy Noether",
        "How he met Emmy Noether",
    ],
)
def test_person_who_is_only_mentioned_is_no_guest(text: str) -> None:
    assert who(facts("Jonah Pell", "Guest", description=text), "Guest") == ""


@pytest.mark.parametrize(
    "title", ["Fog, with Ada Quist", "Nebel (mit Ada Quist)", "Fog ft. Ada Quist"]
)
def test_person_after_with_in_the_title_is_the_guest(title: str) -> None:
    assert who(facts("Jonah Pell", "Guest", title=title), "Guest") == "Ada Quist"


def test_co_host_of_the_notes_is_not_the_host() -> None:
    for text in ("Co-host: Ada Quist", "Guest host: Ada Quist"):
        assert who(facts("Host", "Jo", description=text), "Host") == ""


def test_roles_are_written_as_labels_are_compared() -> None:
    assert [role for role in ROLES if fold(role) != role] == []


@pytest.mark.parametrize(
    "text",
    [
        "Host Ada Quist talks about fog",
        "Hosted by Ada Quist",
        "Moderation: Ada Quist",
        "Prowadzi Ada Quist",
        "Apresentação: Ada Quist. Edição: Nia Cole.",
    ],
)
def test_host_label_is_the_only_person_called_the_host(text: str) -> None:
    assert who(facts("Host", "Jo", description=text), "Host") == "Ada Quist"
    described = replace(facts("Moderator", "Jo"), podcast_description=text)
    assert who(described, "Moderator") == "Ada Quist"
    usual = replace(described, description="Host: Nia Cole")
    assert who(usual, "Moderator") == "Nia Cole"


def test_role_of_two_people_is_neither() -> None:
    two = replace(facts("Host"), podcast_description="Hosted by Verity Stanmore and Jo Achter.")
    assert who(two, "Host") == ""
    assert who(facts("Guest", description="With Ada Quist, Nia Cole and Jo Pell"), "Guest") == ""


def test_nickname_of_one_episode_is_nobody_in_another() -> None:
    here = facts("Саша", description="Гость — Александр (Саша) Громадин, механик.")
    assert read_naming(here).matches["Саша"].method == "called"
    assert "called" not in METHODS  # which count for other episodes


def test_stand_in_who_speaks_of_the_host_is_not_the_host() -> None:
    usual = replace(facts("Host", "Ada Quist"), podcast_description="Hosted by Lucille Brandvold.")
    assert who(usual, "Host") == "Lucille Brandvold"
    absent = replace(usual, turns=(("Host", "I am not Lucille. Lucille is ill."),))
    assert who(absent, "Host") == ""
    herself = replace(usual, turns=(("Host", "Hello, I'm Lucille."), ("Ada Quist", "Hello.")))
    assert who(herself, "Host") == "Lucille Brandvold"


def test_organisation_that_is_the_author_hosts_nothing() -> None:
    feed = facts("HOST", "Ada Quist", podcast_author="Hartsell Historical Society")
    described = "From the Hartsell Historical Society."
    assert who(replace(feed, podcast_description=described), "HOST") == ""


@pytest.mark.parametrize(
    ("title", "label", "person"),
    [
        ('Fog | Wilhelmina "Billie" Okonjo', "Billie", "Wilhelmina Okonjo"),
        ("Ponte (com Wanderley “Tuca” de Pimentel)", "Tuca", "Wanderley de Pimentel"),
        ("Philippa Arkwright-Bose (everyone calls her Pip)", "Pip", "Philippa Arkwright-Bose"),
        ("Jacinta Prowle (aka Jay)", "Jay", "Jacinta Prowle"),
    ],
)
def test_nickname_beside_the_full_name_is_the_person(title: str, label: str, person: str) -> None:
    assert who(facts(label, title=title), label) == person
    assert who(facts(label, title=title, description=f'Jo "{label}" Roe'), label) == ""


def test_two_given_names_match_the_longer_name_among_first_names() -> None:
    text = "Ida Mae Corrigan and Ruthanne Lysander on the flood"
    assert who(facts("IDA MAE", "RUTHANNE", description=text), "IDA MAE") == "Ida Mae Corrigan"
    assert who(facts("Ida Mae", "Ruthanne Lysander", description=text), "Ida Mae") == "Ida Mae"


def test_polish_name_in_another_case_is_not_shown() -> None:
    text = "Rozmowa z Haliną Wrzesińską"
    feed = facts("Halina Wrzesińska", "Kinga", description=text)
    assert who(feed, "Halina Wrzesińska") == "Halina Wrzesińska"


def test_device_of_a_meeting_is_its_owner() -> None:
    for label in ("Leo's iPad", "iPhone von Leo", "Leo's MacBook Pro"):
        assert who(facts(label, title="Fog, with Leo Stavrakis"), label) == "Leo Stavrakis"
    assert who(facts("Harlow Cross Room 2"), "Harlow Cross Room 2") == ""


def test_person_greeted_with_good_morning_is_the_one_of_the_feed() -> None:
    feed = facts("Speaker 1", "Speaker 2", description="With the warden, Nerys Calloway.")
    turns = (("Speaker 1", "Good morning, Nerys. How are you?"), ("Speaker 2", "Well."))
    assert who(replace(feed, turns=turns), "Speaker 2") == "Nerys Calloway"


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("Z. Quist", "With Zbigniew Quist and Nia Cole."),
        ("Mme Quist", "Avec :\nBertille Quist, maire adjointe\nAnselme Roudaut"),
        ("Pr Quist", "Avec Pr Yasmine Quist."),
        ("COACH QUIST", "Coach Ulrich Quist joins us."),
        ("Rev. Quist", "Speaker: Rev. Desmond Quist\nPassage: Ruth 3"),
    ],
)
def test_more_of_a_name_is_enough_where_a_text_has_it_once(label: str, text: str) -> None:
    assert who(facts(label, description=text), label).endswith(" Quist")


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("Quist", "On fog, by Violinist Quist and Jonah Pell."),
        ("Herr Quist", "Oberbürgermeister Quist über Nebel."),
        ("Mr Quist", "Jonah Quist and Mary Ann Quist talk."),
        ("K. Quist", "With Zbigniew Quist."),
        ("M. Quist", "With Anselme Quist."),  # an initial, without a Mme beside it
    ],
)
def test_less_of_a_name_is_not(label: str, text: str) -> None:
    assert who(facts(label, description=text), label) == ""


def test_monsieur_is_a_title_beside_madame() -> None:
    feed = facts("M. Roudaut", "Mme Quist", description="Avec Bertille Quist et Anselme Roudaut.")
    assert who(feed, "M. Roudaut") == "Anselme Roudaut"


def test_all_initials_are_those_of_the_people_in_the_notes() -> None:
    text = "Lady Verity Halloran-Pike in conversation with Solomon Drewe."
    feed = facts("SD", "VHP", description=text)
    assert (who(feed, "SD"), who(feed, "VHP")) == ("Solomon Drewe", "Verity Halloran-Pike")
    assert who(facts("SD", description=text), "SD") == ""
    assert who(facts("SD", "KM", "VHP", description=text), "SD") == ""


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("Narrator", "Written and narrated by Ada Quist."),
        ("NARRATION", "Narrator: Ada Quist"),
        ("Host", "Hosted by former harbour pilot Ada Quist."),
        ("Anchor", "Today's brief was hosted by Ada Quist."),
        ("Gość", "Gość: poetka i kierowczyni autobusu Ada Quist."),
        ("Guest", "With eel biologist Dr Ada Quist."),
        ("Speaker 1", "Speaker: Rev. Ada Quist\nPassage: Ruth 1"),
    ],
)
def test_role_of_the_notes_is_that_of_the_label(label: str, text: str) -> None:
    feed = replace(facts(label, description=text), turns=((label, "Good evening."),))
    assert who(feed, label) == "Ada Quist"


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (("Guest",), "With kids about the life of Ada Quist."),
        (("Guest",), "With friends and Ada Quist."),
        (("Speaker 1", "Speaker 2"), "Speaker: Rev. Ada Quist"),
        (("Speaker 1",), "Speaker: Rev. Ada Quist. Host: Jonah Pell"),
        (("Captain Quist", "Host"), "An audio drama. Captain Ada Quist finds an orchard."),
    ],
)
def test_label_is_nobody_where_the_notes_say_less(labels: tuple[str, ...], text: str) -> None:
    assert who(facts(*labels, description=text), labels[0]) == ""


def test_podcast_that_is_with_a_person_has_a_host() -> None:
    feed = replace(facts("WINIFRED", "Host"), podcast_title="The Late Line with Winifred Moore")
    assert (who(feed, "WINIFRED"), who(feed, "Host")) == ("Winifred Moore", "")
    assert who(replace(feed, podcast_title="Winifred Moore"), "WINIFRED") == ""


def test_two_authors_in_portuguese_are_two_people() -> None:
    feed = facts("Tetê", "Ana", podcast_author="Ana Quaresma e Tetê Albuquerque-Dorn")
    assert who(feed, "Tetê") == "Tetê Albuquerque-Dorn"
    assert (
        who(facts("José", podcast_author="José Ortega y Gasset"), "José") == "José Ortega y Gasset"
    )


def test_misspelt_label_is_who_the_speaker_says() -> None:
    turns = (("Jimena Orduna", "Buenas."), ("Jimena Orduna", "Soy Ximena Orduña-Beltrán."))
    feed = facts("Jimena Orduna", "Itzel", podcast_author="Ximena Orduña-Beltrán")
    assert who(replace(feed, turns=turns), "Jimena Orduna") == "Ximena Orduña-Beltrán"


def test_japanese_names_with_a_form_of_address_are_read() -> None:
    feed = facts("仁科", "ゲスト", title="湯を沸かす人(ゲスト:蓮見 豊作さん)")
    assert who(feed, "ゲスト") == "蓮見 豊作"
    assert (
        who(facts("仁科", description="元運転士の仁科 雄之助さんと話す。"), "仁科") == "仁科 雄之助"
    )


@pytest.mark.parametrize(
    "label",
    [
        "CLIVE IN STOKE HARBOUR",
        "SOT BOARD PRESIDENT",
        "Harrow Street Library",
        "SISTER PERPETUA",
        "رسالة صوتية",
        "常連客",
        "Ana Reis e Rui Dorn",
    ],
)
def test_label_that_is_no_full_name_is_nobody(label: str) -> None:
    assert who(facts(label), label) == ""
