"""What naming an episode depends on, as values that can be compared.

Equal facts have equal namings.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

# A label or the name of a tag; the number of episodes that have it; whether it is a tag.
NameCount = tuple[str, int, bool]
# A label that is less than a full name, the person's name, and in how many episodes.
MatchCount = tuple[str, str, int]
# The label and the text of a segment.
Turn = tuple[str, str]


class StoredTag(NamedTuple):
    """A person tag as stored, with '' for what it does not say."""

    name: str
    role: str = ""
    group: str = ""
    href: str = ""


def tags_of(persons: Iterable[Mapping[str, Any]]) -> tuple[StoredTag, ...]:
    """Person tags from the JSON of their column."""
    return tuple(
        StoredTag(one["name"], one.get("role") or "", one.get("group") or "", one.get("href") or "")
        for one in persons
    )


@dataclass(frozen=True, slots=True)
class ShowFacts:
    """What an episode's podcast says: the channel's tags, and names in its other episodes.

    ``episodes`` is the number of all its episodes.
    """

    channel_tags: tuple[StoredTag, ...] = ()
    episodes: int = 0
    recurring: tuple[NameCount, ...] = ()
    in_show: tuple[MatchCount, ...] = ()


@dataclass(frozen=True, slots=True)
class EpisodeFacts:
    """What an episode says, and what its podcast does.

    ``segment_counts`` has the number of segments of each label, sorted by label. ``tags`` are the
    person tags in force; ``own_tags`` is true if they are the item's and not the channel's.
    ``turns`` is the text, which is left out where no label needs it. ``podcast_title`` and
    ``podcast_description`` may name the hosts.
    """

    segment_counts: tuple[tuple[str, int], ...]
    title: str
    description: str
    author: str
    podcast_author: str
    tags: tuple[StoredTag, ...]
    own_tags: bool
    show: ShowFacts
    turns: tuple[Turn, ...] = ()
    podcast_title: str = ""
    podcast_description: str = ""
