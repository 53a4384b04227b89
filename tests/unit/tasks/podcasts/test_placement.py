"""Where episodes of merged podcasts belong follows from origins and the merges in force."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from tasks.podcasts.placement import Merge, MergeForest, PlacedEpisode, Placement, place_episodes


def forest(*merges: tuple[int, int] | tuple[int, int, bool]) -> MergeForest:
    return MergeForest(
        Merge(number, merge[0], merge[1], merge[2] if len(merge) == 3 else True)
        for number, merge in enumerate(merges)
    )


def episode(number: int, origin: int, *, is_read: bool = True) -> PlacedEpisode:
    return PlacedEpisode(number, origin, is_read, origin, None)


def test_chain_has_one_root_and_one_group() -> None:
    chain = forest((1, 2), (2, 3))
    assert (chain.root(1), chain.path(1), chain.group(3)) == (3, [1, 2, 3], [1, 2, 3])
    assert (chain.below(2), chain.below(1)) == ([1, 2], [1])


def test_missing_episode_moves_and_common_one_counts_at_root() -> None:
    episodes = [episode(10, 1), episode(11, 1), episode(20, 2)]
    assert place_episodes(forest((1, 2)), episodes, [(10, 20)]) == {
        10: Placement(1, 20),
        11: Placement(2, None),
        20: Placement(2, None),
    }


def test_read_episode_goes_before_an_unread_one_of_the_root() -> None:
    episodes = [episode(10, 1), episode(20, 2, is_read=False)]
    assert place_episodes(forest((1, 2)), episodes, [(10, 20)]) == {
        10: Placement(2, None),
        20: Placement(2, 10),
    }


def test_episode_nearer_to_the_root_goes_first() -> None:
    episodes = [episode(10, 1), episode(20, 2)]
    placed = place_episodes(forest((1, 2), (2, 3)), episodes, [(10, 20)])
    assert placed == {10: Placement(1, 20), 20: Placement(3, None)}


def test_episodes_are_alike_by_way_of_one_that_left() -> None:
    episodes = [episode(30, 3), episode(40, 4)]
    placed = place_episodes(forest((3, 2), (4, 2)), episodes, [(30, 10), (40, 10)])
    assert placed == {30: Placement(2, None), 40: Placement(3 + 1, 30)}


def test_merge_in_part_moves_nothing_and_lends_no_transcript() -> None:
    episodes = [episode(10, 1), episode(11, 1), episode(12, 1)]
    episodes += [episode(20, 2), episode(21, 2, is_read=False)]
    placed = place_episodes(forest((1, 2, False)), episodes, [(10, 20), (11, 21)])
    assert placed == {
        10: Placement(1, 20),
        11: Placement(1, None),
        12: Placement(1, None),
        20: Placement(2, None),
        21: Placement(2, None),
    }


@given(
    merges=st.lists(st.tuples(st.integers(2, 5), st.booleans()), max_size=4),
    origins=st.lists(st.tuples(st.integers(1, 5), st.booleans()), max_size=8),
    same=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=6),
)
def test_placements_count_each_group_once(
    merges: list[tuple[int, bool]],
    origins: list[tuple[int, bool]],
    same: list[tuple[int, int]],
) -> None:
    into = {child: Merge(child, child, child - 1, whole) for child, whole in merges}
    tree = MergeForest(into.values())
    root = tree.root(5)
    episodes = [
        episode(number, origin, is_read=is_read)
        for number, (origin, is_read) in enumerate(origins)
        if tree.root(origin) == root
    ]
    placed = place_episodes(tree, episodes, same)
    assert placed.keys() == {one.id for one in episodes}
    for one in episodes:
        where = placed[one.id]
        if where.duplicate_of is None:
            assert where.podcast_id in tree.path(one.origin_id)
        else:
            assert where.podcast_id == one.origin_id
            assert placed[where.duplicate_of].duplicate_of is None
    _check_reversible(tree, episodes, same)


def _check_reversible(
    tree: MergeForest, episodes: list[PlacedEpisode], same: Iterable[tuple[int, int]]
) -> None:
    """Without merges every episode is at home again, whatever they had done."""
    placed = place_episodes(tree, episodes, same)
    moved = [
        PlacedEpisode(one.id, one.origin_id, one.is_read, where.podcast_id, where.duplicate_of)
        for one in episodes
        for where in [placed[one.id]]
    ]
    home = place_episodes(MergeForest([]), moved, [])
    assert home == {one.id: Placement(one.origin_id, None) for one in episodes}
