"""Person links: which URLs are one, and which names can share one."""

import pytest

from tasks.speakers.evidence.person_links import can_share_link, link_of, site_of


@pytest.mark.parametrize(
    ("href", "link"),
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
def test_link_is_that_of_a_page_and_not_of_a_site(href: str | None, link: str) -> None:
    assert link_of(href) == link


def test_links_of_one_site_have_the_same_site() -> None:
    assert site_of("example.social/@jane") == site_of("example.social/@bo")
    assert site_of("example.social/@jane") != site_of("jane.example/about")


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
def test_names_that_can_share_a_link(one: str, other: str, *, same: bool) -> None:
    assert can_share_link(one, other, "example.social/@zorro") is same
    assert can_share_link(other, one, "example.social/@zorro") is same
