"""Metrics of speech to text: speed, speech coverage, what is left, failures by reason, cost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlmodel import Session

from models import get_settings
from models.queries.heard_episodes import SpeechFailures, speech_failures
from models.queries.speech import SpeechProgress, speech_progress

_RECENT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SpeechRows:
    """What one transaction read about speech to text."""

    progress: SpeechProgress
    failures: Sequence[SpeechFailures]


def read_speech(session: Session, now: datetime) -> SpeechRows:
    """Read what the metrics need."""
    least = get_settings().speech_min_coverage
    return SpeechRows(speech_progress(session, least, now - _RECENT), speech_failures(session))


def speech_metrics(rows: SpeechRows) -> Iterator[Metric]:
    """The metrics; what nothing was transcribed for is missing."""
    progress = rows.progress
    for name, says, value in (
        ("realtime_factor", "Hours of a process for an hour of audio.", progress.factor),
        ("coverage", "Share of the time of speech that has words.", progress.speech_coverage),
        (
            "cost",
            "Audio sent to an endpoint, by the price in the settings.",
            progress.cost(get_settings().speech_endpoint_price),
        ),
    ):
        if value is not None:
            yield GaugeMetricFamily(f"overheard_speech_{name}", says, value=value)
    yield CounterMetricFamily(
        "overheard_speech_endpoint_seconds",
        "Audio sent to an endpoint.",
        value=progress.endpoint_ms / 1000,
    )
    audio = GaugeMetricFamily(
        "overheard_speech_audio_seconds", "Audio by what is done with it.", labels=["state"]
    )
    audio.add_metric(["done"], progress.audio_ms / 1000)
    audio.add_metric(["left"], progress.left_ms / 1000)
    failures = GaugeMetricFamily(
        "overheard_speech_failures", "Transcriptions that failed, by reason.", labels=["reason"]
    )
    for one in rows.failures:
        failures.add_metric([one.reason], one.jobs)
    yield from (audio, failures)
