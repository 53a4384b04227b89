"""The first bytes of a file say that it is no audio, each with its own reason."""

import pytest

from tasks.speech.audio.content import check_content
from tasks.speech.values import AudioRefused

MP4 = b"\x00\x00\x00\x20ftypM4A " + bytes(64)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty_audio"),
        (b"\n <!DOCTYPE html><html>", "audio_is_html"),
        (b"\xef\xbb\xbf<html lang=en>", "audio_is_html"),
        (b"%PDF-1.7", "not_audio"),
        (b"PK\x03\x04", "not_audio"),
        (b'{"error": "gone"}', "not_audio"),
        (MP4 + b"stsd....drms", "audio_protected"),
        (MP4 + b"stsd....enca", "audio_protected"),
    ],
)
def test_what_is_no_audio_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(AudioRefused) as refused:
        check_content(body[:4096], body)
    assert refused.value.reason == reason


@pytest.mark.parametrize("body", [b"ID3\x04", b"\xff\xfb\x90", b"RIFF....WAVE", b"OggS", MP4])
def test_audio_is_accepted_by_its_first_bytes(body: bytes) -> None:
    check_content(body, body)
