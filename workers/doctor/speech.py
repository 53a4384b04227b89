"""Check of speech to text: whether engines and models are here, and what workers lack."""

from collections.abc import Iterator
from importlib.util import find_spec

from models import Settings, get_settings
from models.database import in_transaction
from models.queries.heard_episodes import speech_failures
from tasks.speech.engines.endpoint import ENDPOINT
from tasks.speech.model_files import model_path
from tasks.speech.values import EngineMissing
from workers.doctor.values import Finding, note, or_ok, problem

# What each engine imports; voice activity detection and decoding need faster-whisper and PyAV.
_ALWAYS = ("av", "faster_whisper", "sherpa_onnx")
_OF_ENGINE = {"onnx-asr": ("onnx_asr",)}
_LACKING = frozenset({"speech_not_installed", "model_missing"})
_ELSEWHERE = "; if another machine transcribes, run the doctor there"


def check_speech() -> Iterator[Finding]:
    """Check what a worker of `transcribe` needs; nothing while speech to text is off."""
    settings = get_settings()
    if settings.speech:
        here = [*_packages(settings), *_models(settings)]
        yield from or_ok("speech", "this machine", "engines and models are installed", here)
        yield from _workers()


def _packages(settings: Settings) -> Iterator[Finding]:
    names = [*_ALWAYS, *_OF_ENGINE.get(settings.speech_engine, ())]
    names += _OF_ENGINE.get(settings.speech_second_engine, ())
    if missing := [name for name in names if find_spec(name) is None]:
        yield note(
            "speech",
            "this machine",
            f"the extra `speech` is missing: no {', '.join(missing)}",
            f"pip install 'overheard[speech]'{_ELSEWHERE}",
        )


def _models(settings: Settings) -> Iterator[Finding]:
    for name, suffix in _wanted(settings):
        try:
            model_path(settings, name, suffix)
        except EngineMissing as missing:
            advice = f"overheard speech-models pull{_ELSEWHERE}"
            yield note("speech", "this machine", str(missing), advice)


def _wanted(settings: Settings) -> Iterator[tuple[str, str]]:
    """The names of models on this machine, with the suffix of their file."""
    for engine, model in (
        (settings.speech_engine, settings.speech_model),
        (settings.speech_second_engine, settings.speech_second_model),
    ):
        if engine and engine != ENDPOINT:
            yield model, ""
    yield settings.speech_segmentation_model, ".onnx"
    yield settings.speech_embedding_model, ".onnx"


def _workers() -> Iterator[Finding]:
    """What workers found missing, wherever they are."""
    for failure in in_transaction(speech_failures):
        if failure.reason in _LACKING:
            yield problem(
                "speech",
                "job",
                f"transcriptions that failed with {failure.reason}: {failure.jobs}",
                "install what is missing where the worker of `transcribe` runs, then overheard "
                "jobs retry",
            )
