"""Who is heard or tagged in other episodes of a podcast than one: its regulars; pure."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tasks.speakers.match import MATCHER_VERSION
from tasks.speakers.names.names import read_name
from tasks.speakers.names.single_label import decide
from tasks.speakers.values import Name, RecurringSpeaker

# A first name alone can mean a regular who is heard in so many of all episodes: one in 25.
_FREQUENT = 25
# A voice that has a number only can be a regular who is heard in one episode of ten.
_USUAL = 10
# Two other episodes establish a regular; with the episode itself, and one more to be sure.
_ENOUGH = 4


# A label, or the name of a tag; in how many episodes it is; whether it is a tag's.
PersonHistory = tuple[str, int, bool]


def recurring_speakers(
    heard: Iterable[PersonHistory], channel: Iterable[Mapping[str, Any]], episodes: int
) -> dict[str, RecurringSpeaker]:
    """The names heard and tagged, and the channel's own tags, of so many episodes; by key.

    Of several forms of a name, the first one that is heard is kept.
    """
    names: dict[str, Name] = {}
    counted: dict[bool, dict[str, int]] = {True: defaultdict(int), False: defaultdict(int)}
    for label, times, by_tag in heard:
        if name := read_name(label) if by_tag else decide(label).name:
            names.setdefault(name.key, name)
            counted[by_tag][name.key] += times
    spoken, tagged = counted[False], counted[True]
    of_channel = {name.key: name for tag in channel if (name := read_name(tag["name"]))}
    names |= of_channel
    return {
        key: _regular(names[key], spoken[key], tagged[key], key in of_channel, episodes)
        for key in sorted(names)
    }


def _regular(
    name: Name, spoken: int, tagged: int, channel: bool, episodes: int
) -> RecurringSpeaker:
    heard = max(spoken, tagged) + 1
    return RecurringSpeaker(
        name,
        spoken,
        tagged,
        channel,
        frequent=channel or heard * _FREQUENT >= episodes,
        usual=channel or heard * _USUAL >= episodes,
    )


class PodcastSpeakers:
    """Everything that is heard and tagged in a podcast, episode by episode, at one moment."""

    def __init__(
        self,
        podcast_id: int,
        said: Iterable[tuple[int, str, bool]],
        channel: Collection[Mapping[str, Any]],
        episodes: int,
    ) -> None:
        """``said`` has, once each, what is said in an episode: its id, a name, if by a tag."""
        self.podcast_id = podcast_id
        self._channel, self._episodes = channel, episodes
        self._of_episode: dict[int, set[tuple[bool, str]]] = defaultdict(set)
        times: Counter[tuple[bool, str]] = Counter()
        for episode_id, name, by_tag in said:
            self._of_episode[episode_id].add((by_tag, name))
            times[by_tag, name] += 1
        self._several = [(one, times[one]) for one in sorted(times) if times[one] > 1]

    def labels(self, episode_id: int) -> set[str]:
        """The labels that are heard in an episode."""
        return {name for by_tag, name in self._of_episode.get(episode_id, ()) if not by_tag}

    def recurring(self, *, without: int | None = None) -> dict[str, RecurringSpeaker]:
        """Whoever is heard or tagged in at least two episodes, of all or of the others than one."""
        own = self._of_episode.get(without, set()) if without is not None else set()
        heard = [
            (name, times, by_tag)
            for (by_tag, name), of_all in self._several
            if (times := of_all - ((by_tag, name) in own)) > 1
        ]
        return recurring_speakers(heard, self._channel, self._episodes)

    def digest(self) -> bytes:
        """Equal for two states of a podcast only if each of its episodes sees the same regulars.

        An episode does not see itself, so each count may be one less for it; what is more than
        enough to be established makes no difference.
        """
        seen = [
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
            for key, one in self.recurring().items()
        ]
        said = json.dumps([MATCHER_VERSION, seen], ensure_ascii=False).encode()
        return hashlib.blake2b(said, digest_size=16).digest()
