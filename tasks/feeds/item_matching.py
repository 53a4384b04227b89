"""Matches the items of a feed document with known episodes: none twice, none lost. Pure."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from tasks.feeds.item_keys import (
    Identities,
    ItemKeys,
    bounded,
    fine_identity,
    keys_of,
    link_key,
    title_key,
)
from tasks.feeds.values import Item

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class EpisodeKeys:
    """The keys of a stored episode: the latest values of its row."""

    episode_id: int
    identity: str
    guid: str | None = None
    enclosure_path: str | None = None
    link: str | None = None
    title: str | None = None
    published_at: datetime | None = None
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ItemMatch:
    """An item with its identity and its known episode; ``episode_id`` is None for a new one."""

    item: Item
    identity: str
    enclosure_path: str | None
    episode_id: int | None


def identify_items(items: Sequence[Item]) -> list[str]:
    """Return the identity of each item of a document, as for a podcast without known episodes.

    Items that cannot be distinguished have the same identity: they are one episode.
    """
    identities = Identities([keys_of(item) for item in items])
    return [identities.of(keys_of(item)) for item in items]


def match_items(items: Sequence[Item], known: Sequence[EpisodeKeys] = ()) -> list[ItemMatch]:
    """Decide for each item of a document whether it is a known episode or a new one.

    An episode keeps the identity under which it was stored, whatever the feed does later, so
    ``known`` must be all known episodes of the podcast. The first rule that matches an item
    decides. Every known episode is matched at most once; of items that cannot be distinguished,
    only the first is returned:

    0. all keys are equal;
    1. guid and enclosure path are (or link, or title and date, where there is no enclosure);
    2. the guid is, and it is unique in the document and among the known episodes: a new title,
       date, link or enclosure under the same guid is the same episode, edited;
    3. guid and title, or guid and date are: the feed uses this guid several times;
    4. the link, the enclosure path, or title and date are, if unique on both sides, and if one
       more key agrees: where one side has no guid, the path, the title or the date; between two
       different guids (items with their old guid were matched before), the date, or the title
       unless path or duration contradict.

    All other items are new. A new identity is never one that is in use.
    """
    return _Matching(items, known).run()


@dataclass(frozen=True, slots=True)
class _Rule:
    """A key to match by (None where it does not apply), and whether it matches across guids."""

    key: Callable[[ItemKeys], Hashable | None]
    across_guids: bool = False


_RULES = (
    _Rule(lambda keys: keys),
    _Rule(lambda keys: (keys.guid, keys.discriminator) if keys.guid else None),
    _Rule(lambda keys: keys.guid or None),
    _Rule(lambda keys: (keys.guid, keys.title) if keys.guid and keys.title else None),
    _Rule(lambda keys: (keys.guid, keys.published_at) if keys.guid and keys.published_at else None),
    _Rule(lambda keys: keys.link or None, across_guids=True),
    _Rule(lambda keys: keys.path or None, across_guids=True),
    _Rule(lambda keys: (keys.title, keys.published_at) if keys.title else None, across_guids=True),
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An item of a document, with the identity that it gets if it is new."""

    item: Item
    keys: ItemKeys
    identity: str


class _Matching:
    """Matches one document with the known episodes, rule by rule."""

    def __init__(self, items: Sequence[Item], known: Sequence[EpisodeKeys]) -> None:
        self._items = _distinct(items)
        self._known = [(_keys_of_known(episode), episode) for episode in known]
        self._episode_of: dict[str, EpisodeKeys] = {}  # by the candidate's identity
        self._matched: set[int] = set()  # episode ids

    def run(self) -> list[ItemMatch]:
        for rule in _RULES:
            self._apply(rule)
        return list(self._results())

    def _apply(self, rule: _Rule) -> None:
        known_by_key = _unique((rule.key(keys), (keys, episode)) for keys, episode in self._known)
        by_key = _unique((rule.key(candidate.keys), candidate) for candidate in self._items)
        for key, candidate in by_key.items():
            if key in known_by_key:
                known_keys, episode = known_by_key[key]
                if not rule.across_guids or _agree(candidate.keys, known_keys):
                    self._match(candidate, episode)

    def _match(self, candidate: _Candidate, episode: EpisodeKeys) -> None:
        if candidate.identity not in self._episode_of and episode.episode_id not in self._matched:
            self._episode_of[candidate.identity] = episode
            self._matched.add(episode.episode_id)

    def _results(self) -> Iterator[ItemMatch]:
        used = {episode.identity for _, episode in self._known}
        for candidate in self._items:
            path = candidate.keys.path or None
            if episode := self._episode_of.get(candidate.identity):
                yield ItemMatch(candidate.item, episode.identity, path, episode.episode_id)
            else:
                identity = _unused_identity(candidate, used)
                used.add(identity)
                yield ItemMatch(candidate.item, identity, path, None)


def _agree(item: ItemKeys, known: ItemKeys) -> bool:
    """Whether one more key agrees, so that this is an edited episode and not a different one."""
    same_date = item.published_at == known.published_at
    same_title = item.title == known.title
    if not item.guid or not known.guid:
        return same_date or same_title or item.path == known.path
    if same_date and item.published_at is not None:
        return True
    paths = (item.path, known.path)
    durations = (item.duration_ms, known.duration_ms)
    return (
        same_title
        and ("" in paths or item.path == known.path)
        and (None in durations or item.duration_ms == known.duration_ms)
    )


def _unused_identity(candidate: _Candidate, used: set[str]) -> str:
    """Return an identity that is not in use for a new episode."""
    if candidate.identity not in used:
        return candidate.identity
    identity = fine_identity(candidate.keys)
    while identity in used:
        identity = bounded(f"{identity} again")
    return identity


def _keys_of_known(episode: EpisodeKeys) -> ItemKeys:
    return ItemKeys(
        guid=episode.guid or "",
        path=episode.enclosure_path or "",
        link=link_key(episode.link),
        title=title_key(episode.title),
        published_at=episode.published_at,
        duration_ms=episode.duration_ms,
    )


def _distinct(items: Sequence[Item]) -> list[_Candidate]:
    """Return the items with distinct identities; of equal ones, the first."""
    first: dict[str, _Candidate] = {}
    for item, identity in zip(items, identify_items(items), strict=True):
        if identity not in first:
            first[identity] = _Candidate(item, keys_of(item), identity)
    return list(first.values())


def _unique(pairs: Iterable[tuple[Hashable | None, _T]]) -> dict[Hashable, _T]:
    """Return the values whose key is unique, by key."""
    keyed = [(key, value) for key, value in pairs if key is not None]
    occurrences = Counter(key for key, _ in keyed)
    return {key: value for key, value in keyed if occurrences[key] == 1}
