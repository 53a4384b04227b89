"""Recurring speakers: people who speak or are tagged in the podcast's other episodes; pure."""

import hashlib
import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Iterable

from tasks.budgets.limits import Limit, reach
from tasks.speakers.evidence.in_show import usual_shares
from tasks.speakers.facts import NameCount, ShowFacts, StoredTag
from tasks.speakers.match import MATCHER_VERSION
from tasks.speakers.names.names import read_name
from tasks.speakers.names.single_label import match_label
from tasks.speakers.values import Name, RecurringSpeaker

# A first name alone can refer to a person in at least one of this many episodes.
_FREQUENT = 25
# A diarized speaker can be a person in at least one of this many episodes.
_USUAL = 5
# Two other episodes establish a recurring speaker. Counts above this make no difference: those
# two, the episode itself, and one more to be safe.
_ENOUGH = 4


def recurring_speakers(
    counts: Iterable[NameCount], channel_tags: Iterable[StoredTag], episodes: int
) -> dict[str, RecurringSpeaker]:
    """Recurring speakers by key, from names and channel tags of a podcast with so many episodes.

    Of several forms of a name, the first one is used.
    """
    names: dict[str, Name] = {}
    spoken: dict[str, int] = defaultdict(int)
    tagged: dict[str, int] = defaultdict(int)
    for text, times, is_tag in _most_frequent(list(counts)):
        if name := read_name(text) if is_tag else match_label(text).name:
            names.setdefault(name.key, name)
            (tagged if is_tag else spoken)[name.key] += times
    in_channel = {name.key: name for tag in channel_tags if (name := read_name(tag.name))}
    names |= in_channel
    return {
        key: _recurring(names[key], spoken[key], tagged[key], key in in_channel, episodes)
        for key in sorted(names)
    }


def _most_frequent(counts: list[NameCount]) -> list[NameCount]:
    """The counts without the rarest names of a podcast that has too many, in the same order."""
    most = Limit.RECURRING_SPEAKERS.most
    if len(counts) <= most:
        return counts
    reach(Limit.RECURRING_SPEAKERS)
    frequent = heapq.nsmallest(most, counts, key=lambda one: (-one[1], one[2], one[0]))
    chosen = {(name, is_tag) for name, _, is_tag in frequent}
    return [one for one in counts if (one[0], one[2]) in chosen]


def _recurring(
    name: Name, spoken: int, tagged: int, channel: bool, episodes: int
) -> RecurringSpeaker:
    count = max(spoken, tagged) + 1
    return RecurringSpeaker(
        name,
        spoken,
        tagged,
        channel,
        frequent=channel or count * _FREQUENT >= episodes,
        usual=channel or count * _USUAL >= episodes,
    )


class PodcastSpeakers:
    """A snapshot of all labels and tags of a podcast, episode by episode."""

    def __init__(
        self,
        podcast_id: int,
        names: Iterable[tuple[int, str, bool]],
        channel_tags: tuple[StoredTag, ...],
        episodes: int,
        matched: Iterable[tuple[int, str, str]] = (),
        texts: tuple[str, ...] = (),
    ) -> None:
        """``names`` has each name of an episode once: episode id, name, whether it is a tag.

        ``matched`` are the labels that an episode matches itself: episode id, label, name.
        ``texts`` are those of the podcast that may name people: its author, title and description.
        """
        self.podcast_id, self._texts = podcast_id, texts
        self._channel_tags, self._episodes = channel_tags, episodes
        self._of_episode: dict[int, set[tuple[bool, str]]] = defaultdict(set)
        counts: Counter[tuple[bool, str]] = Counter()
        for episode_id, name, is_tag in names:
            self._of_episode[episode_id].add((is_tag, name))
            counts[is_tag, name] += 1
        self._repeated = [(key, counts[key]) for key in sorted(counts) if counts[key] > 1]

        found: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        for episode_id, label, name in matched:
            found[label, name].add(episode_id)
        self._matched = sorted(found.items())

    def labels(self, episode_id: int) -> set[str]:
        """The labels of an episode."""
        return {name for is_tag, name in self._of_episode.get(episode_id, ()) if not is_tag}

    def facts(self, *, without: int) -> ShowFacts:
        """What the podcast says about its episode ``without``, which is left out."""
        own = self._of_episode.get(without, set())
        recurring = [
            (name, times, is_tag)
            for (is_tag, name), total in self._repeated
            if (times := total - ((is_tag, name) in own)) > 1
        ]
        in_show = [
            (label, name, times)
            for (label, name), of in self._matched
            if (times := len(of) - (without in of))
        ]
        return ShowFacts(self._channel_tags, self._episodes, tuple(recurring), tuple(in_show))

    def _recurring(self) -> dict[str, RecurringSpeaker]:
        """People in at least two episodes of the podcast."""
        counts = [(name, total, is_tag) for (is_tag, name), total in self._repeated]
        return recurring_speakers(counts, self._channel_tags, self._episodes)

    def digest(self) -> bytes:
        """Digest that changes whenever any episode would get other recurring speakers.

        An episode does not count itself, so each of its counts may be one less than here.
        """
        recurring = [
            (
                key,
                one.name.display,
                min(one.spoken, _ENOUGH),
                min(one.tagged, _ENOUGH),
                one.channel,
                [
                    (max(one.spoken, one.tagged) + more) * often >= self._episodes
                    for more in (0, 1)
                    for often in (_FREQUENT, _USUAL)
                ],
            )
            for key, one in self._recurring().items()
        ]
        matched = [
            (*key, min(len(of), _ENOUGH), *usual_shares(len(of), self._episodes))
            for key, of in self._matched
        ]
        found = [MATCHER_VERSION, recurring, matched, self._texts]
        encoded = json.dumps(found, ensure_ascii=False).encode()
        return hashlib.blake2b(encoded, digest_size=16).digest()
