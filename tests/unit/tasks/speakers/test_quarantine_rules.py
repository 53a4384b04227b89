"""Each quarantine rule: what it applies to, its threshold, and how it is turned off."""

from dataclasses import replace

import pytest

from tasks.speakers.quarantine_evidence import QuarantineEvidence, QuarantineLimits, SpeakerActivity
from tasks.speakers.quarantine_rules import plays_clips, quarantine_rule

# An ordinary guest: an hour with a host, in one podcast.
GUEST = QuarantineEvidence(
    appearances=150,
    spoken_ms=1_800_000,
    timed_characters=27_000,
    episode_appearances=300,
    others_tagged=1,
    podcasts=1,
    episodes_here=1,
    most_segments=150,
    first_day_podcasts=1,
    plays_clips=False,
    named=True,
    language="en",
    podcast_language="en-US",
)
CLIP = replace(
    GUEST, appearances=1, most_segments=1, plays_clips=True, named=False, spoken_ms=4_000
)
QUARANTINED = {
    "new_name_on_many_podcasts": replace(GUEST, first_day_podcasts=8),
    "implausible_share": replace(GUEST, appearances=296, others_tagged=2),
    "short_clips": CLIP,
    "impossible_density": replace(GUEST, timed_characters=81_001),
    "language_mismatch": replace(GUEST, language="de"),
}
OFF = QuarantineLimits(0, 0, 0, 0, languages=False)


def test_no_quarantine_rule_applies_to_a_guest() -> None:
    assert quarantine_rule(GUEST, QuarantineLimits()) == ""


@pytest.mark.parametrize("rule", QUARANTINED)
def test_quarantine_rule_applies_unless_it_is_off(rule: str) -> None:
    assert quarantine_rule(QUARANTINED[rule], QuarantineLimits()) == rule
    assert quarantine_rule(QUARANTINED[rule], OFF) == ""


@pytest.mark.parametrize(
    "evidence",
    [
        replace(GUEST, first_day_podcasts=7),
        replace(GUEST, appearances=290, others_tagged=2),
        replace(GUEST, appearances=300, others_tagged=1),
        replace(GUEST, appearances=99, episode_appearances=99, others_tagged=2),
        replace(CLIP, named=True),
        replace(CLIP, podcasts=2),
        replace(CLIP, plays_clips=False),
        replace(CLIP, most_segments=4),
        replace(CLIP, episodes_here=5),
        replace(GUEST, timed_characters=80_000),
        replace(GUEST, spoken_ms=59_000, timed_characters=27_000),
        replace(GUEST, language=""),
        replace(GUEST, language="EN_gb", podcast_language="en"),
    ],
)
def test_evidence_just_below_a_threshold_meets_no_rule(evidence: QuarantineEvidence) -> None:
    assert quarantine_rule(evidence, QuarantineLimits()) == ""


@pytest.mark.parametrize(
    ("brief", "long", "clips"), [(10, 10, True), (10, 11, False), (9, 0, False), (0, 0, False)]
)
def test_podcast_plays_clips_when_most_speakers_are_brief(
    brief: int, long: int, *, clips: bool
) -> None:
    speakers = [SpeakerActivity(1, 1)] * brief + [SpeakerActivity(40, 90)] * long
    assert plays_clips(speakers, QuarantineLimits()) is clips


def test_recurring_speaker_who_says_little_is_not_a_clip() -> None:
    assert not plays_clips([SpeakerActivity(5, 1)] * 20, QuarantineLimits())
