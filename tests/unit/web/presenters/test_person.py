"""What a person mostly is on podcasts."""

from web.presenters.person import PodcastWithRole, main_role


def podcast(number: int, episodes: int, role: str, *, regular: bool = False) -> PodcastWithRole:
    return PodcastWithRole(number, f"Show {number}", "", 10, episodes, 0, regular, role)


def test_main_role_is_that_of_most_episodes() -> None:
    shows = [podcast(1, 5, "host"), podcast(2, 4, "host"), podcast(3, 8, "guest")]
    role = main_role(shows)
    assert role is not None
    assert (role.words, role.podcasts, role.only) == ("host of", shows[:2], False)


def test_main_role_is_known_of_regulars_without_a_tag() -> None:
    show = podcast(1, 5, "other", regular=True)
    role = main_role([show])
    assert role is not None
    assert (role.words, role.only) == ("a regular speaker on", True)


def test_main_role_is_unknown_where_no_podcast_says() -> None:
    assert main_role([podcast(1, 2, "other")]) is None
