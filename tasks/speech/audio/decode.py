"""Decode any audio file to 16 kHz mono as a stream, and read parts of the result.

Decoding an hour at once took 3.7 GB. Here one packet at a time goes to a file of raw samples (two
bytes each, 115 MB an hour), of which a chunk is read when it is needed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.speech.values import SAMPLE_RATE, AudioRefused, EngineMissing, Samples

_BYTES_PER_SAMPLE = 2
# Less than this share of the length that the file declares: the end is missing.
_MIN_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class DecodedAudio:
    """A file of raw samples, and how long it plays."""

    path: Path
    duration_ms: int


def decode(audio: Path, samples: Path, longest_seconds: float) -> DecodedAudio:
    """Decode ``audio`` to the file ``samples``, unless that is there already.

    Raises:
        AudioRefused: it is no audio, cut short, protected, too long, or without sound.
        EngineMissing: PyAV is not installed.
    """
    if not samples.exists():
        part = samples.with_suffix(".part")
        declared = _decode(audio, part, longest_seconds)
        duration = _duration_ms(part)
        if duration == 0:
            raise AudioRefused("empty_audio", "the file contains no sound")
        if declared and duration < _MIN_SHARE * declared:
            message = f"the file says {declared // 1000} s, and {duration // 1000} s are there"
            raise AudioRefused("audio_truncated", message)
        part.replace(samples)
    return DecodedAudio(samples, _duration_ms(samples))


def _duration_ms(samples: Path) -> int:
    return samples.stat().st_size * 1000 // (_BYTES_PER_SAMPLE * SAMPLE_RATE)


def _decode(audio: Path, samples: Path, longest_seconds: float) -> int:
    """Write the samples; returns the length that the file declares, in ms, or 0."""
    av = _pyav()
    try:
        with av.open(str(audio), metadata_errors="ignore") as container:
            stream = _audio_stream(container)
            declared = int(container.duration // 1000) if container.duration else 0
            _check_length(declared, longest_seconds)
            with samples.open("wb") as output:
                for block in _blocks(av, container, stream):
                    output.write(block)
                    _check_length(output.tell() * 1000 // 2 // SAMPLE_RATE, longest_seconds)
            return declared
    except av.error.EOFError as error:
        raise AudioRefused("audio_truncated", "the file ends in its description") from error
    except av.error.FFmpegError as error:
        raise AudioRefused("not_audio", f"the file cannot be decoded: {error}") from error


def _pyav() -> Any:
    try:
        import av  # noqa: PLC0415  extra `speech`
    except ImportError as error:
        raise EngineMissing(
            "speech_not_installed", "PyAV is missing: install overheard[speech]"
        ) from error
    return av


def _audio_stream(container: Any) -> Any:
    if not container.streams.audio:
        raise AudioRefused("not_audio", "the file contains no audio")
    return container.streams.audio[0]


def _check_length(milliseconds: int, longest_seconds: float) -> None:
    if milliseconds > longest_seconds * 1000:
        hours = longest_seconds / 3600
        raise AudioRefused("audio_too_long", f"the audio is longer than {hours:g} hours")


def _blocks(av: Any, container: Any, stream: Any) -> Iterable[bytes]:
    """The samples, packet by packet. A packet that is broken is left out, as players do."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue
        for frame in frames:
            yield from _resampled(resampler, frame)
    yield from _resampled(resampler, None)


def _resampled(resampler: Any, frame: Any) -> Iterable[bytes]:
    for block in resampler.resample(frame):
        yield bytes(block.planes[0])[: block.samples * _BYTES_PER_SAMPLE]


def read_samples(audio: DecodedAudio, start_ms: int, end_ms: int) -> Samples:
    """The samples of a part, as engines take them."""
    import numpy  # noqa: ICN001, PLC0415  extra `speech`

    begin, end = (ms * SAMPLE_RATE // 1000 for ms in (start_ms, end_ms))
    with audio.path.open("rb") as file:
        file.seek(begin * _BYTES_PER_SAMPLE)
        data = file.read((end - begin) * _BYTES_PER_SAMPLE)
    return numpy.frombuffer(data, dtype=numpy.int16).astype(numpy.float32) / 32_768
