"""What is known of a speaker when it is judged, and the limits of the rules."""

from dataclasses import dataclass
from datetime import date

from tasks.transcripts.values import SpeakerStats


@dataclass(frozen=True, slots=True)
class QuarantineEvidence:
    """A speaker that the matcher named, in its episode, its podcast and everywhere.

    ``spoken_ms`` and ``timed_characters`` are of the segments that have times. ``most_segments``
    is the most that the person speaks in one episode of this podcast, under whatever labels.
    ``named`` tells that the tags, title or description of the episode or podcast have the name.
    ``first_day_podcasts`` are the podcasts in which the person speaks on the first day of all.
    Languages are as declared, '' when they are not.
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
    """What a speaker that the matcher named says in its episode, and what that episode is like.

    ``heard_before`` tells that the person counts since an earlier day than the episode's.
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
    heard_before: bool


@dataclass(frozen=True, slots=True)
class EpisodeInfo:
    """An episode that is about to be stored, as far as it is evidence.

    ``counts`` is false where nobody is counted: in a removed podcast, in a duplicate.
    """

    episode_id: int
    podcast_id: int
    stats_date: date
    counts: bool
    plays_clips: bool
    language: str
    podcast_language: str


@dataclass(frozen=True, slots=True)
class NewSpeaker:
    """A speaker that is about to be stored, of the person that the matcher named, if any.

    ``heard_since`` is the first day of which the person is counted. ``is_new`` tells that the
    person was heard nowhere so far, counted or not.
    """

    label: str
    figures: SpeakerStats
    matched_person_id: int | None = None
    heard_since: date | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class QuarantineLimits:
    """Where the rules begin; 0 turns a rule off. Settings have the meaning of each."""

    new_name_podcasts: int = 8
    voice_share: float = 0.98
    clip_segments: int = 3
    fastest: float = 45.0
    languages: bool = True


@dataclass(frozen=True, slots=True)
class SpeakerActivity:
    """Somebody's speech in one podcast: episodes, and the most segments in one of them."""

    episodes: int
    most_segments: int


@dataclass(frozen=True, slots=True)
class PersonHistory:
    """Somebody's speech in one podcast, and the first day of it."""

    episodes: int
    most_segments: int
    first_on: date


@dataclass(frozen=True, slots=True)
class EpisodeText:
    """Names that an episode tags, and all that is written around it, as comparable words."""

    tagged: frozenset[str]
    text: str
