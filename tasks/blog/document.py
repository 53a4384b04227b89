"""Digests as canonical JSON: the same digest is always the same text. Pure."""

import json
from typing import Any

from tasks.blog.values import Digest, DigestRow, Part, Section


def to_document(digest: Digest) -> str:
    """The digest as JSON with a fixed order of members and no blanks."""
    sections = [
        {"name": section.name, "rows": [_row(row) for row in section.rows]}
        for section in digest.sections
    ]
    content = {"sections": sections, "version": 1}
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_document(document: str) -> Digest:
    """The digest of a document."""
    content = json.loads(document)
    return Digest(
        tuple(
            Section(section["name"], tuple(_digest_row(row) for row in section["rows"]))
            for section in content["sections"]
        )
    )


def _row(row: DigestRow) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.name,
        "number": row.number,
        "parts": [list(part) for part in row.parts],
        "podcast": row.podcast,
        "text": row.text,
    }


def _digest_row(row: dict[str, Any]) -> DigestRow:
    parts = tuple(Part(*part) for part in row["parts"])
    return DigestRow(row["key"], row["name"], row["number"], parts, row["text"], row["podcast"])
