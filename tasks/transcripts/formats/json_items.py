"""Reads the items of a flat list of segments: text, speaker and times by the keys that it uses."""

from collections.abc import Iterable, Iterator, Sequence

from tasks.transcripts.formats.json_document import JsonObject, spoken_text
from tasks.transcripts.formats.json_speakers import SPEAKER_KEYS, Speakers
from tasks.transcripts.formats.json_times import (
    END_KEYS,
    END_MS_KEYS,
    LENGTH_KEYS,
    START_KEYS,
    START_MS_KEYS,
    as_ms,
    is_in_ms,
)
from tasks.transcripts.timestamps import after, end_after, from_seconds
from tasks.transcripts.values import Segment


class ItemReader:
    """Finds the keys of a list once, because nearly all items have the same ones."""

    def __init__(
        self, document: JsonObject, items: Sequence[JsonObject], text_keys: Iterable[str]
    ) -> None:
        present: set[str] = set().union(*items)
        self.speakers = Speakers(document)
        self._texts = [key for key in text_keys if key in present]
        self._speaker_keys = [key for key in SPEAKER_KEYS if key in present]
        in_ms = is_in_ms(items, *self._texts)
        self._starts = _time_keys(present, START_MS_KEYS, START_KEYS, in_ms=in_ms)
        self._ends = _time_keys(present, END_MS_KEYS, END_KEYS, in_ms=in_ms)
        self._lengths = _time_keys(present, (), LENGTH_KEYS, in_ms=in_ms)
        self._has_pairs = "timestamp" in present and not self._starts

    def text(self, item: JsonObject) -> str:
        """The spoken text of an item; '' without one."""
        for key in self._texts:
            value = item.get(key)
            if type(value) is str and value:
                return spoken_text(value)
        return ""

    def label(self, item: JsonObject) -> str:
        """The label of an item; '' when it names nobody."""
        if len(self._speaker_keys) == 1:
            return self.speakers.label(item.get(self._speaker_keys[0]))
        if item.get("speaker") == "":
            return ""  # nobody by the publisher; the voice is the track of a recording
        return self.speakers.of(item)

    def names_a_speaker(self, item: JsonObject) -> bool:
        """Whether an item says who speaks."""
        return any(item.get(key) not in (None, "") for key in self._speaker_keys)

    def segment(self, label: str, text: str, item: JsonObject) -> Segment:
        """The segment of an item, with its times."""
        if self._has_pairs:
            return Segment(label, text, *_pair(item.get("timestamp")))
        start, end = _first(item, self._starts), _first(item, self._ends)
        if end is None and self._lengths:
            end = after(start, _first(item, self._lengths))
        return Segment(label, text, start, end_after(start, end))


_TimeKeys = list[tuple[str, bool]]


def _time_keys(
    present: set[str], ms_keys: Iterable[str], keys: Iterable[str], *, in_ms: bool
) -> _TimeKeys:
    """The keys of a time that a list uses, and whether each has milliseconds."""
    published = [*((key, True) for key in ms_keys), *((key, in_ms) for key in keys)]
    return [(key, has_ms) for key, has_ms in published if key in present]


def _first(item: JsonObject, keys: _TimeKeys) -> int | None:
    for key, in_ms in keys:
        value = item.get(key)
        if type(value) is float and not in_ms:  # the usual form
            return from_seconds(value)
        if value is not None:
            return as_ms(value, in_ms=in_ms)
    return None


def _pair(value: object) -> tuple[int | None, int | None]:
    """Start and end of ``[start, end]``, in seconds."""
    if not isinstance(value, list) or len(value) != 2:
        return None, None
    start = as_ms(value[0])
    return start, end_after(start, as_ms(value[1]))


def spoken_items(
    items: Iterable[JsonObject], reader: ItemReader
) -> Iterator[tuple[JsonObject, str]]:
    """Yield the items that have words, with their text."""
    for item in items:
        if text := reader.text(item):
            yield item, text
