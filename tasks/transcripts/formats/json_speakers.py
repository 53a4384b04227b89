"""Speakers in JSON: strings, numbers, objects with a name, and maps of names by id."""

from collections.abc import Iterator, Mapping

from tasks.transcripts.formats.json_document import JsonObject
from tasks.transcripts.labels.validity import clean_label

SPEAKER_KEYS = (
    *("speaker", "speaker_label", "speakerLabel", "speaker_name", "speakerName"),
    *("speaker_id", "speakerId", "speakerTag", "voice"),
)
_NAME_KEYS = ("name", "label", "display_name", "displayName", "speaker", "id")
_ID_KEYS = ("id", "speaker_id", "speakerId", "speaker", "key", "label")
_MAPS = ("speakers", "speaker_map", "speakerMap", "speaker_names", "speakerNames", "participants")


class Speakers:
    """Labels of the speakers of one document, each computed once."""

    def __init__(self, document: JsonObject) -> None:
        self._names = dict(_names_by_id(document))
        self._labels: dict[str, str] = {}

    def label(self, published: object) -> str:
        """Return the label of a speaker as published: a string, a number or an object."""
        key = published if type(published) is str else _as_text(published)
        if key not in self._labels:
            self._labels[key] = clean_label(self._names.get(key, key))
        return self._labels[key]

    def of(self, item: Mapping[str, object]) -> str:
        """Return the label of an item, a name rather than a number; '' when it names nobody."""
        found = [self.label(item[key]) for key in SPEAKER_KEYS if item.get(key) not in (None, "")]
        return next((label for label in found if not label.isdigit()), (found or [""])[0])


def names_a_speaker(item: Mapping[str, object]) -> bool:
    """Whether an item says who speaks."""
    return any(item.get(key) not in (None, "") for key in SPEAKER_KEYS)


def _as_text(published: object) -> str:
    if isinstance(published, Mapping):
        return next((_as_text(published[key]) for key in _NAME_KEYS if published.get(key)), "")
    if isinstance(published, bool):
        return ""
    if isinstance(published, float) and published.is_integer():
        return str(int(published))
    return str(published) if isinstance(published, str | int | float) else ""


def _names_by_id(document: JsonObject) -> Iterator[tuple[str, str]]:
    """Yield the ids and names of a map: an object, a list of objects, or a list of names."""
    for key in _MAPS:
        published = document.get(key)
        if isinstance(published, Mapping):
            yield from ((str(each), _as_text(name)) for each, name in published.items() if name)
        elif isinstance(published, list):
            for number, each in enumerate(published):
                yield from _name_of_entry(each, number)


def _name_of_entry(entry: object, number: int) -> Iterator[tuple[str, str]]:
    if isinstance(entry, str):
        yield str(number), entry
    elif isinstance(entry, Mapping) and (name := _as_text(entry)):
        ids = (entry[key] for key in _ID_KEYS if entry.get(key) is not None)
        yield _as_text(next(ids, number)), name
