"""JSON of a dialect that nobody has described: what its values show, whatever its keys are.

The segments are the list of objects with the most words. Their words are under the key with the
longest texts; a start is a number that never falls; a speaker is a short value that comes back, or
the id of an entry with a name elsewhere in the document.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from tasks.transcripts.formats.json_document import JsonObject
from tasks.transcripts.formats.json_times import as_ms
from tasks.transcripts.formats.segment_list import parse_segment_list
from tasks.transcripts.values import Segment

_MAX_DEPTH = 6
_LEAST_ITEMS = 4
_LEAST_WORDS = 3.0  # of a text, on average
_MAX_LABEL = 60  # characters
_MOST_LABELS = 0.5  # different ones beside items
_MOSTLY = 0.8
_STARTS = ("start", "begin", "from", "offset", "time", "ts", "at", "in")
_ENDS = ("end", "stop", "until", "out", "to")
_SPEAKERS = (
    *("speaker", "voice", "who", "name", "person", "author", "role", "user", "participant"),
    *("label", "talker", "character", "host", "actor"),
)
_NAMES = ("name", "label", "title")

Items = Sequence[JsonObject]


def parse_by_shape(document: JsonObject) -> Iterable[Segment] | None:
    """Return the segments of a document of an unknown dialect; None when it has none."""
    lists = list(_lists_in(document, 0))
    items = max(lists, key=_words_in, default=[])
    text = _text_key(items)
    if text is None:
        return None
    names = _names_by_id(lists, items)
    speaker = _speaker_key(items, text, names)
    keys = {text: "text", speaker: "speaker"}
    for usual, parts in (("start", _STARTS), ("end", _ENDS)):
        if key := _time_key(items, parts):
            keys[key] = f"{usual}_ms" if key.lower().endswith("ms") else usual
    renamed = [
        {keys[k]: _as_key(v) if k == speaker else v for k, v in each.items() if k in keys}
        for each in items
    ]
    return parse_segment_list({"segments": renamed, "speakers": names})


def _lists_in(value: object, depth: int) -> Iterator[list[JsonObject]]:
    """Yield the lists of objects in a document, the outer ones first."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        objects = [each for each in value if isinstance(each, dict)]
        if objects and len(objects) == len(value):
            yield objects
        for each in objects[:_LEAST_ITEMS]:  # the first ones show what is inside
            yield from _lists_in(each, depth + 1)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _lists_in(inner, depth + 1)


def _words_in(items: Items) -> int:
    key = _text_key(items)
    return sum(str(each.get(key, "")).count(" ") for each in items) if key else 0


def _text_key(items: Items) -> str | None:
    """The key with the longest texts, if they are sentences."""
    lengths = Counter[str]()
    for each in items:
        lengths.update({key: len(text) for key, text in each.items() if isinstance(text, str)})
    key = max(sorted(lengths), key=lambda each: lengths[each], default=None)
    if key is None or len(items) < _LEAST_ITEMS:
        return None
    words = sum(len(str(each.get(key) or "").split()) for each in items)
    return key if words >= _LEAST_WORDS * len(items) else None


def _usual_keys(items: Items) -> list[str]:
    """The keys that many items have: few, even where each item has one of its own."""
    times = Counter(key for each in items for key in each)
    return sorted(key for key, number in times.items() if number >= _MOSTLY * len(items) / 2)


def _speaker_key(items: Items, text: str, names: Mapping[str, str]) -> str | None:
    """The key whose values come back and are ids of names, or short texts in the form of names."""
    found = None
    for key in _usual_keys(items):
        if key == text:
            continue
        values = [_as_key(each.get(key)) for each in items]
        given = [value for value in values if value]
        if len(given) < _MOSTLY * len(items) / 2 or len(set(given)) > _MOST_LABELS * len(given):
            continue
        if all(value in names for value in given):
            return key
        says_who = any(part in key.lower() for part in _SPEAKERS)
        is_named = says_who and all(
            len(value) <= _MAX_LABEL and _may_be_name(value) for value in given
        )
        changes = sum(a != b for a, b in pairwise(given))
        if is_named and changes >= len(given) / 4:
            found = found or key
    return found


def _may_be_name(value: str) -> bool:
    return value[:1].isupper() or (value[:1].isalpha() and not value.isascii())


def _as_key(value: object) -> str:
    if isinstance(value, Mapping):
        named = (each for key, each in value.items() if any(n in key.lower() for n in _NAMES))
        return next((each for each in named if isinstance(each, str)), "")
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)


def _names_by_id(lists: Iterable[Items], items: Items) -> dict[str, str]:
    """Names of the entries of other lists, by the values of their other keys."""
    names: dict[str, str] = {}
    for entries in lists:
        if entries is items:
            continue
        for entry in entries:
            name = _as_key(entry)
            ids = (_as_key(value) for value in entry.values() if not isinstance(value, Mapping))
            names |= {each: name for each in ids if name and each and each != name}
    return names


def _time_key(items: Items, parts: Iterable[str]) -> str | None:
    """The key of numbers that never fall, whose name says that they are such a time."""
    for key in _usual_keys(items):
        times = (as_ms(each.get(key)) for each in items if not isinstance(each.get(key), bool))
        values = [time for time in times if time is not None]
        rises = all(a <= b for a, b in pairwise(values))
        if len(values) >= _MOSTLY * len(items) and rises and _begins_with(key, parts):
            return key
    return None


def _begins_with(key: str, parts: Iterable[str]) -> bool:
    return any(key.lower().startswith(part) for part in parts)
