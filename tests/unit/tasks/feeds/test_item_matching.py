"""Items match known episodes: none twice and none lost, whatever the feed changes."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tasks.feeds.enclosure_urls import enclosure_path
from tasks.feeds.item_matching import EpisodeKeys, ItemMatch, identify_items, match_items
from tasks.feeds.values import Enclosure, Item

MONDAY = datetime(2025, 2, 10, tzinfo=UTC)
TUESDAY = datetime(2025, 2, 11, tzinfo=UTC)


def item(
    guid: str | None = None,
    audio: str | None = None,
    title: str = "",
    published_at: datetime | None = None,
    link: str | None = None,
    duration_ms: int | None = None,
) -> Item:
    enclosures = (Enclosure(f"https://cdn.example/{audio}"),) if audio else ()
    return Item(
        guid=guid,
        title=title,
        published_at=published_at,
        link=link,
        duration_ms=duration_ms,
        enclosures=enclosures,
    )


def stored(matches: list[ItemMatch], known: list[EpisodeKeys] | None = None) -> list[EpisodeKeys]:
    """Return the known episodes after storing: rows updated, and new ones appended."""
    rows = {episode.episode_id: episode for episode in known or []}
    for match in matches:
        row = max(rows, default=0) + 1 if match.episode_id is None else match.episode_id
        rows[row] = EpisodeKeys(
            episode_id=row,
            identity=match.identity,
            guid=match.item.guid,
            enclosure_path=match.enclosure_path,
            link=match.item.link,
            title=match.item.title,
            published_at=match.item.published_at,
            duration_ms=match.item.duration_ms,
        )
    return list(rows.values())


def after(*documents: list[Item]) -> list[EpisodeKeys]:
    """Return the known episodes after these documents of one feed, in turn."""
    known: list[EpisodeKeys] = []
    for document in documents:
        known = stored(match_items(document, known), known)
    assert len({episode.identity for episode in known}) == len(known)
    return known


def matched(document: list[Item], known: list[EpisodeKeys]) -> list[int | None]:
    return [match.episode_id for match in match_items(document, known)]


def test_identity_is_the_guid() -> None:
    assert identify_items([item(guid="a"), item(guid="b")]) == ["guid:a", "guid:b"]


def test_identity_without_guid_is_link_path_or_title() -> None:
    assert identify_items(
        [
            item(link="https://a.example/1", audio="1.mp3"),
            item(audio="2.mp3?sig=x"),
            item(title="Three", published_at=MONDAY),
        ]
    ) == ["link:a.example/1", "path:2.mp3", "title:three 2025-02-10T00:00:00+00:00"]


def test_link_shared_by_all_items_is_no_identity() -> None:
    home = "https://a.example/"
    assert identify_items([item(link=home, audio="1.mp3"), item(link=home, audio="2.mp3")]) == [
        "path:1.mp3",
        "path:2.mp3",
    ]


def test_http_and_https_links_have_one_identity() -> None:
    assert identify_items([item(link="http://a.example/1")]) == identify_items(
        [item(link="https://a.example/1")]
    )


def test_equal_items_are_one_episode() -> None:
    assert len(after([item(guid="a", title="A"), item(guid="a", title="A")])) == 1


def test_guid_on_two_files_is_two_episodes() -> None:
    assert len(after([item(guid="a", audio="1.mp3"), item(guid="a", audio="2.mp3")])) == 2


def test_long_identities_are_short_and_distinct() -> None:
    long, other = identify_items([item(guid="x" * 10_000), item(guid="x" * 9_999 + "y")])
    assert len(long) < 100
    assert long != other


def test_same_document_matches_every_episode() -> None:
    document = [item(guid="a", audio="1.mp3"), item(guid="a", audio="2.mp3"), item(title="T")]
    known = after(document)
    assert matched(document, known) == [1, 2, 3]


def test_edited_item_with_same_guid_matches() -> None:
    known = after([item(guid="a", audio="1.mp3", title="Old", published_at=MONDAY)])
    edited = item(
        guid="a", audio="new.mp3", title="New", published_at=TUESDAY, link="https://b.example"
    )
    assert matched([edited], known) == [1]


def test_second_item_with_known_guid_is_new() -> None:
    first, second = item(guid="a", audio="1.mp3"), item(guid="a", audio="2.mp3")
    known = after([first], [second, first])
    assert [episode.identity for episode in known] == ["guid:a", "guid:a path:2.mp3"]
    assert matched([first, second], known) == [1, 2]


def test_repeated_guid_is_matched_after_one_item_is_gone() -> None:
    first, second = item(guid="a", audio="1.mp3"), item(guid="a", audio="2.mp3")
    known = after([first, second], [second])
    assert matched([second], known) == [2]
    assert matched([first], known) == [1]


def test_third_use_of_repeated_guid_is_new() -> None:
    known = after([item(guid="a", audio="1.mp3"), item(guid="a", audio="2.mp3")])
    assert matched([item(guid="a", audio="3.mp3")], known) == [None]
    assert matched([item(guid="a", audio="2.mp3"), item(guid="a", audio="3.mp3")], known) == [
        2,
        None,
    ]


def test_repeated_guid_with_moved_file_matches_by_title() -> None:
    known = after(
        [item(guid="a", audio="1.mp3", title="One"), item(guid="a", audio="2.mp3", title="Two")]
    )
    moved = [
        item(guid="a", audio="x/2.mp3", title="Two"),
        item(guid="a", audio="x/1.mp3", title="One"),
    ]
    assert matched(moved, known) == [2, 1]


def test_changed_guid_on_same_file_and_date_matches() -> None:
    known = after([item(guid="old", audio="1.mp3?sig=1", title="A", published_at=MONDAY)])
    assert matched(
        [item(guid="new", audio="1.mp3?sig=2", title="B", published_at=MONDAY)], known
    ) == [1]


def test_republished_item_with_new_guid_matches() -> None:
    known = after([item(guid="old", audio="1.mp3", title="A", published_at=MONDAY, duration_ms=9)])
    again = item(guid="new", audio="1.mp3", title="A", published_at=TUESDAY, duration_ms=9)
    assert matched([again], known) == [1]


def test_rerun_beside_the_original_is_new() -> None:
    original = item(guid="old", audio="1.mp3", title="A", published_at=MONDAY)
    rerun = item(guid="new", audio="1.mp3", title="A", published_at=TUESDAY)
    known = after([original])
    assert matched([rerun, original], known) == [None, 1]


def test_bulletin_with_constant_url_is_new_each_time() -> None:
    known = after(
        [item(guid="6am", audio="latest.mp3", title="News", published_at=MONDAY, duration_ms=1)]
    )
    later = item(guid="7am", audio="latest.mp3", title="News", published_at=TUESDAY, duration_ms=2)
    assert matched([later], known) == [None]


def test_shared_link_and_title_with_other_file_is_new() -> None:
    home = "https://a.example/"
    known = after([item(guid="1", audio="1.mp3", title="Live", published_at=MONDAY, link=home)])
    next_week = item(guid="2", audio="2.mp3", title="Live", published_at=TUESDAY, link=home)
    assert matched([next_week], known) == [None]


def test_link_alone_without_guids_does_not_match() -> None:
    home = "https://a.example/"
    known = after([item(audio="1.mp3", title="One", published_at=MONDAY, link=home)])
    next_week = item(audio="2.mp3", title="Two", published_at=TUESDAY, link=home)
    assert matched([next_week], known) == [None]


def test_guid_that_appears_later_matches() -> None:
    known = after([item(audio="1.mp3", title="A")])
    assert matched([item(guid="new", audio="1.mp3", title="A")], known) == [1]


def test_guid_that_disappears_still_matches() -> None:
    known = after([item(guid="a", audio="1.mp3"), item(guid="b", audio="2.mp3")])
    assert matched([item(audio="2.mp3"), item(audio="1.mp3")], known) == [2, 1]


def test_redated_item_without_guid_matches_by_file() -> None:
    known = after([item(audio="1.mp3", title="A", published_at=MONDAY)])
    assert matched([item(audio="1.mp3", title="A", published_at=TUESDAY)], known) == [1]


def test_new_counter_prefix_still_matches() -> None:
    counted = Item(title="A", enclosures=(Enclosure("https://op3.dev/e/cdn.example/1.mp3"),))
    assert matched([counted], after([item(audio="1.mp3", title="A")])) == [1]


def test_match_has_the_enclosure_path_it_compared() -> None:
    match = match_items([item(guid="a", audio="1.mp3?x")])[0]
    assert match.enclosure_path == enclosure_path("https://cdn.example/1.mp3")


GUIDS = st.sampled_from([None, "a", "b"])
FILES = st.sampled_from([None, "1.mp3", "2.mp3", "3.mp3?sig=1"])
TITLES = st.sampled_from(["", "A", "B"])
DATES = st.sampled_from([None, MONDAY, TUESDAY])
LINKS = st.sampled_from([None, "https://a.example/", "https://a.example/1"])
DOCUMENTS = st.lists(st.builds(item, GUIDS, FILES, TITLES, DATES, LINKS), max_size=6)


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_matching_a_document_twice_changes_nothing(
    first: list[Item], second: list[Item], third: list[Item]
) -> None:
    known = after(first, second, third)
    assert stored(match_items(third, known), known) == known


@given(DOCUMENTS, DOCUMENTS)
def test_episode_keeps_identity_and_matches_once(first: list[Item], second: list[Item]) -> None:
    known = after(first)
    matches = match_items(second, known)
    rows = [match.episode_id for match in matches if match.episode_id is not None]
    assert len(rows) == len(set(rows))
    identity_of = {episode.episode_id: episode.identity for episode in known}
    assert all(m.identity == identity_of[m.episode_id] for m in matches if m.episode_id is not None)


@given(DOCUMENTS)
def test_every_distinct_item_is_an_episode(document: list[Item]) -> None:
    assert {match.identity for match in match_items(document)} == set(identify_items(document))
