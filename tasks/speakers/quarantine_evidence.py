"""Values of the quarantine: the evidence about a speaker, and the limits of the rules."""

from dataclasses import dataclass
from datetime import date

from tasks.transcripts.values import SpeakerStats


@dataclass(frozen=True, slots=True)
class QuarantineEvidence:
    """What is known of a matched speaker in its episode, in its podcast and everywhere.

    ``spoken_ms`` and ``timed_characters`` cover the segments that have times. ``most_segments``
    is the largest number of segments that the person speaks in one episode of this podcast, under
    any label. ``named`` is true when the tags, title or description of the episode or podcast
    contain the name. ``first_day_podcasts`` counts the podcasts in which the person speaks on
    their first day. Languages are as declared, '' when they are not.
    """

    appearances: int
    spoken_ms: int
    timed_characters: int
    episode_appearances: int
    others_tagged: int
    podcasts: int
    episodes_here: int
    most_segments: int
    first_day_podcasts: int
    plays_clips: bool
    named: bool
    language: str
    podcast_language: str


@dataclass(frozen=True, slots=True)
class SpeechFacts:
    """How much a matched speaker says in an episode, and facts about that episode.

    ``counted_earlier`` is true when the person counts since a day before the episode's.
    """

    matched_person_id: int
    appearances: int
    spoken_ms: int
    timed_characters: int
    episode_appearances: int
    episode_id: int
    podcast_id: int
    plays_clips: bool
    language: str
    podcast_language: str
    counted_earlier: bool

    @property
    def share(self) -> float:
        """The share of the episode's segments that the speaker has, between 0 and 1."""
        return self.appearances / max(self.episode_appearances, 1)


@dataclass(frozen=True, slots=True)
class EpisodeInfo:
    """Facts about an episode before its speakers are stored.

    ``counts`` is false where nothing is counted: in a removed podcast, or in a duplicate.
    ``podcast_ids`` are those whose decisions apply, see ``SpeakerState``.
    """

    episode_id: int
    podcast_id: int
    podcast_ids: tuple[int, ...]
    stats_date: date
    counts: bool
    plays_clips: bool
    language: str
    podcast_language: str


@dataclass(frozen=True, slots=True)
class NewSpeaker:
    """A speaker before it is stored, with the person that the matcher found, if any.

    ``counted_since`` is the first day on which the person counts. ``is_new`` is true when the
    person speaks in no stored episode, counted or not.
    """

    label: str
    stats: SpeakerStats
    matched_person_id: int | None = None
    counted_since: date | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class QuarantineLimits:
    """The thresholds of the rules; 0 turns a rule off. The settings document each of them."""

    new_name_podcasts: int = 8
    speaker_share: float = 0.98
    clip_segments: int = 3
    max_chars_per_second: float = 45.0
    languages: bool = True


@dataclass(frozen=True, slots=True)
class SpeakerActivity:
    """A person's speech in one podcast: episodes, and the most segments in one of them."""

    episodes: int
    most_segments: int


@dataclass(frozen=True, slots=True)
class PersonHistory:
    """A person's speech in one podcast, with its first day."""

    episodes: int
    most_segments: int
    first_on: date


@dataclass(frozen=True, slots=True)
class EpisodeText:
    """The names that an episode tags, and the text about the episode, in comparable form."""

    tagged: frozenset[str]
    text: str
