"""Published issues of the blog: what they say of a podcast that became private is hidden in them.

An issue is frozen, but for secrets. It knows podcasts and episodes by hashes, which follow the key
of the feed URL.
"""

import json
from collections.abc import Callable
from hashlib import md5
from typing import Any

from sqlmodel import Session, col, select

from models import BlogIssue, Episode

Hide = Callable[[str], str]


def hide_in_issues(session: Session, podcast_id: int, keys: tuple[str, str], hide: Hide) -> None:
    """Hide secrets in the rows of a podcast whose key was the first of ``keys`` and is the last."""
    before, after = (_hash(key) for key in keys)
    of_podcast = select(BlogIssue).where(col(BlogIssue.document).contains(before))
    for issue in session.exec(of_podcast):
        content = json.loads(issue.document)
        for section in content["sections"]:
            section["rows"] = [_row(row, before, hide) for row in section["rows"]]
        document = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        issue.document = _renamed(session, document, podcast_id, before, after)
        session.add(issue)


def _row(row: dict[str, Any], podcast: str, hide: Hide) -> dict[str, Any]:
    is_hidden = row["podcast"] == podcast
    texts = {name: hide(row[name]) for name in ("name", "text")} if is_hidden else {}
    parts = [
        [hide(part[0]), hide(part[1]), *part[2:]] if podcast in part[3:4] else part
        for part in row["parts"]
    ]
    return row | texts | {"parts": parts}


def _renamed(session: Session, document: str, podcast_id: int, before: str, after: str) -> str:
    """The document with the hashes of the podcast and its episodes by the new key."""
    if before == after:
        return document
    of_podcast = select(col(Episode.identity)).where(Episode.podcast_id == podcast_id)
    for identity in session.exec(of_podcast):
        document = document.replace(_hash(before + identity), _hash(after + identity))
    return document.replace(before, after)


def _hash(text: str) -> str:
    """As PostgreSQL's ``md5`` has it."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()
