"""Labels that are less than a name, and the one person of the feed whom they mean."""

from dataclasses import replace

import pytest

from tasks.transcripts.labels.non_person import is_non_person
from tests.unit.tasks.speakers.test_naming import facts, who


@pytest.mark.parametrize(
    ("label", "text", "name"),
    [
        ("Fiete", "Ada Quist, den im Hafen alle nur Fiete nennen, drechselt.", "Ada Quist"),
        ("iPhone von Fiete", "Ada Quist, den alle nur Fiete nennen, drechselt.", "Ada Quist"),
        ("Jay", "Ada Quist, whom everybody calls Jay, is back.", "Ada Quist"),
        ("Bertus", "Gijs Quist, Bertus voor intimi, trok een tractor.", "Gijs Quist"),
        ("V. Quist", "Sie leitet den Ofen, und ihr Bruder Volkmar Quist hilft.", "Volkmar Quist"),
        ("Volkmar", "Zu Gast ist der Drechsler Volkmar Quist.", "Volkmar Quist"),
        ("QUIST", "Education reporter Ada Quist explains.", "Ada Quist"),
        ("Quist", "Am Tisch: Bo Roe, Ada Quist, Cy Poe.", "Ada Quist"),
        ("AQ", "A debate with Bo Roe, Ada Quist, Cy Poe.", "Ada Quist"),
        ("Rosi", "Gast: Rosalinde Quist, Imkerin.", "Rosalinde Quist"),
        ("Toby", "Tobias Quist buys a barn. We talk to Tobias Quist.", "Tobias Quist"),
        ("Gui", "Recebemos Guilhermina Quist.", "Guilhermina Quist"),
        ("Sr. Quist", "Ada Quist subía. Hablamos con Ada Quist.", "Ada Quist"),
        ("戸倉", "鈴職人の戸倉隼人さんをお迎えして。(ゲスト:戸倉隼人さん)", "戸倉隼人"),
        ("さくら子", "パン職人のお話。(ゲスト:森田さくら子さん)", "森田さくら子"),
        ("도담 님", "물려받은 마도담 님과 이야기를 나눴습니다. (게스트: 마도담)", "마도담"),
    ],
)
def test_part_or_nickname_is_the_one_person_of_the_text(label: str, text: str, name: str) -> None:
    assert who(facts(label, description=text), label) == name


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("QUIST", "Commissioner Quist explains."),
        ("Quist", "Nobody asked for Ada Quist."),
        ("M. Quist-Roe", "Le moulin."),
        ("Tablet van Roos", "Een tractor."),
        ("Rosi", "Rosalinde Quist hat einen Garten."),
    ],
)
def test_label_that_says_too_little_names_nobody(label: str, text: str) -> None:
    assert who(facts(label, description=text), label) == ""


def test_two_hosts_in_one_label_are_nobody() -> None:
    feed = facts("Ana", "Rui", "Ana e Rui", podcast_author="Ana Reis e Rui Dorn")
    assert [who(feed, label) for label in ("Ana", "Rui", "Ana e Rui")] == [
        "Ana Reis",
        "Rui Dorn",
        "",
    ]
    arabic = facts("سلمى", "زياد", "سلمى وزياد", podcast_author="سلمى البرزنجاوي وزياد الحطّابي")
    assert [who(arabic, label) for label in ("سلمى", "زياد", "سلمى وزياد")] == [
        "سلمى البرزنجاوي",
        "زياد الحطّابي",
        "",
    ]


def test_surname_a_letter_away_from_the_feeds_is_the_feeds() -> None:
    feed = facts("Ada Verdonscot", "Ada Verdonschot", description="Ada Verdonschot praat.")
    assert who(feed, "Ada Verdonscot") == "Ada Verdonschot"
    both = replace(feed, description="Ada Verdonschot praat met Ada Verdonscot.")
    assert who(both, "Ada Verdonscot") == "Ada Verdonscot"


def test_name_that_begins_a_sentence_in_a_list_has_no_role_of_the_list() -> None:
    feed = facts("Host", description="Hosted by Ada Quist; Bo Roe is on vacation.")
    assert who(feed, "Host") == "Ada Quist"


@pytest.mark.parametrize("label", ["음악", "안내 음성", "ゲスト", "Éxtracto"])
def test_words_of_every_script_are_found_in_the_lists(label: str) -> None:
    assert is_non_person(label)
