"""Addresses of people's pages: what is one, and which names can share it."""

import pytest

from tasks.speakers.evidence.person_links import can_be_one, kind_of, link_of


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("https://www.Example.social/@Jane/", "example.social/@jane"),
        ("http://example.social/@jane?ref=feed#top", "example.social/@jane"),
        ("https://twitter.com/jane", "x.com/jane"),
        ("https://example.net/profile.php?id=7", "example.net/profile.php?id=7"),
        ("https://show.example/", ""),
        ("https://[broken", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_an_address_is_that_of_a_page_and_not_of_a_site(href: str | None, address: str) -> None:
    assert link_of(href) == address


def test_two_pages_of_one_site_are_of_one_kind() -> None:
    assert kind_of("example.social/@jane") == kind_of("example.social/@bo")
    assert kind_of("example.social/@jane") != kind_of("jane.example/about")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("jane doe", "jane roe", True),
        ("doe jane", "jane doe", True),
        ("tony poe", "anthony poe", True),
        ("zorro", "jane doe", True),
        ("jane doe", "john doe", False),
        ("bo", "jane doe", False),
    ],
)
def test_what_may_be_one_person_under_one_address(one: str, other: str, *, same: bool) -> None:
    assert can_be_one(one, other, "example.social/@zorro") is same
    assert can_be_one(other, one, "example.social/@zorro") is same
