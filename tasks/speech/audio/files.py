"""The files of one episode while it is transcribed: its audio, and the decoded samples."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from models import Settings, get_settings
from tasks.http.download import download
from tasks.http.redaction import public_url
from tasks.http.settings import audio_limits, fetch_loop
from tasks.http.values import FetchFailed
from tasks.jobs.values import JobFailed
from tasks.speech.audio.content import check_content
from tasks.speech.folders import audio_folder

_BLOCK = 1024 * 1024
# The description of an MP4 is at its beginning or at its end.
_HEAD_BYTES = 256 * 1024
_PERMANENT = frozenset(
    {"address_refused", "port_refused", "scheme_refused", "bad_url", "too_large"}
)


@dataclass(frozen=True, slots=True)
class AudioFiles:
    """Where the files of an episode are; each worker's machine has its own."""

    audio: Path
    samples: Path

    @classmethod
    def of(cls, settings: Settings, episode_id: int) -> "AudioFiles":
        """The files of this episode."""
        folder = audio_folder(settings)
        return cls(folder / f"{episode_id}.audio", folder / f"{episode_id}.samples")

    def fetch(self, url: str, known_hash: bytes | None) -> tuple[bytes, int]:
        """Download the audio unless it is there; returns its hash and size.

        With ``known_hash``, a file with another one is of an earlier time.

        Raises:
            JobFailed: it cannot be downloaded.
            AudioRefused: it is no audio.
        """
        if self.audio.exists():
            digest = _hash_of(self.audio)
            if known_hash in (None, digest):
                return digest, self.audio.stat().st_size
            self.delete()
        self.samples.unlink(missing_ok=True)
        _download(url, self.audio)
        _check(self.audio)
        return _hash_of(self.audio), self.audio.stat().st_size

    def delete(self, *, keep_audio: bool = False) -> None:
        """Delete the files."""
        self.samples.unlink(missing_ok=True)
        if not keep_audio:
            self.audio.unlink(missing_ok=True)


def _download(url: str, path: Path) -> None:
    limits = audio_limits(get_settings())
    try:
        fetch_loop().run(lambda client: download(client, url, path, limits))
    except FetchFailed as failure:
        raise JobFailed(
            failure.reason,
            f"{public_url(url)}: {failure}",
            permanent=failure.reason in _PERMANENT,
        ) from failure


def _hash_of(path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.digest()


def _check(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        file.seek(max(0, path.stat().st_size - _HEAD_BYTES))
        check_content(head[:4096], head + file.read(_HEAD_BYTES))
