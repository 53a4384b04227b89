"""Which items of a feed document are which known episodes: none twice, and none lost."""

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
    """What a stored episode is recognised by: its row's latest values."""

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
    """An item with its identity, and the episode that it is; None for a new one."""

    item: Item
    identity: str
    enclosure_path: str | None
    episode_id: int | None


def identify_items(items: Sequence[Item]) -> list[str]:
    """Return the identity of each item of a document by itself, as for a podcast that is new.

    Items that cannot be told apart have the same identity: they are one episode.
    """
    identities = Identities([keys_of(item) for item in items])
    return [identities.of(keys_of(item)) for item in items]


def match_items(items: Sequence[Item], known: Sequence[EpisodeKeys] = ()) -> list[ItemMatch]:
    """Decide for each item of a document whether it is a known episode or a new one.

    An episode keeps the identity that it was stored under, whatever the feed does later; so this
    is to be asked with all known episodes of the podcast, and not the identity compared alone.
    The first rule that recognises an item decides; every known episode is matched at most once,
    and of items that cannot be told apart only the first is returned:

    0. everything;
    1. guid and enclosure path (or link, or title and date, where there is no enclosure);
    2. guid, when neither the document nor what is known has it twice: a new title, date, link or
       enclosure under the same guid is the same episode, edited;
    3. guid and title, guid and date: a guid that the feed uses several times;
    4. link, enclosure path, title and date, each only where it is unique on both sides, and only
       when more agrees. Without a guid on one side that is the path, the title or the date.
       Between two different guids (an item that has its old guid was taken before) it is the
       date, or the title while neither path nor duration contradicts.

    What is left is new. A new identity is never one that is in use.
    """
    return _Matching(items, known).run()


@dataclass(frozen=True, slots=True)
class _Rule:
    """By which key, None where it does not apply; and whether that key crosses guids."""

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
    """One item of a document, as it would be called if it were new."""

    item: Item
    keys: ItemKeys
    identity: str


class _Matching:
    """One document against what is known: each rule in turn takes what it recognises."""

    def __init__(self, items: Sequence[Item], known: Sequence[EpisodeKeys]) -> None:
        self._items = _told_apart(items)
        self._known = [(_keys_of_known(episode), episode) for episode in known]
        self._episode_of: dict[str, EpisodeKeys] = {}  # by the candidate's identity
        self._taken: set[int] = set()  # episode ids

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
                    self._take(candidate, episode)

    def _take(self, candidate: _Candidate, episode: EpisodeKeys) -> None:
        if candidate.identity not in self._episode_of and episode.episode_id not in self._taken:
            self._episode_of[candidate.identity] = episode
            self._taken.add(episode.episode_id)

    def _results(self) -> Iterator[ItemMatch]:
        used = {episode.identity for _, episode in self._known}
        for candidate in self._items:
            path = candidate.keys.path or None
            if episode := self._episode_of.get(candidate.identity):
                yield ItemMatch(candidate.item, episode.identity, path, episode.episode_id)
            else:
                identity = _unused(candidate, used)
                used.add(identity)
                yield ItemMatch(candidate.item, identity, path, None)


def _agree(item: ItemKeys, known: ItemKeys) -> bool:
    """Tell an episode that changed from another one that shares a link, a file or a title."""
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


def _unused(candidate: _Candidate, used: set[str]) -> str:
    """Return a name for a new episode; the plain one may be that of another by now."""
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


def _told_apart(items: Sequence[Item]) -> list[_Candidate]:
    """Return the items of different identity; of equal ones the first."""
    first: dict[str, _Candidate] = {}
    for item, identity in zip(items, identify_items(items), strict=True):
        if identity not in first:
            first[identity] = _Candidate(item, keys_of(item), identity)
    return list(first.values())


def _unique(pairs: Iterable[tuple[Hashable | None, _T]]) -> dict[Hashable, _T]:
    """Return what has a key that nothing else has."""
    listed = [(key, value) for key, value in pairs if key is not None]
    times = Counter(key for key, _ in listed)
    return {key: value for key, value in listed if times[key] == 1}
