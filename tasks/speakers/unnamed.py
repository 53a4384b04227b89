"""Labels that say no name, and those of them that may be one of the episode's speakers."""

from collections.abc import Mapping

from tasks.speakers.names.label_variants import is_numbered, is_unnamed
from tasks.speakers.names.similarity import is_misheard_name, shorter_forms
from tasks.speakers.values import EpisodeContext, SpeakerMatch

# A speaker is significant from this share of the segments, and this many of them.
_MIN_SHARE, _MIN_SEGMENTS = 0.02, 5
_MIN_SHARE_OF_FEW = 0.15  # of a short episode

Matches = Mapping[str, SpeakerMatch]


def significant_speakers(context: EpisodeContext) -> list[str]:
    """Labels with more than a few segments."""
    total = sum(context.segment_counts.values())
    minimum = max(min(_MIN_SEGMENTS, _MIN_SHARE_OF_FEW * total), _MIN_SHARE * total)
    return [label for label, count in context.segment_counts.items() if count >= minimum]


def unnamed_labels(matches: Matches) -> list[str]:
    """The labels that are numbers or roles, and have no name yet."""
    return [label for label, one in matches.items() if one.name is None and is_unnamed(label)]


def numbered_labels(matches: Matches) -> list[str]:
    """The labels of diarized speakers that have no name yet."""
    return [label for label, one in matches.items() if one.name is None and is_numbered(label)]


def matched_names(matches: Matches) -> set[str]:
    """The keys of the names that labels have."""
    return {one.name.key for one in matches.values() if one.name}


def without_shared_names(updates: dict[str, SpeakerMatch]) -> dict[str, SpeakerMatch]:
    """Without the names that two labels match."""
    keys = [one.name.key for one in updates.values() if one.name]
    return {
        label: one for label, one in updates.items() if one.name and keys.count(one.name.key) == 1
    }


def may_be_same(spoken: str, key: str) -> bool:
    """Whether two full names, one of them as transcribed, can belong to one person."""
    shorter = key in shorter_forms(spoken) or spoken in shorter_forms(key)
    return spoken == key or shorter or is_misheard_name(spoken, key)
