"""Tell from the first bytes of a file that it is no audio, and why; pure."""

from tasks.speech.values import AudioRefused

# The sample entries of protected audio in MP4 (ISO/IEC 14496-12, 8.12; FairPlay's is `drms`).
_PROTECTED = (b"drms", b"enca", b"drmi")
_FOUND_WITHIN = 4096
_MARKUP = (b"<!doctype html", b"<html", b"<head", b"<body")
_OTHERS = {
    b"%PDF-": "a PDF document",
    b"PK\x03\x04": "a ZIP archive",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"<?xml": "an XML document",
    b"{": "a JSON document",
    b"#EXTM3U": "a playlist",
}


def check_content(first: bytes, head: bytes) -> None:
    """Check the first bytes of a file, and ``head``, the part of it with its description.

    Raises:
        AudioRefused: it is empty, a web page, something else, or protected.
    """
    if not first:
        raise AudioRefused("empty_audio", "the file is empty")
    text = first.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(_MARKUP):
        raise AudioRefused("audio_is_html", "the server sent a web page instead of audio")
    for begin, what in _OTHERS.items():
        if first.startswith(begin):
            raise AudioRefused("not_audio", f"the file is {what}")
    if first[4:8] == b"ftyp" and any(one in head for one in _PROTECTED):
        raise AudioRefused("audio_protected", "the audio is encrypted (DRM)")
