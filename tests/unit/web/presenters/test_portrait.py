"""A person's picture and pages, chosen from the tags of the episodes where they speak."""

import pytest

from models.queries.person_tags import LinkedPersonTag
from web.presenters.portrait import PersonPage, initials, names_in_tags, pages_of, picture_of

ANN = names_in_tags("Ann Smith", ["Ann Smith", "Anny Smith", "Ann", "Host"])


def tag(name: str, href: str | None = None, img: str | None = None) -> LinkedPersonTag:
    return LinkedPersonTag(1, name, href, img)


def test_names_in_tags_are_full_names_only() -> None:
    assert {"ann smith", "anny smith"} == ANN


def test_picture_is_the_newest_under_the_persons_name() -> None:
    tags = [
        tag("Bob Jones", img="https://x.example/bob.png"),
        tag("Ann", img="https://x.example/another-ann.png"),
        tag("Ann Smith", img="javascript:alert(1)"),
        tag("Dr. Ann Smith", img="https://x.example/new.png"),
        tag("Ann Smith", img="https://x.example/old.png"),
    ]
    assert picture_of(tags, ANN) == "https://x.example/new.png"
    assert picture_of(tags[:3], ANN) is None


def test_pages_are_each_shown_once_and_cleaned() -> None:
    tags = [
        tag("Ann Smith", "https://twitter.com/ann?utm_source=feed"),
        tag("Ann Smith", "https://x.com/Ann/"),
        tag("Anny Smith", "https://www.example.com/people/42?lang=de&utm_medium=x"),
        tag("Ann Smith", "https://example.com/"),
        tag("Ann Smith", "http://[broken"),
        tag("Ann Smith", "javascript:alert(1)//x"),
        tag("Bob Jones", "https://example.com/bob"),
    ]
    assert pages_of(tags, ANN) == [
        PersonPage("https://twitter.com/ann", "twitter.com/ann"),
        PersonPage("https://www.example.com/people/42?lang=de", "example.com/people/42"),
    ]


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ann Smith", "AS"),
        ("Bekah Hawrot Weigel", "BW"),
        ("Ludwig", "L"),
        ("\u202e'Anna' (host)", "AH"),
        ("...", "?"),
        ("李 明", "李明"),
    ],
)
def test_initials_are_of_the_first_and_the_last_word(name: str, letters: str) -> None:
    assert initials(name) == letters
