"""JSON bodies: the document, its lists of objects, and the values in them."""

import json
from collections.abc import Mapping

from tasks.transcripts.formats.cue_text import plain_text
from tasks.transcripts.values import TranscriptRefused

JsonObject = dict[str, object]


def load_document(text: str) -> JsonObject:
    """Return the JSON object of a body; a bare list is the one under ``segments``.

    Raises:
        TranscriptRefused: ``broken_json`` or ``not_a_transcript``.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as broken:
        raise TranscriptRefused("broken_json", f"The JSON is invalid: {broken}") from broken
    if isinstance(document, list):
        only = document[0] if len(document) == 1 else None
        return only if isinstance(only, dict) and _is_wrapped(only) else {"segments": document}
    if not isinstance(document, dict):
        raise TranscriptRefused("not_a_transcript", "The JSON is neither an object nor a list.")
    return document


def _is_wrapped(only: JsonObject) -> bool:
    """Whether the only object of a list is a document and not a segment."""
    return any(isinstance(value, list | dict) for value in only.values()) and "text" not in only


def objects_in(document: object, *path: str) -> list[JsonObject]:
    """Return the objects in the list at a path of keys; none when it is not there."""
    found = value_at(document, *path)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def value_at(document: object, *path: str) -> object:
    """Return the value at a path of keys; None when it is not there."""
    for key in path:
        if not isinstance(document, Mapping):
            return None
        document = document.get(key)
    return document


def text_of(item: Mapping[str, object], *keys: str) -> str:
    """Return the first string under these keys that is not empty; else ''."""
    return next((value for key in keys if type(value := item.get(key)) is str and value), "")


def spoken_text(raw: str) -> str:
    """Return a text without markup, for storage."""
    return plain_text(raw)
