"""The files of the demo world: package data, served under one base URL."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

FEEDS = ("/lamp-room/feed.xml", "/crumb-and-circuit/feed.atom")

# The world never changes. This is the day of its last episode, as an HTTP date (RFC 9110, 5.6.7).
LAST_MODIFIED = "Thu, 28 Aug 2025 06:00:00 GMT"

_TYPES = {
    ".atom": "application/atom+xml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".srt": "application/x-subrip; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
    ".xml": "application/rss+xml; charset=utf-8",
}
_TEMPLATES = (".atom", ".xml")


@dataclass(frozen=True, slots=True)
class File:
    """A file of the world with media type and weak ETag, which is the same under gzip."""

    body: bytes
    content_type: str
    etag: str


def feed_urls(base_url: str) -> list[str]:
    """The feed URLs of the demo podcasts."""
    return [base_url + path for path in FEEDS]


def load_files(base_url: str) -> dict[str, File]:
    """Every file of the world by its path; links in feeds begin with ``base_url``."""
    return {
        path: _file(path, source.read_bytes(), base_url)
        for path, source in _walk(files("workers.local.demo") / "world", "")
    }


def _walk(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{path}/{entry.name}")
        else:
            yield f"{path}/{entry.name}", entry


def _file(path: str, body: bytes, base_url: str) -> File:
    suffix = PurePosixPath(path).suffix
    if suffix in _TEMPLATES:
        body = body.replace(b"{base_url}", base_url.encode())
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'
    return File(body, _TYPES.get(suffix, "application/octet-stream"), etag)
