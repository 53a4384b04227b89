"""The rules of the quarantine: why a named speaker does not count until somebody releases it."""

from collections.abc import Collection

from tasks.speakers.quarantine_values import QuarantineEvidence, QuarantineLimits, SpeakerActivity

# A voice that comes back so often is a regular, however little it says each time.
_EPISODES_OF_A_REGULAR = 5
# A podcast plays clips when so many of its voices, and this share of them, are only heard briefly.
_CLIP_VOICES, _CLIP_VOICES_SHARE = 10, 0.5
# One voice has all of an episode only where there is enough of it, and others are tagged.
_LONG_EPISODE, _OTHERS_TAGGED = 100, 2
# Speed is judged on a minute of speech or more: single cues have careless times.
_LONG_ENOUGH_MS = 60_000


def quarantine_rule(evidence: QuarantineEvidence, limits: QuarantineLimits) -> str:
    """The first rule that a speaker meets, or ''."""
    return _why_quarantined(evidence, limits)


def _why_quarantined(evidence: QuarantineEvidence, limits: QuarantineLimits) -> str:
    if 0 < limits.new_name_podcasts <= evidence.first_day_podcasts:
        return "new_name_on_many_podcasts"
    if _has_all(evidence, limits):
        return "implausible_share"
    if _is_clip(evidence, limits):
        return "short_clips"
    if _is_too_fast(evidence, limits):
        return "impossible_density"
    return "language_mismatch" if limits.languages and _is_foreign(evidence) else ""


def plays_clips(voices: Collection[SpeakerActivity], limits: QuarantineLimits) -> bool:
    """Whether most voices of a podcast are only heard in clips: a news show, a comedy show."""
    brief = sum(_is_brief(one.episodes, one.most_segments, limits) for one in voices)
    return brief >= _CLIP_VOICES and brief >= _CLIP_VOICES_SHARE * len(voices)


def _is_brief(episodes: int, most_segments: int, limits: QuarantineLimits) -> bool:
    return episodes < _EPISODES_OF_A_REGULAR and most_segments <= limits.clip_segments


def _is_clip(evidence: QuarantineEvidence, limits: QuarantineLimits) -> bool:
    """A name that is heard in short clips of one podcast and nowhere else, and named by nobody."""
    return (
        evidence.plays_clips
        and evidence.podcasts == 1
        and not evidence.named
        and _is_brief(evidence.episodes_here, evidence.most_segments, limits)
    )


def _has_all(evidence: QuarantineEvidence, limits: QuarantineLimits) -> bool:
    """One label has nearly all of a long episode in which others are tagged: never told apart."""
    total = evidence.episode_appearances
    return (
        0 < limits.voice_share <= evidence.appearances / max(total, 1)
        and total >= _LONG_EPISODE
        and evidence.others_tagged >= _OTHERS_TAGGED
    )


def _is_too_fast(evidence: QuarantineEvidence, limits: QuarantineLimits) -> bool:
    """More characters in a second than can be spoken; people speak about fifteen."""
    seconds = evidence.spoken_ms / 1000
    return (
        evidence.spoken_ms >= _LONG_ENOUGH_MS
        and 0 < limits.fastest < evidence.timed_characters / seconds
    )


def _is_foreign(evidence: QuarantineEvidence) -> bool:
    """The transcript is declared in another language than its podcast: a translation, or a mix-up.

    Only the primary subtag counts: en-GB and en-US are one language.
    """
    languages = [_primary(one) for one in (evidence.language, evidence.podcast_language)]
    return all(languages) and languages[0] != languages[1]


def _primary(language: str) -> str:
    return language.strip().lower().replace("_", "-").partition("-")[0]
