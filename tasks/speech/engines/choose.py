"""The engines that the settings name; a process loads each once."""

from functools import lru_cache
from pathlib import Path

from models import Settings, get_settings
from tasks.speech.engines.endpoint import ENDPOINT, Endpoint
from tasks.speech.engines.faster_whisper import FasterWhisper
from tasks.speech.engines.onnx import OnnxAsr
from tasks.speech.engines.protocols import Diarizer, Transcriber
from tasks.speech.engines.sherpa import SherpaOnnx
from tasks.speech.model_files import model_path
from tasks.speech.values import EngineMissing


def transcriber(settings: Settings) -> Transcriber:
    """The engine that recognises words.

    Raises:
        EngineMissing: it is not installed, or its model is missing.
    """
    return _transcriber(settings.speech_engine, settings.speech_model)


def second_transcriber(settings: Settings) -> Transcriber:
    """The engine that hears again what the first one left out; it may be the same one."""
    if not settings.speech_second_engine:
        return transcriber(settings)
    return _transcriber(settings.speech_second_engine, settings.speech_second_model)


@lru_cache(maxsize=2)
def _transcriber(engine: str, model: str) -> Transcriber:
    settings = get_settings()
    if engine == ENDPOINT:
        return _endpoint(settings, model)
    path = model_path(settings, model)
    if engine == "onnx-asr":
        return OnnxAsr(path, device=settings.speech_device)
    return FasterWhisper(path, device=settings.speech_device, threads=settings.speech_threads)


def _endpoint(settings: Settings, model: str) -> Transcriber:
    if not settings.speech_endpoint_url:
        raise EngineMissing("model_missing", "no endpoint: set OVERHEARD_SPEECH_ENDPOINT_URL")
    return Endpoint(settings.speech_endpoint_url, model, settings.speech_endpoint_key)


def diarizer(settings: Settings) -> Diarizer:
    """The engine that tells speakers apart.

    Raises:
        EngineMissing: it is not installed, or a model is missing.
    """
    return _diarizer(
        model_path(settings, settings.speech_segmentation_model, ".onnx"),
        model_path(settings, settings.speech_embedding_model, ".onnx"),
        settings.speech_device,
        settings.speech_threads or 1,
    )


@lru_cache(maxsize=1)
def _diarizer(segmentation: Path, embedding: Path, device: str, threads: int) -> Diarizer:
    return SherpaOnnx(segmentation, embedding, device=device, threads=threads)


def forget_engines() -> None:
    """Free the models; the settings may have changed."""
    _transcriber.cache_clear()
    _diarizer.cache_clear()
