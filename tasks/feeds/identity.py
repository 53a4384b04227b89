"""Which items of a feed document are which known episodes: none twice, and none lost."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from tasks.feeds.keys import Identities, ItemKeys, bounded, keys_of, link_key, title_key
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
class Match:
    """An item with its identity, and the episode that it is; None for a new one."""

    item: Item
    identity: str
    enclosure_path: str | None
    episode_id: int | None


def identify(items: Sequence[Item]) -> list[str]:
    """Return the identity of each item of a document by itself, as for a podcast that is new.

    Items that cannot be told apart have the same identity: they are one episode.
    """
    all_keys = [keys_of(item) for item in items]
    identities = Identities(all_keys)
    return [identities.of(keys) for keys in all_keys]


def match_items(items: Sequence[Item], known: Sequence[EpisodeKeys] = ()) -> list[Match]:
    """Decide for each item of a document whether it is a known episode or a new one.

    An episode keeps the identity that it was stored under, whatever the feed does later; so this
    is to be asked with all known episodes of the podcast, and not the identity compared alone.
    The first rule that recognises an item decides; every known episode is matched at most once,
    and of items that cannot be told apart only the first is returned:

    1. guid and enclosure path (or link, or title and date, where there is no enclosure);
    2. guid, when neither the document nor what is known has it twice: a new title, date, link or
       enclosure under the same guid is the same episode, edited;
    3. guid and title, guid and date: a guid that the feed uses several times;
    4. link, enclosure path, title and date, each only where it is unique on both sides. Between
       two different guids this needs the old guid to be gone from the document and a second
       agreement: the same date, or the same title and no contradicting duration.

    What is left is new.
    """
    return _Matching(items, known).run()


@dataclass(frozen=True, slots=True)
class _Rule:
    """By which key, None where it does not apply; and whether that key crosses guids."""

    key: Callable[[ItemKeys], Hashable | None]
    across_guids: bool = False


_RULES = (
    _Rule(lambda keys: (keys.guid, keys.discriminator) if keys.guid else None),
    _Rule(lambda keys: keys.guid or None),
    _Rule(lambda keys: (keys.guid, keys.title) if keys.guid and keys.title else None),
    _Rule(lambda keys: (keys.guid, keys.published_at) if keys.guid and keys.published_at else None),
    _Rule(lambda keys: keys.link or None, across_guids=True),
    _Rule(lambda keys: keys.path or None, across_guids=True),
    _Rule(lambda keys: (keys.title, keys.published_at) if keys.title else None, across_guids=True),
)


class _Matching:
    """One document against what is known: each rule in turn takes what it recognises."""

    def __init__(self, items: Sequence[Item], known: Sequence[EpisodeKeys]) -> None:
        self._items = _told_apart(items)
        self._known = [(_keys_of_known(episode), episode) for episode in known]
        self._episode_at: dict[int, EpisodeKeys] = {}  # by position in items
        self._taken: set[int] = set()  # episode ids
        self._guids = {keys.guid for keys, _ in self._items}

    def run(self) -> list[Match]:
        for rule in _RULES:
            self._apply(rule)
        return list(self._results())

    def _apply(self, rule: _Rule) -> None:
        known_by_key = _unique((rule.key(keys), (keys, episode)) for keys, episode in self._known)
        positions = _unique((rule.key(keys), at) for at, (keys, _) in enumerate(self._items))
        for key, position in positions.items():
            if key not in known_by_key or position in self._episode_at:
                continue
            known_keys, episode = known_by_key[key]
            if episode.episode_id in self._taken:
                continue
            if not rule.across_guids or self._agree(self._items[position][0], known_keys):
                self._episode_at[position] = episode
                self._taken.add(episode.episode_id)

    def _agree(self, item: ItemKeys, known: ItemKeys) -> bool:
        """Tell a changed guid from another episode that shares a link, a file or a title."""
        if not item.guid or not known.guid:
            return True
        if known.guid in self._guids:
            return False
        if item.published_at is not None and item.published_at == known.published_at:
            return True
        durations = (item.duration_ms, known.duration_ms)
        return item.title == known.title and (None in durations or durations[0] == durations[1])

    def _results(self) -> Iterator[Match]:
        identities = Identities([keys for keys, _ in self._items])
        used = {episode.identity for _, episode in self._known}
        for position, (keys, item) in enumerate(self._items):
            if episode := self._episode_at.get(position):
                yield Match(item, episode.identity, keys.path or None, episode.episode_id)
                continue
            identity = identities.of(keys)
            identity = identity if identity not in used else identities.fine(keys)
            while identity in used:  # the row that has it is another episode by now
                identity = bounded(f"{identity} again")
            used.add(identity)
            yield Match(item, identity, keys.path or None, None)


def _keys_of_known(episode: EpisodeKeys) -> ItemKeys:
    return ItemKeys(
        guid=episode.guid or "",
        path=episode.enclosure_path or "",
        link=link_key(episode.link),
        title=title_key(episode.title),
        published_at=episode.published_at,
        duration_ms=episode.duration_ms,
    )


def _told_apart(items: Sequence[Item]) -> list[tuple[ItemKeys, Item]]:
    """Return the items of different identity, with their keys; of equal ones the first."""
    first: dict[str, tuple[ItemKeys, Item]] = {}
    for item, identity in zip(items, identify(items), strict=True):
        first.setdefault(identity, (keys_of(item), item))
    return list(first.values())


def _unique(pairs: Iterable[tuple[Hashable | None, _T]]) -> dict[Hashable, _T]:
    """Return what has a key that nothing else has."""
    listed = [(key, value) for key, value in pairs if key is not None]
    times = Counter(key for key, _ in listed)
    return {key: value for key, value in listed if times[key] == 1}
