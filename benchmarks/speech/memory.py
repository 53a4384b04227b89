"""Peak memory and processor time of long audio, beside the bare engines in the same run.

Each length is a process of its own. The bare engines get the whole audio at once, as their
documentation shows: faster-whisper with times of words, and sherpa-onnx.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.speech.made_audio import endless, write
from benchmarks.speech.pipeline import chunks_of, decoded, turns_of, words_of
from models import get_settings
from tasks.speech.audio.decode import read_samples
from tasks.speech.engines import choose
from tasks.speech.values import SAMPLE_RATE


def measure(folder: Path) -> None:
    """Print a line for each length and each of ours and the bare engines."""
    lengths = [int(one) for one in os.environ.get("SECONDS", "1200,3600").split(",")]
    compared = os.environ.get("BARE", "1") == "1"
    with tempfile.TemporaryDirectory() as scratch:
        for number, seconds in enumerate(lengths):
            file = Path(scratch) / f"{seconds}.wav"
            _make(file, folder, seconds)
            # The bare engines take long and much memory: they are measured once.
            for who in ("ours", "bare") if compared and number == 0 else ("ours",):
                command = [sys.executable, "-m", "benchmarks.speech.memory", who, str(file)]
                subprocess.run(command, check=True)
            file.unlink()


def _make(file: Path, folder: Path, seconds: int) -> None:
    import numpy as np  # noqa: PLC0415  extra `speech`

    parts, length = [], 0
    for samples in endless(folder):
        parts.append(samples)
        length += len(samples)
        if length >= seconds * SAMPLE_RATE:
            break
    write(file, np.concatenate(parts)[: seconds * SAMPLE_RATE])


def _ours(file: Path) -> int:
    settings = get_settings()
    audio = decoded(file, file.with_suffix(".samples"))
    chunks = chunks_of(audio, settings)
    words = len(words_of(audio, chunks, settings))
    turns_of(audio, chunks, settings)
    file.with_suffix(".samples").unlink()
    return words


def _bare(file: Path) -> int:
    settings = get_settings()
    engine: Any = choose.transcriber(settings)
    segments, _ = engine._model.transcribe(str(file), language="en", word_timestamps=True)  # noqa: SLF001
    words = sum(len(segment.words or ()) for segment in segments)
    audio = decoded(file, file.with_suffix(".samples"))
    diarizer: Any = choose.diarizer(settings)
    diarizer._diarization.process(read_samples(audio, 0, audio.duration_ms))  # noqa: SLF001
    file.with_suffix(".samples").unlink()
    return words


def _report(who: str, file: Path) -> None:
    words = (_ours if who == "ours" else _bare)(file)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    seconds = int(file.stem)
    print(
        f"{who}: {seconds} s of audio, {words} words, peak memory {peak} MB, "
        f"processor seconds per second {time.process_time() / seconds:.3f}",
        flush=True,
    )


if __name__ == "__main__":
    _report(sys.argv[1], Path(sys.argv[2]))
