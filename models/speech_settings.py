"""The settings of speech to text; they are a part of Settings, in models/settings.py."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class SpeechSettings(BaseSettings):
    """What is transcribed when, by which engines and models; docs/speech.md explains it."""

    speech: bool = Field(
        default=False,
        description="Whether the audio of episodes without a transcript is transcribed. Needs the "
        "extra `speech`, models (`overheard speech-models pull`) and a worker for the queue "
        "`transcribe`: see docs/speech.md.",
    )
    speech_mode: Literal["publisher_only", "if_missing", "always"] = Field(
        default="if_missing",
        description="Which episodes are transcribed, in podcasts without a choice of their own: "
        "none, those without a publisher's transcript, or all.",
    )
    speech_engine: Literal["faster-whisper", "onnx-asr", "endpoint"] = Field(
        default="faster-whisper", description="What recognizes the words."
    )
    speech_model: str = Field(
        default="small", description="Model of the engine: a name of the catalogue, or a folder."
    )
    speech_second_engine: Literal["", "faster-whisper", "onnx-asr", "endpoint"] = Field(
        default="",
        description="Engine that transcribes a part again if the first engine left speech out. "
        "Empty: the same one, with other options.",
    )
    speech_second_model: str = Field(default="", description="Model of the second engine.")
    speech_endpoint_url: str = Field(
        default="",
        description="Server of the engine `endpoint`, as "
        "https://host/v1/audio/transcriptions. One that is not public needs "
        "OVERHEARD_ALLOWED_NETWORKS.",
    )
    speech_endpoint_key: SecretStr | None = Field(
        default=None, description="Bearer token for that server."
    )
    speech_endpoint_price: float = Field(
        default=0,
        ge=0,
        description="Price of an hour of audio at the endpoint, in any currency: the metric "
        "`overheard_speech_cost` and `overheard speech status` multiply it by the audio sent.",
    )
    speech_segmentation_model: str = Field(
        default="segmentation-3.0",
        description="Model that finds where speakers change: a name of the catalogue, or a file.",
    )
    speech_embedding_model: str = Field(
        default="campplus-zh-en",
        description="Model that tells speakers apart: a name of the catalogue, or a file.",
    )
    speech_models: Path | None = Field(
        default=None,
        description="Folder of models. Default: speech-models in the data folder.",
    )
    speech_hub: str = Field(
        default="https://huggingface.co",
        description="Where `overheard speech-models pull` downloads models from.",
    )
    speech_device: Literal["cpu", "cuda"] = Field(
        default="cpu", description="What the models run on."
    )
    speech_threads: int = Field(
        default=0, ge=0, description="Threads of a model in one process; 0 is one for each core."
    )
    speech_audio: Path | None = Field(
        default=None,
        description="Folder of downloaded audio. Default: speech-audio in the data folder.",
    )
    speech_keep_audio: bool = Field(
        default=False, description="Whether audio stays there after it is transcribed."
    )
    speech_audio_max_bytes: int = Field(
        default=1_000_000_000, ge=1, description="Largest audio file that is downloaded."
    )
    speech_audio_max_hours: float = Field(
        default=8, gt=0, description="Longest audio that is transcribed."
    )
    speech_download_seconds: float = Field(
        default=3600, gt=0, description="Time for one attempt to download an audio file."
    )
    speech_chunk_seconds: int = Field(
        default=600,
        ge=10,
        description="Longest part transcribed at once; if a worker is killed, one part is lost.",
    )
    speech_min_coverage: float = Field(
        default=0.85,
        ge=0,
        le=1,
        description="Share of speaking time that must have words. A part with less is transcribed "
        "again, an episode with less is marked.",
    )
    speech_tick_seconds: float = Field(
        default=60,
        gt=0,
        description="How often jobs for audio are requested.",
    )
    speech_backlog_days: int = Field(
        default=30,
        ge=0,
        description="Episodes up to this many days old are transcribed automatically; older ones "
        "only on request (`overheard speech run`).",
    )
    speech_hours_per_day: float = Field(
        default=0,
        ge=0,
        description="Hours of audio that are transcribed in a day (UTC), over all workers; "
        "0 is no limit.",
    )
    speech_from_hour: int = Field(
        default=0,
        ge=0,
        le=23,
        description="Hour (UTC) from which audio is transcribed, for instance 22 for nights.",
    )
    speech_until_hour: int = Field(
        default=0,
        ge=0,
        le=23,
        description="Hour (UTC) until which audio is transcribed, such as 6. Equal hours: always.",
    )
    speech_waiting_jobs: int = Field(
        default=10, ge=1, description="Maximum number of episodes waiting to be transcribed."
    )
