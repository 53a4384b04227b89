"""Rules of the quarantine: why a matched speaker does not count until a human releases it."""

from collections.abc import Collection

from models.language import primary_subtag
from tasks.speakers.quarantine_evidence import (
    QuarantineEvidence,
    QuarantineLimits,
    SpeakerActivity,
)

# A speaker in this many episodes is a recurring one, however little they say in each.
_EPISODES_OF_RECURRING = 5
# A podcast plays clips when it has this many brief speakers, and this share of all is brief.
_CLIP_SPEAKERS, _CLIP_SPEAKERS_SHARE = 10, 0.5
# One speaker has a whole episode only where the episode is long enough and others are tagged.
_LONG_EPISODE, _OTHERS_TAGGED = 100, 2
# Speed is checked from a minute of speech: the times of single cues are careless.
_LONG_ENOUGH_MS = 60_000


def quarantine_rule(evidence: QuarantineEvidence, limits: QuarantineLimits) -> str:
    """Reason code of the first rule that applies to a speaker, '' for none."""
    return _why_quarantined(evidence, limits)


# docs/operations.md lists the reason codes; a test collects them from functions named _why_….
def _why_quarantined(evidence: QuarantineEvidence, limits: QuarantineLimits) -> str:
    if 0 < limits.new_name_podcasts <= evidence.first_day_podcasts:
        return "new_name_on_many_podcasts"
    if _has_whole_episode(evidence, limits):
        return "implausible_share"
    if _is_clip(evidence, limits):
        return "short_clips"
    if _is_too_fast(evidence, limits):
        return "impossible_density"
    return "language_mismatch" if limits.languages and _is_foreign(evidence) else ""


def plays_clips(speakers: Collection[SpeakerActivity], limits: QuarantineLimits) -> bool:
    """Whether most speakers of a podcast are heard only in clips, as in a news show."""
    brief = sum(_is_brief(one.episodes, one.most_segments, limits) for one in speakers)
    return brief >= _CLIP_SPEAKERS and brief >= _CLIP_SPEAKERS_SHARE * len(speakers)


def _is_brief(episodes: int, most_segments: int, limits: QuarantineLimits) -> bool:
    return episodes < _EPISODES_OF_RECURRING and most_segments <= limits.clip_segments


def _is_clip(evidence: QuarantineEvidence, limits: QuarantineLimits) -> bool:
    """Whether a person is heard only in short clips of one podcast that does not name them."""
    return (
        evidence.plays_clips
        and evidence.podcasts == 1
        and not evidence.named
        and _is_brief(evidence.episodes_here, evidence.most_segments, limits)
    )


def _has_whole_episode(evidence: QuarantineEvidence, limits: QuarantineLimits) -> bool:
    """Whether one label has nearly all of a long episode whose tags name others."""
    total = evidence.episode_appearances
    return (
        0 < limits.speaker_share <= evidence.appearances / max(total, 1)
        and total >= _LONG_EPISODE
        and evidence.others_tagged >= _OTHERS_TAGGED
    )


def _is_too_fast(evidence: QuarantineEvidence, limits: QuarantineLimits) -> bool:
    """Whether more characters per second are spoken than is possible; 15 are usual."""
    seconds = evidence.spoken_ms / 1000
    return (
        evidence.spoken_ms >= _LONG_ENOUGH_MS
        and 0 < limits.max_chars_per_second < evidence.timed_characters / seconds
    )


def _is_foreign(evidence: QuarantineEvidence) -> bool:
    """Whether the declared language is not the podcast's: a translation, or a mix-up.

    Only the primary subtag counts: en-GB and en-US are the same language.
    """
    language = primary_subtag(evidence.language)
    podcast_language = primary_subtag(evidence.podcast_language)
    return "" not in (language, podcast_language) and language != podcast_language
