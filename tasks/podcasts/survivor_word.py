"""The survivor's word: whether a feed's document confirms that another feed moved to it. Pure.

A feed can name any other one as its new URL. Only the other feed's own document shows that it took
the episodes over: it lists them, by guid and by enclosure.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from tasks.feeds.enclosure_urls import enclosure_path
from tasks.feeds.values import Feed

# A machine merges a podcast when the survivor lists more than this share of its episodes.
MIN_LISTED_SHARE = 0.5

# A guid ('' for none) and the path of the enclosure.
EpisodeKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class SurvivorWord:
    """How many of the leaving feed's ``episodes`` the survivor lists, and the pairs to count once.

    ``same`` has pairs of (episode, episode of the survivor).
    """

    episodes: int
    listed: int
    same: list[tuple[int, int]] = field(default_factory=list)

    @property
    def left(self) -> int:
        """How many episodes stay in the podcast that they came from."""
        return self.episodes - len(self.same)

    @property
    def confirms(self) -> bool:
        """Whether the survivor took the leaving feed's episodes over."""
        return self.listed > MIN_LISTED_SHARE * self.episodes


def episode_key(guid: str | None, path: str | None) -> EpisodeKey | None:
    """The key of an episode; None without an enclosure, because a guid alone is easily copied."""
    return (guid or "", path) if path else None


def listed_keys(document: Feed) -> set[EpisodeKey]:
    """The keys of the episodes that a document lists."""
    keys = (
        episode_key(item.guid, enclosure_path(item.enclosures[0].url))
        for item in document.items
        if item.enclosures
    )
    return {key for key in keys if key is not None}


def survivor_word(
    listed: Collection[EpisodeKey],
    leaving: Sequence[tuple[int, EpisodeKey | None]],
    survivors: Iterable[tuple[int, EpisodeKey | None]],
) -> SurvivorWord:
    """Compare the episodes of a leaving feed with those that the survivor's document lists.

    ``leaving`` and ``survivors`` are the stored episodes of both podcasts, with their keys.
    """
    own = _unique(survivors)
    confirmed = {key: one for key, one in _unique(leaving).items() if key in listed}
    same = [(one, own[key]) for key, one in confirmed.items() if key in own]
    return SurvivorWord(len(leaving), len(confirmed), same)


def _unique(episodes: Iterable[tuple[int, EpisodeKey | None]]) -> dict[EpisodeKey, int]:
    keyed = [(key, episode_id) for episode_id, key in episodes if key is not None]
    occurrences = Counter(key for key, _ in keyed)
    return {key: episode_id for key, episode_id in keyed if occurrences[key] == 1}
