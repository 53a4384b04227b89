"""Reads the folder of the operator's posts; each file is parsed once for each change of it."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import structlog

from tasks.blog.posts import Post, PostRefused, read_post

log = structlog.get_logger()
MAX_BYTES = 1_000_000
MAX_POSTS = 1000


@dataclass(frozen=True, slots=True)
class PostProblem:
    """A file that is no post, and why."""

    name: str
    message: str


def posts(folder: Path | None) -> tuple[list[Post], list[PostProblem]]:
    """The posts in a folder, the newest first, and the files that are none."""
    if folder is None or not folder.is_dir():
        return [], []
    found: list[Post] = []
    problems: list[PostProblem] = []
    for path in sorted(folder.glob("*.md"))[:MAX_POSTS]:
        read = _read(path)
        if isinstance(read, PostProblem):
            problems.append(read)
        elif read is not None:
            found.append(read)
    return sorted(found, key=lambda post: (post.day, post.slug), reverse=True), problems


def _read(path: Path) -> Post | PostProblem | None:
    try:
        facts = path.stat()
        if path.is_symlink() or not path.is_file() or facts.st_size > MAX_BYTES:
            return PostProblem(path.name, "it is not a regular file of at most 1 MB")
        return _parsed(path, facts.st_mtime_ns, facts.st_size)
    except OSError as error:
        return PostProblem(path.name, error.strerror or "it cannot be read")


@lru_cache(maxsize=MAX_POSTS)
def _parsed(path: Path, modified: int, size: int) -> Post | PostProblem | None:
    """The post in a file of this time and size, which select the cached one."""
    del modified, size
    try:
        return read_post(path.stem, path.read_text(encoding="utf-8", errors="replace"))
    except PostRefused as refused:
        log.warning("post_refused", post=path.name, message=str(refused))
        return PostProblem(path.name, str(refused))
